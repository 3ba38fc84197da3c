"""The dense layer, over the last axis."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, make
from archdsl.backends.torch.code import Lowered, entry, ordered
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.ops.linear import Dense


@lowers(Dense, orders=Orders(takes=LAST, gives=LAST))
def dense(op: Dense, site: Site) -> Lowered:
    sizes = (("in_features", site.channels), ("out_features", op.units))
    made = make("nn.Linear", *sizes) if op.bias else make("nn.Linear", *sizes, bias=False)
    bias = (entry("bias", "bias"),) if op.bias else ()
    return Lowered(CALL, made, (entry("weight", "kernel", ordered(1, 0)), *bias))
