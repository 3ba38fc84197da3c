"""Constraints on a block's parameters from the sizes in its signature, for known shapes of the model."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archdsl.graph.dims import Shape
from archdsl.intake.library.solution import Frame, Solution, Wanted
from archdsl.syntax import ast


def named_sizes(shape: ast.ShapeOf, sizes: Shape, taken: Collection[str]) -> dict[str, Any]:
    """The sizes that a shape gives names to, but for names that parameters have."""
    return {
        dim.id: size
        for dim, size in _aligned(shape, sizes) or ()
        if isinstance(dim, ast.Name) and dim.id != "_" and dim.id not in taken
    }


def with_sizes(shape: ast.ShapeOf, sizes: Shape, frame: Frame, solution: Solution) -> Solution | None:
    """The solution with a shape of a signature equal to that of the model; ``None`` if it contradicts."""
    aligned = _aligned(shape, sizes)
    found: Solution | None = solution if aligned is not None else None
    for dim, size in aligned or ():
        if isinstance(dim, ast.Expr) and not (isinstance(dim, ast.Name) and dim.id == "_") and found is not None:
            found = found.equal(dim, frame, Wanted(size))
    return found


def _aligned(shape: ast.ShapeOf, sizes: Shape) -> list[tuple[Any, Any]] | None:
    """Dimensions of a signature and sizes; ``None`` where there are too many or too few."""
    dims = [*shape.dims]
    rest = next((place for place, dim in enumerate(dims) if isinstance(dim, ast.Rest)), None)
    if rest is not None:
        if len(sizes) < len(dims) - 1:
            return None
        return [
            *zip(dims[:rest], sizes, strict=False),
            *zip(dims[rest + 1 :], sizes[len(sizes) - len(dims) + rest + 1 :], strict=True),
        ]
    return [*zip(dims, sizes, strict=True)] if len(dims) == len(sizes) else None
