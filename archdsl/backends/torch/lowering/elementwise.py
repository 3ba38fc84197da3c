"""Elementwise functions, as methods of tensors."""

from __future__ import annotations

from archdsl.backends.code.values import Literal, code
from archdsl.backends.torch.code import Lowered
from archdsl.backends.torch.registry import Site, lowers
from archdsl.ops import elementwise as ops
from archdsl.ops.base import Op


def _method(op: type[Op], name: str) -> None:
    made = Lowered(code(f"{{0}}.{name}()"))
    lowers(op)(lambda op, site: made)


_method(ops.Exp, "exp")
_method(ops.Log, "log")
_method(ops.Sqrt, "sqrt")
_method(ops.Square, "square")
_method(ops.Abs, "abs")
_method(ops.Negative, "neg")
_method(ops.Reciprocal, "reciprocal")
_method(ops.Sin, "sin")
_method(ops.Cos, "cos")


@lowers(ops.Power)
def power(op: ops.Power, site: Site) -> Lowered:
    return Lowered(code("{0}.pow({exponent})", exponent=op.exponent))


@lowers(ops.Clip)
def clip(op: ops.Clip, site: Site) -> Lowered:
    bounds: dict[str, Literal] = {name: getattr(op, name) for name in ("min", "max") if getattr(op, name) is not None}
    return Lowered(code(f"{{0}}.clamp({', '.join(f'{name}={{{name}}}' for name in bounds)})", **bounds))
