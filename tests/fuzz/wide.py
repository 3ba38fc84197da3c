"""Programs for what a ``Writer`` does not reach: several inputs and outputs, shared blocks on two sizes, open sizes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from archdsl.compiler import Program
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.source import SourceFile
from tests.fuzz.calls import literal
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import PRELUDE, Writer

_SHAPES: tuple[Shape, ...] = ((4, 4, 4), (6, 4, 2), (3, 3, 3), (7, 5, 6), (4, 8), (6, 6))

_OPEN_STEPS = (
    *(
        "conv(4, k=3, stride=2)",
        'conv(4, k=3, pad="valid")',
        'conv(4, k=5, stride=2, pad="valid")',
        "conv(2, k=4, pad=1)",
    ),
    *('conv(4, dilation=2, pad="valid")', "depthwise_conv(3, stride=2, pad=1)", "separable_conv(4, k=3)"),
    *("conv_transpose(4, k=3, stride=2)", "conv_transpose(2, k=4, stride=2, pad=1)", "upsample(2)", "resize([6, 5])"),
    *(
        "max_pool(3, stride=2, pad=1)",
        'avg_pool(3, stride=2, pad="valid")',
        "avg_pool(2)",
        "avg_pool(3, pad=1, stride=2)",
    ),
    *("batch_norm", "group_norm(1)", "layer_norm", "relu", "softmax(axis=0)", "mish", "scale(0.5)", "prelu"),
    *("crop(1)", "crop([[0, 2], [1, 0]])", 'pad(2, mode="reflect")', "pad([[1, 0], [0, 2]], value=0.5)", "roll(1)"),
    *("space_to_depth(2)", "slice(1, axis=0)", "slice(-3, -1, axis=1)", "slice(2, axis=0, keepdims=false)"),
    *("global_avg_pool(keepdims=true)", "permute([1, 0, 2])", "flatten_spatial -> attention(1)", "window_partition(2)"),
    *("residual { conv(4, k=3) -> relu }", "mul(broadcast=true) { id, global_avg_pool(keepdims=true) -> sigmoid }"),
    *("add { conv(3, k=1), conv(3, k=3, trainable=false) }", "concat { id, max_pool(3, stride=1) }", "dense(3)"),
)


def several(random: Random) -> Graph:
    """A model with three inputs and two outputs, and a shared block on two sizes."""

    def text() -> str:
        writer, shape = Writer(random), random.choice(_SHAPES)
        other = (*(random.choice((dim, 2 * dim, dim + 1)) for dim in shape[:-1]), shape[-1])
        gate = tuple(random.choice((1, dim)) for dim in shape)
        shared, flow = writer.keeping(shape, 1), writer.flow(shape, 2, random.randint(1, 3))
        join = random.choice(("add", "mul"))
        return "\n".join(
            (
                PRELUDE,
                *writer.declarations,
                f"block Part {{ {shared.text} }}",
                f"model Net :: (x: {literal(shape)}, y: {literal(other)}, z: {literal(gate)})"
                " -> (p: [...], q: [...]) {",
                "  shared part = Part",
                f"  ports {{\n    p: x -> part -> {join}(z, broadcast=true) -> {flow.text}\n    q: y -> part\n  }}\n}}",
            )
        )

    return _accepted(text)


def opened(random: Random) -> Graph:
    """A model that leaves the sizes of its map open."""

    def text() -> str:
        steps = " -> ".join(random.choices(_OPEN_STEPS, k=random.randint(1, 4)))
        sizes = random.choice(("h, w", "?, ?", "n, n", "h, 6"))
        return f"model Net :: [{sizes}, {random.choice((2, 3, 4))}] -> [...] {{ {steps} }}"

    return _accepted(text)


def _accepted(text: Callable[[], str]) -> Graph:
    """The graph of the first text that is a program; most are."""
    for _ in range(1_000):
        graph = Program(SourceFile("<text>", text()), MemoryLoader({})).graph("Net")
        if graph is not None:
            return graph
    raise AssertionError("nothing that was written is a program")
