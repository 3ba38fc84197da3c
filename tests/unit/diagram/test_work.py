"""What plans of large models take: time in proportion to the model, whatever it is made of."""

from __future__ import annotations

from itertools import accumulate, combinations, pairwise
from random import Random
from time import process_time

from archdsl import load_text
from archdsl.diagram.page import _columns, _Part
from archdsl.diagram.plan import plan
from tests.patience import patience


def test_many_blocks_of_one_kind_and_other_widths() -> None:
    """Each was tried, and for each all were looked at."""
    calls = "\n-> ".join(f"B({8 + i % 70})" for i in range(300))
    block = "block B(n: int) { conv(n) as a -> relu -> add(a) as b -> tanh }"
    graph = load_text(f"{block}\nmodel M() :: [8, 8, 8] -> [_, _, _] {{\n{calls}\n}}").graph
    start = process_time()
    drawn = plan(graph)
    assert process_time() - start < patience(2.0)
    assert len([*drawn.boxes()]) < 50


def test_columns_are_the_best_ones() -> None:
    """Of all ways to divide the parts, as trying them all finds them."""
    random = Random(0)
    for _ in range(200):
        parts = [_Part(i, 1.0, float(random.randint(1, 9))) for i in range(random.randint(1, 9))]
        for number in range(1, min(4, len(parts)) + 1):
            found = [len(column) for column in _columns(parts, number)]
            ways = [(0, *cuts, len(parts)) for cuts in combinations(range(1, len(parts)), number - 1)]
            ends = [0.0, *accumulate(part.length for part in parts)]
            longest = [max(ends[b] - ends[a] for a, b in pairwise(way)) for way in ways]
            cuts = [0, *accumulate(found)]
            assert len(found) == number
            assert max(ends[b] - ends[a] for a, b in pairwise(cuts)) == min(longest)
