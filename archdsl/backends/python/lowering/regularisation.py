"""Dropouts. Stochastic depth is dropout with one decision per example."""

from __future__ import annotations

from archdsl.backends.code.values import Name
from archdsl.backends.python.registry import Lowered, Site, called, lowers
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout


@lowers(Dropout)
def dropout(op: Dropout, site: Site) -> Lowered:
    return called("Dropout", ("rate", op.rate))


@lowers(SpatialDropout)
def spatial_dropout(op: SpatialDropout, site: Site) -> Lowered:
    return called(f"SpatialDropout{site.rank}D", ("rate", op.rate))


@lowers(DropPath)
def drop_path(op: DropPath, site: Site) -> Lowered:
    """Rates, often a linear schedule over all blocks, with four digits."""
    shape = Name(f"(None, {', '.join('1' for _ in site.inputs[0])})")
    return called("Dropout", ("rate", float(f"{op.rate:.4g}")), noise_shape=shape)
