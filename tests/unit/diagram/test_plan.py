"""What a diagram shows: repeats, skips, frames, and what is opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from archdsl import load, load_text
from archdsl.diagram import Box, DiagramError, Frame, Options, Plan, plan
from archdsl.graph.json import from_json, to_json
from archdsl.graph.model import Graph
from archdsl.ops.call import Call
from tests.unit.graph.build import Builder, op

CASES = Path(__file__).parent.parent.parent / "cases" / "language"


def graph(text: str, **params: object) -> Graph:
    return load_text(text, **params).graph


def shown(drawn: Plan) -> list[str]:
    """Titles of frames and labels of boxes, in their order, with points before what is inside."""

    def lines(frame: Frame, depth: int) -> Iterator[str]:
        for child in frame.children:
            text = child.title if isinstance(child, Frame) else " | ".join(child.lines)
            yield "." * depth + text
            if isinstance(child, Frame):
                yield from lines(child, depth + 1)

    return [*lines(drawn.root, 0)]


UNIT = """
block Unit(width: int) :: [h, w, c] -> [h, w, width] {
  add { main: conv(width) -> relu  skip: if c == width { id } else { conv(width, k=1) } }
}
"""


def test_alike_blocks_in_a_row_are_one_box() -> None:
    drawn = plan(graph(UNIT + "model Net() :: [8, 8, 3] -> [8, 8, 4] { repeat 5 { Unit(4) } }"), Options(depth=1))
    assert shown(drawn) == ["Unit(4)", "Unit(4) ×4"]


def test_an_open_repeat_is_one_frame_whose_shape_is_that_of_the_last() -> None:
    text = "block Grow() :: [h, w, c] -> [h, w, c + 2] { concat { a: id  b: conv(2) } }\n"
    drawn = plan(graph(text + "model Net() :: [8, 8, 4] -> [4] { repeat 3 { Grow } -> conv(4) -> global_avg_pool }"))
    assert shown(drawn) == ["Grow ×3", ".b | conv(2)", ".concat", "conv(4)", "global_avg_pool"]
    shapes = {edge.shape for edge in drawn.edges}
    assert (8, 8, 10) in shapes  # after three of them, not after the one that is drawn
    assert (8, 8, 6) not in shapes


def test_what_varies_is_said() -> None:
    text = "block Drop(rate: float) :: [n] -> [n] { dense(8) -> dropout(rate) -> relu }\n"
    model = "model Net() :: [8] -> [8] { for rate in [0.1, 0.2, 0.3] { Drop(rate) } }"
    assert shown(plan(graph(text + model), Options(depth=1))) == ["Drop(0.1…0.3) ×3"]


def test_what_must_fold_differs_in_width_and_not_in_kind() -> None:
    """The 1x1 convolution before the 3x3 one is what a branch of an Inception module is about."""
    drawn = plan(load("googlenet").graph, Options(unfold=("Inception",), fold=("ConvAct",)))
    lines = shown(drawn)
    inside = [line.strip(".") for line in lines[lines.index(next(x for x in lines if "inception4a: " in x)) + 1 :][:7]]
    assert inside == [
        *("conv1 | ConvAct(192…256, k=1)", "reduce3 | ConvAct(96…160, k=1)", "conv3 | ConvAct(208…320)"),
        *("reduce5 | ConvAct(16…32, k=1)", "conv5 | ConvAct(48…128, k=5)"),
        *("max_pool(3, stride=1)", "project | ConvAct(64…128, k=1)"),
    ]


def test_long_calls_keep_what_tells_one_box_from_another() -> None:
    text = "block Unit(width: int, norm: op, act: op, stride: int) :: [h, w, _] -> [h / stride, w / stride, width] {\n"
    text += "  conv(width, stride=stride) -> norm -> act\n}\n"
    text += "let unit = Unit(norm=batch_norm, act=hard_silu)\n"
    text += "model Net() :: [8, 8, 3] -> [4, 4, 1024] { unit(1024, stride=2) -> unit(1024, stride=1) }"
    drawn = plan(graph(text), Options(depth=1))
    assert shown(drawn) == ["Unit(1024, norm=batch_norm, stride=2, …)", "Unit(1024, norm=batch_norm, stride=1, …)"]


def test_boxes_leave_out_the_same_of_blocks_as_of_ops() -> None:
    text = "block Unit(n: int, eps: float) :: [_] -> [n] { dense(n) -> layer_norm(eps=eps) -> relu }\n"
    drawn = plan(graph(text + "model Net() :: [8] -> [8] { Unit(8, eps=0.01) }"), Options(depth=1))
    assert [(box.lines, box.details[1]) for box in drawn.boxes()] == [(("Unit(8)",), "Unit(8, eps=0.01)")]


def test_who_has_the_weights_of_another_says_so() -> None:
    text = "block Tower(n: int) :: [_] -> [n] { dense(n) -> relu }\n"
    text += "model Pair() :: (a: [8], b: [8]) -> [4] {\n  shared tower = Tower(4)\n"
    text += "  subtract {\n    one: a -> tower\n    two: b -> tower\n  }\n}"
    closed, whole = (plan(graph(text), Options(depth=depth)) for depth in (1, "all"))
    assert shown(closed) == ["Tower(4)", "Tower(4) | weights of one.tower", "subtract"]
    assert "..Tower(4), weights of one.tower".strip(".") in [line.strip(".") for line in shown(whole)]
    assert sum("weights of" in line for line in shown(whole)) == 1  # once for all that is inside
    assert [*closed.boxes()][1].details[-1] == "weights of one.tower"


def test_what_computes_in_float32_says_so() -> None:
    text = "block Head(n: int) :: [c] -> [n] { dense(n) -> softmax }\n"
    text += "model Net() :: [8] -> [4] {\n  repeat 9 { dense(8) -> relu }\n"
    text += "  -> float32 { repeat 9 { dense(8) -> relu } -> { layer_norm -> relu } as norms -> Head(4) }\n}"
    drawn, closed, whole = (plan(graph(text), Options(depth=depth)) for depth in (None, 1, "all"))
    assert "norms | layer_norm | relu | float32" in shown(drawn)
    assert shown(closed)[-1] == "Head(4) | float32"
    assert shown(whole)[-3:] == ["Head(4)", ".dense(4) | float32", ".softmax | float32"]
    assert [*closed.boxes()][-1].details[-1] == "computes in float32"
    # The two loops are two, though they do the same.
    assert [line.strip() for line in shown(drawn)].count("×9") == 2


def test_what_is_joined_with_constants_alone_is_no_branch() -> None:
    model = "model Net() :: [8, 4] -> [8, 4] {\n"
    text = "  { dense(4) -> relu } as main\n  -> add { id, { parameter([8, 4]) } }\n}"
    assert shown(plan(graph(model + text), Options(depth=1)))[:2] == ["main", ".dense(4)"]
    text = "  add {\n    main: dense(4) -> relu\n    skip: id\n  }\n}"
    assert shown(plan(graph(model + text), Options(depth=1)))[:2] == ["dense(4)", "relu"]


def test_ops_beside_each_other_are_no_list() -> None:
    text = "model Net() :: [8, 8, 4] -> (seg: [8, 8, 2], cls: [4]) {\n  ports {\n"
    text += "    seg: concat {\n      a: conv(4)\n      b: conv(4, k=1)\n    } -> conv(2, k=1)\n"
    text += "    cls: global_avg_pool -> dense(4)\n  }\n}"
    assert shown(plan(graph(text))) == [
        "seg",
        *(".a | conv(4)", ".b | conv(4, k=1)", ".concat", ".conv(2, k=1)"),
        "cls | global_avg_pool | dense(4)",
    ]


def test_what_gives_several_shapes_says_each() -> None:
    """Also those that it takes: otherwise nobody knew which is which."""
    text = "block Two() :: (a: [8], b: [4]) -> (a: [8], b: [4]) {\n"
    text += "  ports { a: dense(8)\n          b: b -> dense(4) }\n}\n"
    text += "model Net() :: (a: [8], b: [4]) -> (a: [1], b: [1]) {\n  ports { a: a\n          b: b } -> Two as two\n"
    text += "  -> ports { a: two.a -> dense(1)\n             b: two.b -> dense(1) }\n}"
    edges = plan(graph(text), Options(depth=1)).edges
    assert [edge.shape for edge in edges if edge.tail.startswith("block/")][:2] == [(8,), (4,)]


def test_blocks_with_other_arguments_are_no_repeats() -> None:
    drawn = plan(graph(UNIT + "model Net() :: [8, 8, 4] -> [8, 8, 8] { Unit(4) -> Unit(8) }"), Options(depth=1))
    assert shown(drawn) == ["Unit(4)", "Unit(8)"]


def test_several_steps_that_repeat_together_are_one_frame() -> None:
    text = "model Net() :: [8] -> [8] { repeat 3 { dense(8) -> relu -> dropout(0.1) } }"
    drawn = plan(graph(text))
    assert shown(drawn) == [" ×3", ".dense(8)", ".relu", ".dropout(0.1)"]
    assert len(drawn.edges) == 4


def test_letters_may_be_as_small_as_can_be_read_where_one_box_would_hide_the_model() -> None:
    """A stack of cells whose two states leave no place for a further column, as NASNet's."""
    text = """
    block Cell(n: int) :: (last: [h, w, _], before: [h, w, _]) -> (last: [h, w, n], before: [h, w, _]) {
      ports { last: add { { last -> conv(n) }, { before -> conv(n) } }  before: last }
    }

    model Net() :: [8, 8, 3] -> [8, 8, 24] {
      ports { last: id  before: id } -> for n in range(1, 25) { Cell(n) } as cells -> { cells.last }
    }
    """
    assert shown(plan(graph(text)))[1:] == [f".Cell({n})" for n in range(1, 25)]


def test_a_unit_that_is_written_out_in_a_loop_begins_where_the_loop_does() -> None:
    unit = "residual { depthwise_conv(7) -> gelu -> batch_norm } -> conv(8, k=1) -> gelu -> batch_norm"
    text = f"model Net() :: [8, 8, 8] -> [8, 8, 8] {{ conv(8, k=1) -> gelu -> batch_norm -> repeat 4 {{ {unit} }} }}"
    assert shown(plan(graph(text))) == [
        *("conv(8, k=1)", "gelu", "batch_norm", " ×4"),
        *(".depthwise_conv(7)", ".gelu", ".batch_norm", ".add", ".conv(8, k=1)", ".gelu", ".batch_norm"),
    ]


def test_a_tap_from_within_ends_a_repeat() -> None:
    """A value that is used elsewhere has a place of its own to come from."""
    text = UNIT + "model Net() :: [8, 8, 4] -> (a: [8, 8, 4], b: [8, 8, 4]) {\n"
    text += "  Unit(4) -> Unit(4) as mid -> Unit(4) -> Unit(4) -> ports { a: id  b: mid }\n}"
    drawn = plan(graph(text), Options(depth=1))
    assert shown(drawn) == ["Unit(4) ×2", "Unit(4) ×2"]
    sources = {edge.tail for edge in drawn.edges if edge.head.startswith("out/")}
    assert len(sources) == 2


def test_two_tensors_side_by_side_repeat_too() -> None:
    drawn = plan(load(CASES / "hrnet.arch").graph, Options(depth=1))
    assert [line for line in shown(drawn) if "Exchange" in line] == [".Exchange ×4"]


def test_every_op_is_drawn_when_asked_for() -> None:
    whole = load("resnet50").graph
    boxes = [*plan(whole, Options(depth="all")).boxes()]
    assert [box.path for box in boxes] == [node.path for node in whole]
    assert {box.times for box in boxes} == {1}


@pytest.mark.parametrize("name", ["resnet50", "densenet201", "swint", "efficientnetb7", "googlenetaux"])
@pytest.mark.parametrize("depth", [None, 1, 2, "all"])
def test_nothing_is_lost(name: str, depth: int | None) -> None:
    """The boxes stand for all parameters and all work of the model, each once."""
    drawn = plan(load(name).graph, Options(depth=depth))
    assert sum(box.cost.params for box in drawn.boxes()) == drawn.costs.params
    assert sum(box.cost.macs for box in drawn.boxes()) == drawn.costs.macs
    ids = [box.id for box in drawn.boxes()]
    assert len(ids) == len({*ids})


@pytest.mark.parametrize("name", ["resnet50", "densenet201", "swint", "efficientnetb7", "googlenetaux"])
def test_every_box_lies_on_a_way_from_the_input_to_an_output(name: str) -> None:
    drawn = plan(load(name).graph)
    boxes = {box.id for box in drawn.boxes()}
    assert boxes <= {edge.tail for edge in drawn.edges}
    assert boxes <= {edge.head for edge in drawn.edges}


def test_an_identity_shortcut_is_a_skip_and_a_projection_a_branch() -> None:
    two = graph(UNIT + "model Net() :: [8, 8, 3] -> [8, 8, 4] { Unit(4) -> Unit(4) }")
    drawn = plan(two, Options(depth="all"))
    assert [(edge.tail.split("/")[0], edge.head) for edge in drawn.edges if edge.skip] == [("fork", "unit_1.add")]


def test_a_long_skip_goes_round_what_it_skips() -> None:
    drawn = plan(load(CASES / "unet.arch").graph)
    assert sum(edge.skip for edge in drawn.edges) == 4


def test_branches_of_a_join_need_no_frames() -> None:
    drawn = plan(load(CASES / "inception.arch").graph)
    assert not {"one", "three", "five", "pool"} & {frame.title for frame in drawn.frames()}


def test_a_fork_is_in_the_frame_that_its_tensor_enters() -> None:
    drawn = plan(load("resnet50").graph, Options(depth="all"))
    held = {fork: frame.path for frame in drawn.frames() for fork in frame.forks}
    into = {edge.head: edge.tail for edge in drawn.edges if edge.head in held}
    assert held[next(fork for fork, tail in into.items() if tail == "c2.blocks.0.act")] == "c2.blocks.1"


# --- fold, unfold, depth ----------------------------------------------------------------------------------------------


def test_fold_by_name_and_by_path() -> None:
    whole = load("resnet50").graph
    by_name = plan(whole, Options(depth="all", fold=("Bottleneck",)))
    assert sum(box.kind == "block" for box in by_name.boxes()) == 16
    by_path = plan(whole, Options(depth="all", fold=("c4",)))
    assert [box.path for box in by_path.boxes() if box.kind == "block"] == ["c4"]


def test_unfold_opens_wherever_the_block_is_seen() -> None:
    whole = load("resnet50").graph
    drawn = plan(whole, Options(depth=1, unfold=("ConvBNAct",)))
    assert "stem: ConvBNAct(64, k=7, stride=2, pad=3)" in shown(drawn)


def test_unfold_by_path_opens_what_is_around_it_and_ends_repeats() -> None:
    drawn = plan(load("resnet50").graph, Options(depth=1, unfold=("c4.blocks.3",)))
    lines = shown(drawn)
    assert lines[lines.index("c4: ResidualStage(Bottleneck, width=256, …)") + 1 :][:4] == [
        ".Bottleneck(256, stride=2)",
        ".Bottleneck(256) ×2",
        ".blocks.3: Bottleneck(256)",
        "..conv1 | ConvBNAct(256, k=1)",
    ]
    assert ".Bottleneck(256) ×2" in lines


def test_unfold_opens_the_first_of_what_is_nowhere_seen() -> None:
    drawn = plan(load("swint").graph, Options(depth=1, unfold=("Mlp",)))
    assert sum("Mlp" in frame.title for frame in drawn.frames()) == 1


def test_fold_goes_before_unfold() -> None:
    drawn = plan(load("resnet50").graph, Options(fold=("c4",), unfold=("c4.blocks.0",)))
    assert "c4" in {box.path for box in drawn.boxes()}


@pytest.mark.parametrize("where", ["fold", "unfold"])
def test_a_name_that_does_not_exist_is_told_with_near_ones(where: str) -> None:
    with pytest.raises(DiagramError, match=r"called Botleneck: did you mean `Bottleneck`\?"):
        plan(load("resnet50").graph, Options(**{where: ("Botleneck",)}))


def test_depth_counts_blocks_and_not_groups() -> None:
    assert [len([*plan(load("resnet50").graph, Options(depth=n)).boxes()]) for n in (1, 2)] == [8, 14]


# --- marks ------------------------------------------------------------------------------------------------------------


def test_marks_are_on_boxes_and_frames_and_keep_apart_what_is_alike() -> None:
    drawn = plan(
        load("resnet50").graph, Options(marks={"c3.blocks.2": "changed", "c3.blocks.2.main.conv2.conv": "added"})
    )
    frames = {frame.path: frame.mark for frame in drawn.frames()}
    boxes = {box.path: box.mark for box in drawn.boxes()}
    assert frames["c3.blocks.2"] == "changed"
    assert boxes["c3.blocks.2.main.conv2.conv"] == "added"
    assert {mark for path, mark in boxes.items() if not path.startswith("c3.blocks.2")} == {None}


def test_what_is_new_or_gone_as_a_whole_is_one_box() -> None:
    drawn = plan(load("resnet50").graph, Options(marks={"c3.blocks.2": "added", "stem": "removed"}))
    assert {box.path: box.mark for box in drawn.boxes() if box.mark} == {"stem": "removed", "c3.blocks.2": "added"}


def test_a_mark_shows_through_what_is_folded() -> None:
    drawn = plan(load("resnet50").graph, Options(depth=1, marks={"c3.blocks.2.main.conv2.conv": "removed"}))
    assert {box.path: box.mark for box in drawn.boxes() if box.mark} == {"c3": "changed"}


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv2", "swint", "vgg16"])
def test_one_tensor_flows_from_column_to_column(name: str) -> None:
    drawn = plan(load(name).graph)
    assert len(drawn.columns) > 1
    assert sum(drawn.columns, ()) == drawn.root.children

    def ids(children: tuple[Frame | Box, ...]) -> set[str]:
        return {i for c in children for i in ({c.id} if isinstance(c, Box) else {*c.forks} | ids(c.children))}

    columns = [ids(column) for column in drawn.columns]
    for left, right in pairwise(columns):
        assert sum(edge.tail in left and edge.head in right for edge in drawn.edges) == 1


def test_a_graph_from_json_is_drawn_alike() -> None:
    whole = load("resnet50").graph
    assert shown(plan(from_json(to_json(whole)))) == shown(plan(whole))


def test_the_order_of_hashes_does_not_matter() -> None:
    code = "from archdsl import load; from archdsl.backends.graphviz import to_dot; print(to_dot(load('swint').graph))"
    first, second = (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in "12"
    )
    assert first.stdout == second.stdout


def test_a_graph_whose_instances_are_interleaved_is_drawn() -> None:
    """Graphs from outside may call a block in pieces, so that boxes feed each other in a circle."""
    b = Builder("Loop", image=(8, 8, 3))
    with b.block("a", Call("A")):
        x = b("image", op("relu"))
    with b.block("b", Call("B")):
        y = b(x, op("relu"))
    whole = b.graph(out=b(y, op("relu"), name="a.again"))
    again = whole.nodes[-1].model_copy(update={"instance": 1})
    drawn = plan(whole.model_copy(update={"nodes": (*whole.nodes[:-1], again)}), Options(depth=1))
    joined = [(edge.tail, edge.head) for edge in drawn.edges]
    assert joined == [("in/0", "block/1"), ("block/1", "block/4"), ("block/4", "block/1"), ("block/1", "out/0")]


def test_a_model_without_ops_has_its_input_and_output() -> None:
    drawn = plan(graph("model M :: [8] -> [8] { id }"))
    assert shown(drawn) == []
    assert [(edge.tail, edge.head) for edge in drawn.edges] == [("in/0", "out/0")]
