"""Activation memory as computed, beside what XLA allocates: ``python -m scripts.memory inference|training NAME…``.

Keras's JAX backend is compiled for the CPU, and XLA says how much it sets aside for temporary arrays. The growth from
one batch to another is what an example takes, free of what is needed once; the input is added, since the caller holds
it. docs/measures.md has the table that this prints.

- Inference is compiled with a barrier after each layer, since across layers XLA's CPU compiler recomputes sums in
  place of keeping them. So each layer reads its inputs and writes its output, as the definition has it.
- Training is the gradient of the summed output with respect to the weights, compiled as Keras compiles it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

BATCHES = (64, 128)


class Measured(NamedTuple):
    """Bytes for one example."""

    model: str
    training: bool
    measured: float
    computed: float

    @property
    def ratio(self) -> float:
        return self.computed / self.measured


def measure(name: str, *, training: bool, **params: Any) -> Measured:
    """Compiles a model at two batch sizes. Must be called in a process that ``main`` has set up."""
    import archdsl
    from archdsl.passes.memory import memory

    architecture = archdsl.load(name, **params)
    computed = memory(architecture.graph, training=training).activations
    assert isinstance(computed, int), "a model without open dimensions"
    model = architecture.build()
    if not training:
        model = _layer_by_layer(model)
    small, large = (_temporary(model, batch, training=training) for batch in BATCHES)
    image = prod(model.input_shape[1:]) * 4
    return Measured(name, training, (large - small) / (BATCHES[1] - BATCHES[0]) + image, computed)


def _layer_by_layer(model: Any) -> Any:
    import keras
    from jax.lax import optimization_barrier

    class Barrier(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        def call(self, x: Any) -> Any:
            return optimization_barrier(x)  # type: ignore[no-untyped-call]  # nor has this part of JAX

        def compute_output_spec(self, x: Any) -> Any:
            return keras.KerasTensor(x.shape, x.dtype)

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        return Barrier()(layer(*arguments, **options))

    return keras.models.clone_model(model, call_function=call, clone_function=lambda layer: layer)


def _temporary(model: Any, batch: int, *, training: bool) -> int:
    import jax

    def run(trained: Any, others: Any, images: Any) -> Any:
        outputs, others = model.stateless_call(trained, others, images, training=training)
        return outputs.sum(), others

    trained, others = ([v.value for v in of] for of in (model.trainable_variables, model.non_trainable_variables))
    shape = (batch, *model.input_shape[1:])
    images = jax.ShapeDtypeStruct(shape, "float32")  # type: ignore[no-untyped-call]  # nor this one
    function = jax.value_and_grad(run, has_aux=True) if training else run
    compiled = jax.jit(function).lower(trained, others, images).compile()
    found = compiled.memory_analysis()
    assert found is not None, "XLA on a CPU counts its arrays"
    return int(found.temp_size_in_bytes)


def set_up(*, training: bool) -> None:
    """Before Keras is imported: its backend, and XLA without a CPU library that hides arrays from its account."""
    os.environ["KERAS_BACKEND"] = "jax"
    flags = ["--xla_cpu_experimental_ynn_fusion_type="]
    if not training:
        # One layer after the other, and the barriers kept.
        flags += [
            "--xla_cpu_enable_concurrency_optimized_scheduler=false",
            "--xla_disable_hlo_passes=cse_barrier_expander",
        ]
    os.environ["XLA_FLAGS"] = " ".join(flags)


def main(mode: str, names: list[str]) -> Iterator[str]:
    """The lines of the table, each when it is measured."""
    training = mode == "training"
    set_up(training=training)
    yield "| model | | measured | computed | ratio |"
    yield "|---|---|---:|---:|---:|"
    for name in names:
        found = measure(name, training=training)
        measured, computed = (f"{size / 1e6:.2f} MB" for size in (found.measured, found.computed))
        yield f"| `{name}` | {mode} | {measured} | {computed} | {found.ratio:.2f} |"


if __name__ == "__main__":
    for line in main(sys.argv[1], sys.argv[2:]):
        print(line, flush=True)
