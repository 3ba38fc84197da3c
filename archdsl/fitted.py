"""Files of weights, matched with a graph by name."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archdsl.graph.model import Graph

if TYPE_CHECKING:
    from archdsl.weights import Array, Match, Weights


@contextmanager
def matched(graph: Graph, file: str | os.PathLike[str]) -> Iterator[tuple[Weights, Match]]:
    """An open file of weights under the names of the graph, and how it fits. Loads no Keras.

    A published checkpoint, none of whose names are the graph's, is translated by its table. It may also be named, as
    ``imagenet`` or ``timm``, and is fetched then.

    Raises:
        WeightsError: the file is broken, or does not say the names of its arrays.
        OSError: the file cannot be read.
    """
    from archdsl.backends.keras.files import opened
    from archdsl.backends.keras.held import as_graph_has_them
    from archdsl.weights import WeightsError, match
    from archdsl.weights.published.fetch import local

    with opened(local(graph, file)) as source:
        arrays = as_graph_has_them(graph, source)
        found = match(graph, arrays)
        if not found.kept and source.may_be_published:
            from archdsl.weights.published import under_our_names

            try:
                arrays = under_our_names(graph, source)
                found = match(graph, arrays)
            except WeightsError:
                if source.layers is None:  # otherwise it may be any model of Keras, whose layers can be taken by order
                    raise
        yield arrays, found


@contextmanager
def fitted(
    graph: Graph, file: str | os.PathLike[str] | None, *, partial: bool = False
) -> Iterator[Mapping[str, Array]]:
    """The arrays of a file that fit the graph, by key, readable within the block; none without a file.

    With ``partial`` not all need fit: a ``PartialWeights`` warning after the block lists what does not.

    Raises:
        WeightsError: the file is broken, does not say the names of its arrays, or has not those of the graph.
        ValueError: ``partial`` without a file.
        OSError: the file cannot be read.
    """
    if file is None:
        if partial:
            raise ValueError("partial is about a file of weights, and none is given")
        yield {}
        return
    from archdsl.weights import PartialWeights, fitting, report

    with matched(graph, file) as (arrays, found):
        yield fitting(graph, found, arrays, partial=partial)
    if not found:
        warnings.warn(report(found, partial=True), PartialWeights, stacklevel=4)
