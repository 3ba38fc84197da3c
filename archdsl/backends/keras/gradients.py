"""Measures gradients at initialisation: their norms at each layer of the real model for one batch of noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from archdsl.backends.keras.build import build
from archdsl.backends.keras.registry import layer_name
from archdsl.graph.model import Graph, Node
from archdsl.passes.bypass import bypass
from archdsl.passes.skips import skips, without_skips
from archdsl.passes.tokens import tokens
from archdsl.study.gradient_flow import Flow, GradientFlow, Layer, places


class NotMeasurable(ValueError):
    """The gradients of a model cannot be measured here; says why."""


def gradient_flow(graph: Graph, *, compare: bool = False, batch: int = 8, seed: int = 0) -> GradientFlow:
    """The norms of the gradients of a loss at every layer, for a batch of normal noise and random classes.

    With ``compare``, those of the model without its skip connections too, which has the same weights. The loss is
    cross-entropy where an output is a vector, as logits or after a softmax, and the mean square of it otherwise: of a
    map, or of one number, in which there are no classes to tell apart. Batch norm uses the statistics of the batch, as
    in training; what drops values at random is left out, since it would drop whole images of a model without skips.

    Raises:
        NotMeasurable: Keras does not run on TensorFlow, a size is left open, or there is nothing to train.
        NoSkips: the model has no skip connections to leave out.
    """
    if keras.backend.backend() != "tensorflow":
        raise NotMeasurable("gradients at layers are measured on TensorFlow: set KERAS_BACKEND=tensorflow")
    if not all(isinstance(dim, int) for port in graph.inputs for dim in port.shape):
        raise NotMeasurable(f"the size of the input of {graph.name} is left open: write numbers into its signature")
    quiet = bypass(graph, {node.path: node.inputs[0] for node in graph if node.op.family == "regularisation"})
    if not any(places(quiet)):
        raise NotMeasurable(f"{graph.name} has no layers with weights")
    removed = tuple(skips(quiet)) if compare else ()
    plain = without_skips(quiet) if compare else None
    keras.utils.set_random_seed(seed)
    model = build(quiet)
    residual = _flow(quiet, model, batch, seed)
    if plain is None:
        return GradientFlow(graph.name, batch, seed, residual)
    other = build(plain)
    for layer in other.layers:
        layer.set_weights(model.get_layer(layer.name).get_weights())
    return GradientFlow(graph.name, batch, seed, residual, _flow(plain, other, batch, seed), removed)


def _flow(graph: Graph, model: keras.Model, batch: int, seed: int) -> Flow:
    import tensorflow as tf

    found = list(places(graph))
    layers = [model.get_layer(layer_name(node.path)) for node, _, _ in found]
    shared = {node.layer for node in graph if node.layer != node.path}
    single = [layer for layer, (node, _, _) in zip(layers, found, strict=True) if node.path not in shared]
    ends = [graph.by_path.get(port.node) for port in graph.outputs]
    probe = keras.Model(model.inputs, [*keras.tree.flatten(model.outputs), *(layer.output for layer in single)])
    seeds = keras.random.SeedGenerator(seed)
    whole = tokens(graph)
    images = [
        keras.random.randint((batch, *port.shape), 0, whole[port.name], seed=seeds)
        if port.name in whole
        else keras.random.normal((batch, *port.shape), seed=seeds)
        for port in graph.inputs
    ]
    with tf.GradientTape() as tape:
        outputs = probe(images, training=True)
        results, signals = outputs[: len(ends)], outputs[len(ends) :]
        loss = sum(_loss(result, end, seeds) for result, end in zip(results, ends, strict=True))
    weights = [layer.trainable_weights for layer in layers]
    gradients = tape.gradient(loss, [signals, [[weight.value for weight in owned] for owned in weights]])
    norms = dict(zip((layer.name for layer in single), map(_norm, ([g] for g in gradients[0])), strict=True))
    return Flow(
        tuple(
            Layer(node.path, stage, depth, norms.get(layer.name), _norm(owned))
            for (node, stage, depth), layer, owned in zip(found, layers, gradients[1], strict=True)
        )
    )


def _loss(output: Any, end: Node | None, seeds: keras.random.SeedGenerator) -> Any:
    if len(output.shape) != 2 or output.shape[1] == 1:
        return keras.ops.mean(keras.ops.square(output))
    classes = keras.random.randint((output.shape[0],), 0, output.shape[1], seed=seeds)
    logits = end is None or end.op.name != "softmax"
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(classes, output, from_logits=logits))


def _norm(gradients: Sequence[Any]) -> float:
    """The norm of all of them together; a missing gradient, of which the loss is independent, is zero."""
    parts = [keras.ops.sum(keras.ops.square(gradient)) for gradient in gradients if gradient is not None]
    return float(keras.ops.sqrt(sum(parts))) if parts else 0.0
