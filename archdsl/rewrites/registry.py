"""The rewrites by name, and their application in sequence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple, TypeAlias

from archdsl.graph.model import Graph
from archdsl.rewrites import (
    compose,
    dead_tokens,
    fold_after,
    fold_before,
    late_upsample,
    merge_parallel,
    pass_on,
    pool_order,
    sum_branches,
)
from archdsl.rewrites.draft import Arrays, Draft

Rewrite: TypeAlias = Callable[[Draft], int]
"""Changes a draft; gives how often its pattern was found."""


class Optimised(NamedTuple):
    """An equivalent graph for inference, and its weights."""

    graph: Graph
    arrays: Arrays
    done: Mapping[str, int]
    """How often each rewrite was applied; those that were not are left out."""


REWRITES: Final[Mapping[str, Rewrite]] = {
    "pass-on": pass_on.rewrite,
    "dead-tokens": dead_tokens.rewrite,
    "fold-after": fold_after.rewrite,
    "fold-before": fold_before.rewrite,
    "late-upsample": late_upsample.rewrite,
    "pool-order": pool_order.rewrite,
    "compose": compose.rewrite,
    "sum-branches": sum_branches.rewrite,
    "merge-parallel": merge_parallel.rewrite,
}
"""In the order of application: the output of one may enable the next ones."""


def optimised(graph: Graph, arrays: Arrays, names: Collection[str] = tuple(REWRITES)) -> Optimised:
    """The fixed point of the rewrites of these names, with weights computed from ``arrays``.

    It computes the same in inference, and not in training: noise is gone, and so are statistics of batches. All
    weights of the graph are in ``arrays``, in NumPy; those of the result are in float32.

    Raises:
        KeyError: there is no such rewrite.
    """
    chosen = {name: REWRITES[name] for name in names}
    draft = Draft(graph, arrays)
    done = dict.fromkeys((name for name in REWRITES if name in chosen), 0)
    while found := {name: count for name in done if (count := chosen[name](draft))}:
        for name, count in found.items():
            done[name] += count
    made, computed = draft.finished()
    return Optimised(made, computed, {name: count for name, count in done.items() if count})
