"""Programs in which one ``shared`` name meets two sizes: each op by itself, in a block behind others, in a join."""

from __future__ import annotations

from random import Random

from archdsl.compiler import NoFiles, Program
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.ops.base import NO_INPUT
from archdsl.ops.registry import OPS
from archdsl.source import SourceFile
from tests.fuzz.calls import beside, literal, looked_up, written
from tests.fuzz.domains import needs_positive
from tests.fuzz.single import SHAPES, draw

_JOINED = {
    "matmul": "matmul(transpose_b=true) { id, leaky_relu(0.5) }",
    "mul": "mul(broadcast=true) { id, global_avg_pool(keepdims=true) }",
    "add": "add(broadcast=true) { id, global_max_pool(keepdims=true) }",
}
_BODIES = (
    *("{}", "{}", "leaky_relu(0.5) -> {}", "{} -> elu", "relu -> {}", "batch_norm -> {}", "scale(1.5) -> {}"),
    "add {{ id, tanh }} -> {}",
)


def pair(name: str, random: Random) -> tuple[str, Graph]:
    """A program that shares an op, and its graph; the proof accepts it."""
    for _ in range(1_000):
        op, first = _called(name, random)
        body, second = random.choice(_BODIES).format(op), _other(first, random)
        text = (
            f"block Part {{ {body} }}\n"
            f"model Net() :: (x: {literal(first)}, y: {literal(second)}) -> (p: [...], q: [...]) {{\n"
            "  shared part = Part\n  ports { p: x -> part, q: y -> part }\n}\n"
        )
        graph = Program(SourceFile("<text>", text), NoFiles()).graph("Net")
        if graph is not None:
            return text, graph
    raise AssertionError(f"no two sizes for {name} were found")


def _called(name: str, random: Random) -> tuple[str, Shape]:
    """A step with the op, and a shape that it takes; a join is of what flows and something made of it."""
    if OPS[name].joins:
        return _JOINED.get(name, f"{name} {{ id, leaky_relu(0.5) }}"), random.choice(SHAPES)
    while True:
        found, shapes = draw(name, random)
        text = written(found.op, found.arguments)
        if len(shapes) == 1 and found.op.looks_up(*shapes) is not None:
            return beside(*looked_up(text, found.shape[-1], shapes[0]), shapes[0]).text, shapes[0]
        if found.op.arity == NO_INPUT:
            return beside(text, found.shape, shapes[0]).text, shapes[0]
        if len(shapes) == 1:
            return f"sigmoid -> {text}" if needs_positive(found.op) else text, shapes[0]


def _other(shape: Shape, random: Random) -> Shape:
    """Another size: most often of the same rank and with as many channels, as weights ask for."""
    chance = random.random()
    if chance < 0.15:
        return random.choice(SHAPES)
    if chance < 0.3:
        return (*shape[:-1], random.randint(1, 9))
    if chance < 0.5 and len(shape) > 2:  # as many places
        return (*shape[:-1][::-1], shape[-1])
    return (*(random.choice((dim, *range(1, 10), 2 * dim)) for dim in shape[:-1]), shape[-1])


def written_out(graph: Graph) -> Graph:
    """The same graph with weights for each use."""
    return graph.model_copy(update={"nodes": tuple(n.model_copy(update={"layer": n.path}) for n in graph.nodes)})
