"""Joins, as operators where Python has them."""

from __future__ import annotations

from archdsl.backends.code.values import code
from archdsl.backends.torch.code import Lowered
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.ops import joining as ops
from archdsl.ops.base import Op


def _operator(op: type[Op], sign: str) -> None:
    def lowered(op: Op, site: Site) -> Lowered:
        return Lowered(code(f" {sign} ".join(f"{{{i}}}" for i in range(len(site.inputs)))))

    lowers(op, stretches=True)(lowered)


_operator(ops.Add, "+")
_operator(ops.Subtract, "-")
_operator(ops.Divide, "/")
_operator(ops.Mul, "*")


def _folded(op: type[Op], function: str) -> None:
    def lowered(op: Op, site: Site) -> Lowered:
        text = "{0}"
        for i in range(1, len(site.inputs)):
            text = f"{function}({text}, {{{i}}})"
        return Lowered(code(text))

    lowers(op, stretches=True)(lowered)


_folded(ops.Maximum, "torch.maximum")
_folded(ops.Minimum, "torch.minimum")


@lowers(ops.Average, stretches=True)
def average(op: ops.Average, site: Site) -> Lowered:
    total = " + ".join(f"{{{i}}}" for i in range(len(site.inputs)))
    return Lowered(code(f"({total}) / {{count}}", count=len(site.inputs)))


@lowers(ops.Concat)
def concat(op: ops.Concat, site: Site) -> Lowered:
    parts = ", ".join(f"{{{i}}}" for i in range(len(site.inputs)))
    return Lowered(code(f"torch.cat(({parts}), dim={{dim}})", dim=site.dim(op.axis)))


@lowers(ops.Matmul, orders=Orders(takes=LAST, gives=LAST), stretches=True)
def matmul(op: ops.Matmul, site: Site) -> Lowered:
    return Lowered(code("{0} @ {1}.transpose(-2, -1)" if op.transpose_b else "{0} @ {1}"))
