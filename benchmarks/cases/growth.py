"""Time per node and memory as models grow."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.child import FORMS
from benchmarks.measure import Line, child, medians

_SIZES = (1_000, 300_000)
_NODES = 100_000


def growth() -> Iterator[Line]:
    """Elaborating and checking; where time grows as the model does, the ratio is 1."""
    for form in FORMS:
        small, large = medians([[child("seconds", form, str(nodes)) / nodes for nodes in _SIZES] for _ in range(3)])
        of, per = (f"{taken * 1e6:.1f} µs a node" for taken in (small, large))
        yield Line(f"check {_SIZES[1]:,} nodes, {form}", per, f"of {_SIZES[0]:,} nodes", of, large / small, 1.2)


def memory() -> Iterator[Line]:
    """The peak of elaborating and checking, text and syntax tree included."""
    theirs = child("networkx", str(_NODES))
    for form in FORMS:
        ours = child("memory", form, str(_NODES))
        what, other = f"memory for {_NODES:,} nodes, {form}", "networkx graph with the same attributes"
        yield Line(what, f"{ours / 1e6:.0f} MB", other, f"{theirs / 1e6:.0f} MB", ours / theirs, 4.0)
