"""What runs compiled models on a processor, and how long each takes. Each is loaded in a process of its own."""

from archdsl.runtimes.registry import RUNTIMES as RUNTIMES
from archdsl.runtimes.registry import Runtime as Runtime
