"""Shapes of the tensors in an ONNX file: those that are stated, and those from ONNX's shape inference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, Final

from archdsl.intake.errors import Problem, Unreadable

_FEW: Final = 1024
"""Numbers of an array up to which it may be a shape that another operator takes."""


def shapes(model: Any, batch: int, file: str) -> dict[str, tuple[int, ...]]:
    """Shapes with the batch, of which there are ``batch``, where all other sizes are known.

    Raises:
        Unreadable: ONNX finds that the shapes of the file contradict each other.
    """
    import onnx

    bare = _bare(model)
    for value in bare.graph.input:
        dims = value.type.tensor_type.shape.dim
        if dims and not dims[0].dim_value:
            dims[0].dim_value = batch
    try:
        found = onnx.shape_inference.infer_shapes(bare, data_prop=True).graph
    except onnx.shape_inference.InferenceError as error:
        raise Unreadable(file, [Problem("", f"its shapes contradict each other: {error}")]) from None
    return dict(_known([*found.value_info, *found.output], batch))


def _bare(model: Any) -> Any:
    """The model without the numbers of large arrays, on which no shape depends."""
    import onnx

    bare = onnx.ModelProto()
    bare.ir_version = model.ir_version
    bare.opset_import.extend(model.opset_import)
    bare.functions.extend(model.functions)
    graph = bare.graph
    graph.name = model.graph.name or "graph"
    for name in ("node", "input", "output", "value_info"):
        getattr(graph, name).extend(getattr(model.graph, name))
    for tensor in model.graph.initializer:
        if prod(tensor.dims) <= _FEW and not tensor.external_data:
            graph.initializer.append(tensor)
        else:
            graph.initializer.add(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    return bare


def _known(values: Iterable[Any], batch: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for value in values:
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
            continue
        sizes = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in kind.shape.dim]
        if sizes and all(n > 0 for n in sizes[1:]):
            yield value.name, (sizes[0] or batch, *sizes[1:])
