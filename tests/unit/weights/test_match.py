"""Arrays of a file against those of a graph, and the words for it."""

from __future__ import annotations

import archdsl
from archdsl.weights import Array, Weights, match, report

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
