"""Dropouts, as modules, which are the identity at inference."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, make
from archdsl.backends.torch.code import Lowered, helped
from archdsl.backends.torch.registry import FIRST, Orders, Site, lowers
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout


@lowers(Dropout)
def dropout(op: Dropout, site: Site) -> Lowered:
    return Lowered(CALL, make("nn.Dropout", ("p", op.rate)))


@lowers(SpatialDropout, orders=Orders(takes=FIRST, gives=FIRST))
def spatial_dropout(op: SpatialDropout, site: Site) -> Lowered:
    return Lowered(CALL, make(f"nn.Dropout{site.rank}d", ("p", op.rate)))


@lowers(DropPath)
def drop_path(op: DropPath, site: Site) -> Lowered:
    return Lowered(CALL, make("DropPath", ("rate", float(f"{op.rate:.4g}"))), helpers=helped("DropPath"))
