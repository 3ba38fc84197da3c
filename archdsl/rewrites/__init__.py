"""Graph rewrites for inference: equivalent graphs with less work, and their weights. One rewrite per file.

Each is a function of a ``Draft``, which finds its pattern by structure and by what ops say of themselves.
"""

from archdsl.rewrites.draft import Arrays as Arrays
from archdsl.rewrites.registry import REWRITES as REWRITES
from archdsl.rewrites.registry import Optimised as Optimised
from archdsl.rewrites.registry import optimised as optimised
