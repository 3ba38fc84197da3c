"""The least sizes for which a proof over run-time sizes holds, and errors where there are none."""

from __future__ import annotations

import json

import pytest

from archdsl import ArchError, check_text, load_text
from archdsl.compiler import NoFiles, Program
from archdsl.graph.json import GraphError, from_json, to_json
from archdsl.passes.sizes import least_sizes
from archdsl.source import SourceFile
from archdsl.summary.json import to_json as to_document
from tests.reference.definitions import size

LEAST = [
    # a stride asks for multiples, a window for a map as large
    ("[h, w, 3]", "conv(4, k=3, stride=2, pad='valid') -> max_pool(3, stride=2, pad='valid')", "h >= 8 in steps of 4"),
    ("[h, w, 3]", "conv(4, k=7, stride=2, pad=2)", "h >= 4 in steps of 2"),
    ("[h, w, 3]", "conv(4, k=5, pad='valid')", "h >= 5"),
    ("[h, w, 3]", "conv(4, k=3, dilation=3, pad='valid')", "h >= 7"),
    ("[h, w, 3]", "conv(4, stride=2) -> conv(4, stride=3)", "h >= 6 in steps of 6"),
    ("[h, w, 3]", "global_avg_pool", "h >= 1"),
    ("[h, w, 3]", "avg_pool(2) -> avg_pool(2) -> crop(1)", "h >= 12 in steps of 4"),
    ("[h, w, 3]", "conv_transpose(4, k=2, pad=1, stride=2)", "h >= 2"),
    ("[h, 8, 3]", "window_partition(4)", "h >= 4 in steps of 4"),
    ("[h, 8, 3]", "space_to_depth(2) -> flatten_spatial", "h >= 2 in steps of 2"),
    ("[n, 8]", "slice(2, 5, axis=0)", "n >= 5"),
    ("[n, 8]", "slice(-3, -1, axis=0)", "n >= 3"),
    ("[n, 8]", "slice(2, axis=0, keepdims=false)", "n >= 3"),
    ("[n, 8]", "pad(3, mode='reflect') -> crop(3)", "n >= 4"),
    ("[h, 10, 8]", "flatten_spatial -> slice(64, axis=0)", "h >= 7"),
    ("[h, w, 8]", "reshape([-1, 16])", "h >= 2 in steps of 2"),
]


def text(shape: str, flow: str) -> str:
    quoted = flow.replace("'", '"')
    return f"model Net() :: {shape} -> [...] {{ {quoted} }}"


@pytest.mark.parametrize(("shape", "flow", "expected"), LEAST)
def test_least_sizes(shape: str, flow: str, expected: str) -> None:
    """From the least size on the same model of known sizes has the shapes that were proved, and not below."""
    graph = load_text(text(shape, flow)).graph
    first, *others = least_sizes(graph)
    assert str(first) == expected
    sizes = {least.name: least.size for least in (first, *others)}
    for more in (0, 1, 5):
        assert _holds(shape, flow, sizes | {first.name: first.size + more * first.step})
    assert not _holds(shape, flow, sizes | {first.name: first.size - first.step})


def _holds(shape: str, flow: str, sizes: dict[str, int]) -> bool:
    """Whether the model with these sizes is accepted, with the shapes that the open one has for them."""
    open_graph = load_text(text(shape, flow)).graph
    known = ", ".join(str(sizes.get(dim.strip(), dim)) for dim in shape.strip("[]").split(","))
    graph = Program(SourceFile("<text>", text(f"[{known}]", flow)), NoFiles()).graph("Net")
    return graph is not None and [node.shape for node in graph] == [
        tuple(size(dim, sizes) for dim in node.shape) for node in open_graph
    ]


def test_known_sizes_have_no_least() -> None:
    assert least_sizes(load_text("model Net() :: [8] -> [8] { relu }").graph) == ()


def test_inputs_that_depend_on_each_other() -> None:
    text = "model Net() :: (x: [n, 8], y: [n - 10, 8]) -> (a: [...], b: [...]) { ports { a: x -> relu  b: y -> relu } }"
    assert [str(least) for least in least_sizes(load_text(text).graph)] == ["n >= 11"]


def test_no_size_fits() -> None:
    text = "model Net() :: (x: [n, 8], y: [10 - n, 8]) -> (a: [...], b: [...]) { ports { a: x -> relu  b: y -> relu } }"
    (found,) = check_text(text)
    assert (found.code, found.span.text) == ("no-size-fits", "x: [n, 8], y: [10 - n, 8]")
    with pytest.raises(ArchError):
        load_text(text)


def test_no_size_fits_a_graph() -> None:
    written = to_json(load_text("model Net() :: [n, 8] -> [n, 8] { relu }").graph)
    assert from_json(written)
    with pytest.raises(GraphError, match=r"Net: no sizes were found for which n \+ 1/2 is a whole number"):
        from_json(written.replace('"n"', '"n + 1/2"'))


def test_where_it_is_said() -> None:
    program = Program(SourceFile("<text>", text("[h, w, 3]", "avg_pool(2)")), NoFiles())
    program.check()
    assert {name: [str(least) for least in sizes] for name, sizes in program.open_sizes.items()} == {
        "Net": ["h >= 2 in steps of 2", "w >= 2 in steps of 2"]
    }
    summary = load_text(text("[h, w, 3]", "avg_pool(2)")).summary()
    assert "proved for h >= 2 in steps of 2, w >= 2 in steps of 2" in " ".join(str(summary).split())
    document = json.loads(to_document(summary))
    assert document["sizes"] == [{"name": name, "size": 2, "step": 2} for name in ("h", "w")]
