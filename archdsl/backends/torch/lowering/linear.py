"""The dense layer, over the last axis."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, code, make
from archdsl.backends.torch.code import Lowered, entry, ordered
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.ops.linear import Dense


@lowers(Dense, orders=Orders(takes=LAST, gives=LAST))
def dense(op: Dense, site: Site) -> Lowered:
    kernel = site.stored.get("kernel")
    if kernel is not None and len(kernel.axes) == 4:
        return _point(op, site)
    sizes = (("in_features", site.channels), ("out_features", op.units))
    made = make("nn.Linear", *sizes) if op.bias else make("nn.Linear", *sizes, bias=False)
    bias = (entry("bias", "bias"),) if op.bias else ()
    return Lowered(CALL, made, (entry("weight", "kernel", ordered(1, 0)), *bias))


def _point(op: Dense, site: Site) -> Lowered:
    """The layer as a convolution of a 1x1 map."""
    sizes = (("in_channels", site.channels), ("out_channels", op.units), ("kernel_size", 1))
    made = make("nn.Conv2d", *sizes) if op.bias else make("nn.Conv2d", *sizes, bias=False)
    weight = entry("weight", "kernel", lambda arrays: arrays[0].T[..., None, None])
    bias = (entry("bias", "bias"),) if op.bias else ()
    return Lowered(code("{self}({0}[..., None, None]).flatten(1)"), made, (weight, *bias))
