"""Laws of differences, on random graphs and their random changes: nothing is lost, whatever was matched with what."""

from __future__ import annotations

import json
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.api import load
from archdsl.difference import Delta, Difference, compare, to_json, to_markdown, to_text
from archdsl.difference.align import align
from archdsl.difference.overlay import overlay
from archdsl.graph.dims import Sym
from archdsl.graph.json import from_json
from archdsl.graph.json import to_json as graph_to_json
from archdsl.graph.model import Graph
from archdsl.ops.base import Op
from archdsl.passes.cost import cost
from tests.unit.graph.build import Builder, called, op, resnet, tower

OPS = [
    op("relu"),
    op("gelu"),
    op("batch_norm"),
    op("batch_norm", eps=1e-3),
    op("conv", filters=4),
    op("conv", filters=4, k=1, bias=False),
    op("conv", filters=8, k=5),
    op("depthwise_conv", k=3),
    op("add"),
    op("concat"),
]

# A model as nested lists: an op by its number, or a block, by its name, of such.
Layout = list["int | tuple[str, Layout]"]
parts = st.recursive(
    st.integers(0, len(OPS) - 1),
    lambda inner: st.tuples(st.sampled_from(["Unit", "Stage"]), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=12,
)
layouts = st.lists(parts, min_size=1, max_size=6)


def graph(layout: Layout) -> Graph:
    builder = Builder("Net", image=(8, 8, 4))
    before, last = "image", "image"

    def write(items: Layout) -> None:
        nonlocal before, last
        for index, item in enumerate(items):
            if isinstance(item, tuple):
                with builder.block(f"{item[0].lower()}_{index}", called(item[0], count=len(item[1]))):
                    write(item[1])
                continue
            what: Op = OPS[item]
            inputs = [last]
            if what.joins:
                same = builder.shapes[before] == builder.shapes[last] or what.name == "concat"
                inputs = [before, last] if same else [last, last]
            before, last = last, builder(*inputs, what, name=f"{what.name}_{index}")

    write(layout)
    return builder.graph(scores=last)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Graph, Graph]:
    """Two graphs, of which the second is often the first with a few changes."""
    first = draw(layouts)
    if draw(st.integers(0, 3)) == 0:
        return graph(first), graph(draw(layouts))
    second = list(first)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(second)))
        match draw(st.sampled_from(["insert", "remove", "replace", "wrap", "unwrap"])):
            case "insert":
                second.insert(place, draw(parts))
            case "remove" if len(second) > 1:
                del second[place % len(second)]
            case "replace":
                second[place % len(second)] = draw(parts)
            case "wrap":
                second[place:] = [("Wrap", second[place:])] if second[place:] else []
            case "unwrap":
                second = [p for item in second for p in (item[1] if isinstance(item, tuple) else [item])]
    return graph(first), graph(second)


def shown(difference: Difference) -> list[tuple[str, str | None, str | None, str]]:
    return sorted((e.kind, e.before or "", e.after or "", e.attribute) for e in difference.edits)


@settings(max_examples=150)
@given(pairs())
def test_edits_explain_the_totals(pair: tuple[Graph, Graph]) -> None:
    a, b = pair
    difference = compare(a, b)
    assert Delta.sum(edit.delta for edit in difference.edits) == Delta.between(cost(a).total, cost(b).total)
    told = [edit for section in difference.sections for note in section.notes for edit in note.edits]
    assert sorted(map(repr, [*told, *difference.follows])) == sorted(map(repr, difference.edits))
    grown = sum(edit.nodes * {"added": 1, "removed": -1}.get(edit.kind, 0) for edit in difference.edits)
    assert grown == len(b) - len(a)


@settings(max_examples=100)
@given(pairs())
def test_backwards_is_the_mirror_image(pair: tuple[Graph, Graph]) -> None:
    there, back = compare(*pair), compare(*reversed(pair))
    turned = {"added": "removed", "removed": "added"}
    mirrored = sorted((turned.get(kind, kind), y, x, attribute) for kind, x, y, attribute in shown(back))
    assert shown(there) == mirrored
    assert bool(there) == bool(back)
    assert there.delta == Delta() - back.delta
    assert there.common == back.common


def test_other_inputs_are_seen_both_ways() -> None:
    """A sum does not mind the order of its inputs; that a concatenation took its place does not make it two changes."""
    layouts: list[list[int | tuple[str, Layout]]] = [[0, 8], [("Unit", [0, 8]), 9]]
    a, b = map(graph, layouts)
    kinds = [sorted(edit.kind for edit in compare(*pair).edits) for pair in ((a, b), (b, a))]
    assert kinds == [["added", "replaced"], ["removed", "replaced"]]


@settings(max_examples=50)
@given(layouts)
def test_nothing_differs_from_itself(layout: Layout) -> None:
    a = graph(layout)
    difference = compare(a, from_json(graph_to_json(a)))
    assert not difference
    assert difference.edits == difference.sections == difference.renamed == ()
    assert "no difference" in to_text(difference)


@settings(max_examples=50)
@given(layouts)
def test_blocks_alone_make_no_difference(layout: Layout) -> None:
    def flat(items: Layout) -> Layout:
        return [op for item in items for op in (flat(item[1]) if isinstance(item, tuple) else [item])]

    assert not compare(graph(layout), graph(flat(layout)))


@settings(max_examples=50)
@given(pairs())
def test_every_form_can_be_written(pair: tuple[Graph, Graph]) -> None:
    difference = compare(*pair)
    document = json.loads(to_json(difference))
    assert (document["schema"], document["version"]) == ("archdsl-diff", 1)
    edits = [edit for s in document["sections"] for note in s["notes"] for edit in note["edits"]]
    assert sum(edit["delta"]["params"] for edit in [*edits, *document["follows"]]) == document["delta"]["params"]
    assert document["different"] is bool(difference)
    assert to_text(difference)
    assert to_markdown(difference)


def test_open_dimensions() -> None:
    difference = compare(tower(Sym.named("h")), resnet((1, 1, 1, 1), size=Sym.named("h")))
    assert isinstance(difference.delta.macs, Sym)
    assert Delta.sum(edit.delta for edit in difference.edits) == difference.delta
    assert json.loads(to_json(difference))["delta"]["macs"] == str(difference.delta.macs)


def test_shared_weights_count_once() -> None:
    a, b = tower(), load("resnet50").graph
    difference = compare(a, b)
    assert Delta.sum(edit.delta for edit in difference.edits) == difference.delta


def test_order_of_branches_of_a_sum_is_no_difference() -> None:
    def two(first: str, second: str) -> Graph:
        builder = Builder("Net", image=(8, 8, 4))
        names = {name: builder("image", op("conv", filters=4, k=k), name=name) for name, k in (("a", 1), ("b", 3))}
        return builder.graph(scores=builder(names[first], names[second], op("add"), name="add"))

    assert not compare(two("a", "b"), two("b", "a"))


@pytest.mark.parametrize(("ours", "theirs"), [("", "ab"), ("abc", "abc"), ("kitten", "sitting"), ("aaaa", "aa")])
def test_alignment_is_a_longest_common_subsequence(ours: str, theirs: str) -> None:
    found = align(ours, theirs, lambda a, b: float(a == b), str)
    assert found == sorted(found)
    assert all(ours[i] == theirs[j] for i, j in found)
    assert len(found) == longest(ours, theirs)


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_alignment_of_any_two(ours: str, theirs: str) -> None:
    found = align(ours, theirs, lambda a, b: float(a == b), str)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found) == longest(ours, theirs)


def longest(a: str, b: str) -> int:
    if not a or not b:
        return 0
    if a[0] == b[0]:
        return 1 + longest(a[1:], b[1:])
    return max(longest(a[1:], b), longest(a, b[1:]))


def long(size: int, *, without: int = 0) -> Graph:
    builder = Builder("Long", image=(8, 8, 4))
    last = "image"
    for index in range(size):
        if not without or index % without:
            last = builder(last, OPS[(index * 7919) % 5], name=f"op_{index}")
    return builder.graph(scores=last)


def test_time_grows_with_the_graph_and_not_with_its_square() -> None:
    seconds = []
    for size in (1_500, 6_000):
        a, b = long(size), long(size, without=97)
        tries = []
        for _ in range(3):  # the quickest says most about the work, and least about what else the machine does
            started = process_time()
            difference = compare(a, b)
            tries.append(process_time() - started)
        seconds.append(min(tries))
        assert {edit.kind for edit in difference.edits} <= {"removed", "rewired", "moved"}
        assert Delta.sum(edit.delta for edit in difference.edits) == difference.delta
    assert seconds[1] < 10 * seconds[0]  # 16 times would be its square


def test_a_deeper_model_has_the_same_blocks_and_more() -> None:
    difference = compare(resnet((3, 4, 6, 3)), resnet((3, 4, 23, 3)))
    (edits, *others) = [section.notes for section in difference.sections]
    assert not others
    assert [(note.kind, note.where, note.what) for note in edits] == [("added", edits[0].where, "17 × Bottleneck(256)")]


@settings(max_examples=80)
@given(pairs())
def test_overlay_has_both(pair: tuple[Graph, Graph]) -> None:
    a, b = pair
    found = overlay(a, b)
    edits = compare(a, b).edits
    removed = [path for path, mark in found.marks.items() if mark == "removed" and path in found.graph.by_path]
    added = [path for path, mark in found.marks.items() if mark == "added" and path in found.graph.by_path]
    assert len(removed) == sum(edit.nodes for edit in edits if edit.kind == "removed")
    assert len(added) == sum(edit.nodes for edit in edits if edit.kind == "added")
    assert [node.path for node in found.graph if node.path not in removed] == [node.path for node in b]
    Graph.model_validate(found.graph.model_dump())  # in topological order
    changed = {edit.after for edit in edits if edit.kind in ("changed", "replaced", "rewired")}
    assert {path for path, mark in found.marks.items() if mark == "changed"} >= changed
