"""``save``: a Keras model as a file of LiteRT, formerly TensorFlow Lite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import keras
import tensorflow as tf
from tensorflow.lite.python.convert_phase import ConverterError

from archdsl.atomic import replacing
from archdsl.backends.keras.registry import layer_name
from archdsl.backends.keras.savedmodel import export, need_tensorflow
from archdsl.diagnostics import ArchError
from archdsl.diagnostics.catalogue.forms import FormTooLarge, NoKernel
from archdsl.graph.model import Graph, Node
from archdsl.passes.memory import DTYPES
from archdsl.source import SourceFile, Span
from archdsl.summary.figures import in_bytes
from archdsl.weights import expected

MOST: Final = 2**31 - 1
"""Bytes of a flatbuffer, whose offsets are signed numbers of 32 bits."""


def save(graph: Graph, model: keras.Model, file: Path, sources: Mapping[str, str]) -> None:
    """Writes the file of a model, whole or not at all. The batch size is 1.

    ``sources`` are the texts that the graph was written in, by the names of files that its origins have.

    Raises:
        ArchError: LiteRT has no kernels for some nodes, or the weights are more than a file holds.
        NotTensorFlow: Keras runs on another framework.
        OSError: the file cannot be written.
    """
    need_tensorflow()
    if too_large := _too_large(graph, sources):
        raise ArchError([too_large])
    try:
        found = converted(graph, model)
    except ConverterError as error:
        missing = [*_missing(graph, error.errors, sources)]
        if not missing:
            raise
        raise ArchError(missing) from error
    with replacing(file) as written:
        written.write_bytes(found)


def converted(graph: Graph, model: keras.Model, batch: int = 1) -> bytes:
    """The bytes of the file, for one size of batch. Raises ``ConverterError``."""
    with TemporaryDirectory() as folder:
        export(graph, model, Path(folder), batch=batch)
        found: bytes = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    return found


def _too_large(graph: Graph, sources: Mapping[str, str]) -> FormTooLarge | None:
    """The diagnostic for weights larger than a file can hold, at the node with the most weights."""
    sizes: Counter[str] = Counter()
    for key, weight in expected(graph).items():
        sizes[key.rpartition("/")[0]] += prod(weight.shape) * DTYPES["float32"].weight
    if sizes.total() <= MOST:
        return None
    ((path, largest),) = sizes.most_common(1)
    total, most = in_bytes(sizes.total()), in_bytes(MOST)
    span = _span(graph[path], sources)
    return FormTooLarge(span=span, form="LiteRT", most=most, size=total, largest=in_bytes(largest))


def _span(node: Node, sources: Mapping[str, str]) -> Span:
    text = SourceFile(node.origin.file, sources.get(node.origin.file, ""))
    return Span(text, node.origin.start, node.origin.end)


def _missing(graph: Graph, errors: Iterable[Any], sources: Mapping[str, str]) -> Iterator[NoKernel]:
    """The ops without a kernel, by node, as far as the converter names the layer of an operation."""
    nodes = {layer_name(node.path): node for node in graph}
    found: dict[str, dict[str, None]] = {}
    for error in errors:
        scopes = [part for call in error.location.call for part in call.name.split("/")]
        node = next((node for scope in scopes if (node := _owner(scope, nodes)) is not None), None)
        if node is not None:
            found.setdefault(node.path, {})[error.operator.name] = None
    for path, operations in found.items():
        node = graph[path]
        yield NoKernel(span=_span(node, sources), form="LiteRT", op=node.op.name, operations=", ".join(operations))


def _owner(scope: str, nodes: Mapping[str, Node]) -> Node | None:
    """The node whose layer opened a name scope: its path, a helper's suffix, and a number if the name was taken."""
    path = scope.rpartition("_")[0] if scope.rpartition("_")[2].isdigit() else scope
    while path and path not in nodes:
        path = path.rpartition(".")[0]
    return nodes.get(path)
