"""Certificates against keras.applications, and wrong tables of names, each of which ``verify`` finds out.

A wrong table is a right one in which two arrays of one shape have changed places, one is missing, one lies on its side,
or a graph with another epsilon. Its weights are given a certificate whose hashes fit them, so that only what the model
answers can tell: what the source answered when the right weights were converted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, cycle, islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import archdsl
from archdsl.backends.keras.files import opened
from archdsl.backends.keras.weights import variables
from archdsl.certification import certify, ours
from archdsl.certification.images import fixed
from archdsl.certification.verify import asked, compared, verify
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph, Node
from archdsl.weights import Array, Weights, expected, match, safetensors
from archdsl.weights.certificate import Certificate, digest
from archdsl.weights.published import convert
from archdsl.weights.published.pieces import Piece, find
from tests.conformance.transfer import randomise
from tests.keras.test_published_keras import published

# With images of 32, the last maps have one place: of a kernel of 3 by 3 it sees the middle, whichever way it lies.
FAMILIES = {
    "mobilenet_v2": (keras.applications.MobileNetV2, 64),
    "mobilenet_v3_small": (keras.applications.MobileNetV3Small, 64),
    "resnet50_v1": (keras.applications.ResNet50, 64),
    "efficientnet_b0": (keras.applications.EfficientNetB0, 64),
    "mobilenet_v1": (keras.applications.MobileNet, 64),
}
GROWING = {"resnet50_v1"}
"""Whose residuals are summed up without a norm after: with random statistics no bias would show at the end."""
KINDS = ("swapped", "transposed", "dropped", "epsilon", *("swapped", "transposed", "dropped") * 2, "swapped", "dropped")
"""What is wrong, in turns: another epsilon takes a model of its own."""
EACH = 5 * len(KINDS)
"""Wrong tables of each family: 300 in all. The default run tries the first ``FEW`` of one."""
FEW = 3


@dataclass
class Converted:
    graph: Graph
    certificate: Certificate
    pieces: Mapping[str, Piece]
    theirs: Mapping[str, Any]
    """The published arrays."""
    model: ours.Model

    def arrays(self, pieces: Mapping[str, Piece]) -> dict[str, Any]:
        return {key: piece.of(self.theirs[piece.name]).astype("float32") for key, piece in pieces.items()}


def converted(name: str, folder: Path) -> Converted:
    application, size = FAMILIES[name]
    keras.utils.clear_session()
    reference = application(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None)
    randomise(reference, gain=3.0)
    if name in GROWING:
        settle(reference)
    graph = archdsl.load(name, size=size, classes=10).graph
    with opened(published(reference, folder / f"{name}.h5")) as source:
        found = convert(graph, source)
        certificate = certify(graph, source, found)
        _, pieces = find(graph, {name: array.shape for name, array in source.arrays.items()})
        theirs = {name: array.read() for name, array in source.arrays.items()}
        at = asked(graph, certificate)
        assert at is not None
        model = ours.Model(graph, found.arrays, at)
        model.keras.compile(jit_compile=False)
        return Converted(graph, certificate, pieces, theirs, model)


def settle(model: keras.Model) -> None:
    """Gives norms the statistics of what they see, as training does."""
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(np.random.default_rng(1).uniform(0, 255, size=(4, *model.input_shape[1:])).astype("float32"), training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum


def mutants(of: Converted, seed: int) -> Iterator[tuple[str, Mapping[str, Piece], Graph]]:
    """Wrong tables, kinds in turns."""
    rng = random.Random(seed)
    shapes = {key: weight.shape for key, weight in expected(of.graph).items()}
    by_shape: dict[tuple[int, ...], list[str]] = {}
    for key, shape in shapes.items():
        by_shape.setdefault(shape, []).append(key)
    pairs = [pair for keys in by_shape.values() for pair in combinations(keys, 2)]
    square = [
        (key, axes)
        for key, shape in shapes.items()
        for axes in combinations(range(len(shape)), 2)
        if shape[axes[0]] == shape[axes[1]] > 1 and of.pieces[key].axes == tuple(range(len(shape)))
    ]
    normed = [node.path for node in of.graph if "eps" in type(node.op).model_fields]
    for kind in cycle(KINDS):
        pieces, graph = dict(of.pieces), of.graph
        if kind == "swapped":
            one, other = rng.choice(pairs)
            pieces[one], pieces[other] = pieces[other], pieces[one]
        elif kind == "transposed":
            key, (first, second) = rng.choice(square)
            axes = [*pieces[key].axes]
            axes[first], axes[second] = axes[second], axes[first]
            pieces[key] = replace(pieces[key], axes=tuple(axes))
        elif kind == "dropped":
            del pieces[rng.choice([*pieces])]
        else:
            graph = with_epsilon(graph, rng.choice(normed))
        yield kind, pieces, graph


def with_epsilon(graph: Graph, path: str) -> Graph:
    """The same graph, in which a norm has ten times the epsilon."""

    def changed(node: Node) -> Node:
        values = node.op.model_dump(exclude={"op"})
        return node.model_copy(update={"op": node.op.model_copy(update={"eps": 10 * values["eps"]})})

    return graph.model_copy(update={"nodes": tuple(changed(node) if node.path == path else node for node in graph)})


def held(values: Mapping[str, Any]) -> dict[str, Array]:
    return {key: Array(value.shape, "float32", partial(np.asarray, value)) for key, value in values.items()}


def is_caught(of: Converted, kind: str, pieces: Mapping[str, Piece], graph: Graph) -> bool:
    """Whether ``verify`` fails by what it does beside comparing hashes."""
    values = of.arrays(pieces)
    if kind == "dropped":
        return not match(graph, Weights("mutant", held(values)))
    inputs = fixed(graph, of.certificate.preprocessing)
    assert inputs is not None
    if kind == "epsilon":
        at = asked(graph, of.certificate)
        assert at is not None
        answered = compared(of.certificate, ours.Model(graph, held(values), at).answers(inputs)).state == "failed"
        # Beside a large variance no answer shows it, and the graph's hash, which says what the model is, does.
        return answered or fingerprint(graph) != of.certificate.graph
    right = of.arrays(of.pieces)
    wrong = [key for key in values if not np.array_equal(values[key], right[key])]
    assert wrong, "a mutation that changes nothing is none"
    assign(of, {key: values[key] for key in wrong})
    (image,) = inputs.values()
    check = compared(of.certificate, of.model.named(of.model.keras.predict_on_batch(image)))
    assign(of, {key: right[key] for key in wrong})
    return check.state == "failed"


def assign(of: Converted, values: Mapping[str, Any]) -> None:
    known = variables(of.graph, of.model.keras)
    for key, value in values.items():
        known[key].assign(value.reshape(known[key].shape))
    for layer in of.model.keras.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies of its weights


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.full) for name in FAMILIES])
def test_every_wrong_table_is_found_out(name: str, tmp_path: Path) -> None:
    tried(converted(name, tmp_path), EACH, seed=len(name))


def tried(of: Converted, count: int, seed: int) -> None:
    caught: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for kind, pieces, graph in islice(mutants(of, seed), count):
        caught[kind].append(is_caught(of, kind, pieces, graph))
    print(of.graph.name, {kind: f"{sum(found)} of {len(found)}" for kind, found in caught.items()})
    assert sum(map(len, caught.values())) == count
    assert all(all(found) for found in caught.values()), caught


def test_a_certificate_holds(tmp_path: Path) -> None:
    """The whole of verify, for what is right and for files, graphs and certificates that were tampered with."""
    of = converted("mobilenet_v1", tmp_path)
    assert of.certificate.compared_with == f"keras {keras.__version__}: MobileNet"
    assert of.certificate.error is not None
    assert of.certificate.error < 1e-5
    assert len(of.certificate.answers) > 5
    file, right = tmp_path / "ours.safetensors", of.arrays(of.pieces)

    def states(arrays: Mapping[str, Any], graph: Graph = of.graph) -> dict[str, str]:
        safetensors.write(file, arrays, {"schema": safetensors.SCHEMA, "version": safetensors.VERSION})
        now = of.certificate.converted.model_copy(update={"sha256": digest(file)})
        certificate = of.certificate.model_copy(update={"converted": now})
        with opened(file) as weights, opened(tmp_path / "mobilenet_v1.h5") as source:
            return {check.name: check.state for check in verify(graph, certificate, weights, source)}

    passed = dict.fromkeys(("file", "graph", "arrays", "source", "names", "answers", "reference"), "passed")
    assert states(right) == passed
    wrong = dict(right)
    one, other = (f"stages.3.blocks.{i}.pointwise.conv/kernel" for i in (1, 2))
    wrong[one], wrong[other] = wrong[other], wrong[one]
    failed = dict.fromkeys(("names", "answers", "reference"), "failed")
    assert states(wrong) == passed | failed
    tried(of, FEW, seed=1)
