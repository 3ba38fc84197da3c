"""Input batches for models, deterministic across processes."""

from __future__ import annotations

from typing import Any

import numpy as np

from archdsl.graph.dims import Sym
from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens


def examples(graph: Graph, batch: int, seed: int = 0) -> list[np.ndarray[Any, Any]]:
    """A batch for each input: normal noise, or row indices for integer inputs.

    Raises:
        ValueError: a size is left open.
    """
    whole = tokens(graph)
    generator = np.random.default_rng(seed)
    found: list[np.ndarray[Any, Any]] = []
    for port in graph.inputs:
        sizes = [dim for dim in port.shape if not isinstance(dim, Sym)]
        if len(sizes) < len(port.shape):
            raise ValueError(
                f"{graph.name}: the size of `{port.name}` is left open, and how long it takes depends on it"
            )
        shape = (batch, *sizes)
        if port.name in whole:
            found.append(generator.integers(0, whole[port.name], shape, "int32"))  # type: ignore[arg-type]  # tables have no open sizes
        else:
            found.append(generator.standard_normal(shape, np.float32))
    return found
