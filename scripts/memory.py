"""Activation memory as computed, beside what frameworks need: ``python -m scripts.memory WAY NAME…``.

The growth from one batch to another is what an example takes, free of what is needed once. docs/measures.md has the
lines that this prints. The ways:

- ``pytorch-inference`` and ``pytorch-training`` run the graph eagerly with PyTorch's functions (scripts/eager.py) and
  count the storages that are alive after each call: the greatest growth of all moments. Needs ``pip install torch``.
- ``tensorflow-training`` counts the tensors of Keras's model that TensorFlow's gradients read.
- ``xla-inference`` compiles Keras's model under JAX, and asks XLA what it sets aside for temporary arrays; the input is
  added, since the caller holds it. A barrier stands after each layer, since across layers XLA's CPU compiler recomputes
  sums in place of keeping them. So each layer reads its inputs and writes its output, as the definition has it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


class Measured(NamedTuple):
    """Bytes for one example."""

    model: str
    way: str
    measured: float
    computed: float

    @property
    def ratio(self) -> float:
        return self.computed / self.measured


def measure(way: str, name: str, **params: Any) -> Measured:
    """Must be called in a process that ``set_up`` has prepared for the way."""
    import archdsl
    from archdsl.passes.memory import memory

    architecture = archdsl.load(name, **params)
    computed = memory(architecture.graph, training=way.endswith("training")).activations
    assert isinstance(computed, int), "a model without open dimensions"
    return Measured(name, way, WAYS[way](architecture), computed)


def _pytorch_inference(architecture: Architecture) -> float:
    return _pytorch(architecture, training=False)


def _pytorch_training(architecture: Architecture) -> float:
    return _pytorch(architecture, training=True)


def _pytorch(architecture: Architecture, *, training: bool) -> float:
    from scripts.eager import moments

    two, three = (moments(architecture.graph, batch, training=training) for batch in (2, 3))
    return max(more - less for less, more in zip(two, three, strict=True))


def _tensorflow_training(architecture: Architecture) -> float:
    """The values that the forward pass makes for each example, and that the gradients are computed from."""
    import tensorflow as tf

    model, batch = architecture.build(), 2
    kept: dict[Any, float] = {}

    def step(images: Any) -> Any:
        graph = tf.compat.v1.get_default_graph()
        with tf.GradientTape() as tape:
            outputs = model(images, training=True)
        forward = set(graph.get_operations())
        gradients = tape.gradient(outputs, model.trainable_variables)
        read = (value for op in graph.get_operations() if op not in forward for value in op.inputs)
        for value in read:
            if value.op in forward and value.shape.rank and value.shape[0] == batch:
                kept[value.ref()] = value.shape.num_elements() * value.dtype.size / batch
        return gradients

    tf.function(step, autograph=False).get_concrete_function(tf.TensorSpec((batch, *model.input_shape[1:])))
    return sum(kept.values())


def _xla_inference(architecture: Architecture) -> float:
    model = _layer_by_layer(architecture.build())
    small, large = (_temporary(model, batch) for batch in (64, 128))
    image: int = prod(model.input_shape[1:]) * 4
    return (large - small) / 64 + image


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


def _temporary(model: Any, batch: int) -> int:
    import jax

    def run(trained: Any, others: Any, images: Any) -> Any:
        return model.stateless_call(trained, others, images, training=False)[0]

    trained, others = ([v.value for v in of] for of in (model.trainable_variables, model.non_trainable_variables))
    images = jax.ShapeDtypeStruct((batch, *model.input_shape[1:]), "float32")  # type: ignore[no-untyped-call]
    found = jax.jit(run).lower(trained, others, images).compile().memory_analysis()
    assert found is not None, "XLA on a CPU counts its arrays"
    return int(found.temp_size_in_bytes)


WAYS: Final[Mapping[str, Callable[[Architecture], float]]] = {
    "pytorch-inference": _pytorch_inference,
    "pytorch-training": _pytorch_training,
    "tensorflow-training": _tensorflow_training,
    "xla-inference": _xla_inference,
}


def set_up(way: str) -> None:
    """Before Keras is imported: its backend, and XLA's switches."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if way == "xla-inference":
        os.environ["KERAS_BACKEND"] = "jax"
        flags = (
            "--xla_cpu_experimental_ynn_fusion_type=",  # a CPU library that hides arrays from the account
            # One layer after the other, and the barriers kept.
            "--xla_cpu_enable_concurrency_optimized_scheduler=false",
            "--xla_disable_hlo_passes=cse_barrier_expander",
        )
        os.environ["XLA_FLAGS"] = " ".join(flags)


def main(way: str, names: list[str]) -> Iterator[str]:
    """The lines of the table, each when it is measured."""
    set_up(way)
    yield "| model | way | measured | computed | ratio |"
    yield "|---|---|---:|---:|---:|"
    for name in names:
        found = measure(way, name)
        measured, computed = (f"{size / 1e6:.2f} MB" for size in (found.measured, found.computed))
        yield f"| `{name}` | {way} | {measured} | {computed} | {found.ratio:.2f} |"


if __name__ == "__main__":
    for line in main(sys.argv[1], sys.argv[2:]):
        print(line, flush=True)
