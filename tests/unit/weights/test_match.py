"""Arrays of a file against those of a graph, and the words for it."""

from __future__ import annotations

import tracemalloc

import archdsl
from archdsl.weights import Array, Weights, expected, match, report

NET = archdsl.load_text("model Net() :: [8] -> [2] { dense(4) as hidden -> dense(2) as head }")


def found(**arrays: tuple[str, tuple[int, ...]]) -> Weights:
    def read() -> None:
        raise AssertionError("nothing is read to be compared")

    keys = {name.replace("_", "/"): Array(shape, dtype, read) for name, (dtype, shape) in arrays.items()}
    return Weights("file", keys)


def test_types_are_told_from_shapes() -> None:
    half, whole = ("float16", (2,)), ("int8", (4, 2))
    file = found(hidden_kernel=("bfloat16", (8, 4)), hidden_bias=("float64", (5,)), head_kernel=whole, head_bias=half)
    result = match(NET.graph, file)
    assert (result.kept, result.new, result.dropped) == (("hidden/kernel", "head/bias"), (), ())
    assert str(result) == (
        "file does not fit Net: 2 fit, 2 of another shape or type\n"
        "of another shape or type:\n"
        "  hidden/bias: [5] in the file, [4] in the model\n"
        "  head/kernel: int8 [4, 2] in the file, float [4, 2] in the model"
    )


def test_lists_are_in_the_order_of_the_model() -> None:
    """A block of which all is missing comes where the model has it, also before blocks of which some is there."""
    text = "block Pair() :: [8] -> [8] { dense(8) -> dense(8) -> dense(8) }"
    body = "Pair as first -> repeat 3 { Pair as unit } -> dense(2) as head"
    graph = archdsl.load_text(f"{text}\nmodel Net() :: [8] -> [2] {{ {body} }}").graph
    there = {key: Array(weight.shape, "float32", dict) for key, weight in expected(graph).items() if "unit.1" in key}
    lines = str(match(graph, Weights("file", there))).splitlines()
    assert lines[2:] == [
        "  first Pair: all 6, such as first.dense/kernel",
        "  unit.0 Pair: all 6, such as unit.0.dense/kernel",
        "  unit.2 Pair: all 6, such as unit.2.dense/kernel",
        "  head/kernel",
        "  head/bias",
    ]


def test_names_of_any_length_are_told_in_little_room() -> None:
    names = [f"{'block.' * 100_000}{i}/kernel" for i in range(6)]
    file = Weights("file", {name: Array((2,), "float32", dict) for name in names})
    tracemalloc.start()
    text = str(match(NET.graph, file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "not in the model:\n  block: all 6, such as block.block." in text
    assert len(text) < 2_000
    assert peak < 10e6


def test_what_is_taken_in_part_says_so() -> None:
    kernel, bias = ("float32", (8, 4)), ("float32", (5,))
    result = match(NET.graph, found(hidden_kernel=kernel, hidden_bias=bias))
    assert report(result, partial=True) == (
        "file fits Net in part: 1 fit, 1 of another shape, 2 not in the file\n"
        "of another shape:\n"
        "  hidden/bias: [5] in the file, [4] in the model\n"
        "not in the file:\n"
        "  head/kernel\n"
        "  head/bias"
    )
