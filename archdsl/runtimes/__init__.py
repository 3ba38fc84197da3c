"""Runtimes for compiled models on a processor, with benchmarks. Each is loaded in a process of its own."""

from archdsl.runtimes.registry import RUNTIMES as RUNTIMES
from archdsl.runtimes.registry import Runtime as Runtime
