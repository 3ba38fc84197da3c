"""Other uses of instances, by whose weights their nodes have."""

from __future__ import annotations

import archdsl
from archdsl.graph.tree import Branch, tree, walk
from archdsl.graph.uses import Uses, reuses
from tests.unit.backends.reused import NESTED


def test_the_first_use_has_equal_places() -> None:
    graph = archdsl.load_text(NESTED).graph
    uses = Uses(graph)
    branches = [item for _, item in walk(tree(graph)) if isinstance(item, Branch)]
    first = {branch.instance.path: uses.first(branch.instance.path, [*branch.nodes()]) for branch in branches}
    assert {path: use for path, use in first.items() if use and "unit" not in path} == {
        "head.inner_1": "head.inner",
        "head_1": "head",
        "head_1.inner": "head.inner",
        "head_1.inner_1": "head.inner",
    }


def test_the_outermost_use_says_what_a_node_is_like() -> None:
    found = reuses(archdsl.load_text(NESTED).graph)
    assert found["head_1.inner_1.unit.2.conv"] == "head.inner_1.unit.2.conv"
    assert found["head.inner_1.unit.2.conv"] == "head.inner.unit.2.conv"
    assert found["head_1.between"] == "head.between"
    assert not any(path.startswith("head.inner.") for path in found)
