"""Memory of activations by hand: what lives at the worst moment of small models."""

from __future__ import annotations

import pytest

from archdsl import load_text
from archdsl.graph.dims import Sym
from archdsl.passes.memory import Memory, memory
from tests.unit.graph.build import resnet, tower

MAP = 8 * 8 * 4 * 4
"""Bytes of a map [8, 8, 4] in float32."""


def of(steps: str, *, training: bool = False, **options: object) -> Memory:
    graph = load_text(f"model Net() :: [8, 8, 4] -> [8, 8, 4] {{ {steps} }}").graph
    return memory(graph, training=training, **options)  # type: ignore[arg-type]


def test_a_chain_needs_what_a_step_reads_and_writes() -> None:
    # The input is held by the caller; a step reads one map and writes another.
    assert of("conv(4)").activations == 2 * MAP
    assert of("conv(4) -> relu -> conv(4) -> relu").activations == 3 * MAP


def test_a_model_that_does_nothing_holds_its_input() -> None:
    for training in (False, True):
        found = of("id", training=training)
        assert (found.activations, found.at) == (MAP, "")


def test_a_skip_is_held_until_it_is_added() -> None:
    found = of("relu -> add { main: conv(4) -> relu -> conv(4)  skip: id }")
    assert found.activations == 4 * MAP
    assert found.at == "main.relu"


def test_views_and_dropout_take_nothing_in_inference() -> None:
    steps = "conv(4) -> dropout(0.5) -> flatten_spatial -> unflatten_spatial([8, 8])"
    assert of(steps).activations == 2 * MAP


def test_training_keeps_what_gradients_are_computed_from() -> None:
    # Forward: the input, and the outputs of two batch norms' convolutions and of the first relu; then the last relu's.
    chain = "conv(4) -> batch_norm -> relu -> conv(4) -> batch_norm -> relu"
    inference, training = of(chain), of(chain, training=True)
    assert inference.activations == 3 * MAP
    # Backwards at the last relu: input, conv, relu, conv and relu are kept; its gradient is written over the output's.
    assert training.activations == 6 * MAP


def test_dropout_keeps_a_byte_for_each_element() -> None:
    plain, dropped = (of(f"conv(4) -> {drop}conv(4)", training=True) for drop in ("", "dropout(0.5) -> "))
    assert dropped.activations - plain.activations == MAP // 4


def test_what_learns_nothing_keeps_nothing() -> None:
    frozen = of("conv(4, trainable=false) -> relu -> conv(4, trainable=false) -> relu", training=True)
    assert frozen.activations == 3 * MAP
    assert (frozen.gradients, frozen.optimizer) == (0, 0)


def test_weights_gradients_and_adam() -> None:
    weights = 3 * 3 * 4 * 4 + 4
    found = of("conv(4)", training=True)
    assert (found.weights, found.gradients, found.optimizer) == (4 * weights, 4 * weights, 8 * weights)
    assert found.total == found.activations + 16 * weights
    mixed = of("conv(4)", training=True, dtype="mixed")
    assert (mixed.activations * 2, mixed.weights) == (found.activations, found.weights)
    assert of("conv(4)", dtype="bfloat16").weights == 2 * weights


def test_a_batch_multiplies_activations_alone() -> None:
    one, many = memory(resnet()), memory(resnet(), batch=32)
    assert (many.activations, many.weights) == (32 * one.activations, one.weights)


def test_open_dimensions_make_expressions() -> None:
    found = memory(tower(Sym.named("h")), training=True)
    assert str(found.nodes["deep.0"]) == "8*h*h"
    assert isinstance(found.activations, Sym)


def test_what_depends_on_no_input_is_there_once_for_a_batch() -> None:
    kernel = 9 * 4 * 4 * 4  # bytes of a standardised kernel
    given = "id as x -> { parameter([3, 3, 4, 4]) -> instance_norm(eps=1e-8) } as w -> { x -> conv(4, kernel=w) }"
    for batch in (1, 5):
        assert of(given, batch=batch).activations == 2 * MAP * batch + kernel
    # The input, the output, and the gradients of the output and of the kernel.
    assert of(given, training=True, batch=5).activations == 3 * MAP * 5 + 2 * kernel


@pytest.mark.parametrize("training", [False, True])
def test_everything_is_freed_but_inputs_and_outputs(training: bool) -> None:
    from archdsl.passes.cost import cost
    from archdsl.passes.memory import _Run

    for graph in (resnet((1, 1)), tower()):
        run = _Run(graph, cost(graph), 4, 1)
        run.forward(training)
        if training:
            run.backward()
        names = {port.name for port in graph.inputs} | {port.node for port in graph.outputs}
        assert run.live == sum(run.sizes[name] for name in names)  # type: ignore[arg-type]
