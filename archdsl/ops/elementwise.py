"""Elementwise functions, for formulas beyond the activations and joins."""

from typing import Annotated

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape
from archdsl.ops.base import INPUT, OUTPUT, Misfit, Op, Wanted
from archdsl.ops.call import number

Number = Annotated[float, Field(ge=-1e30, le=1e30), Wanted("a number")]


class _Elementwise(Op):
    """Base of functions of one element: the shape stays."""

    family = "elementwise"
    elementwise = True


class Exp(_Elementwise):
    """``e ** x``; in float32 infinite above 88, in float16 above 11."""

    name = "exp"
    aliases = ("Exp", "exponential")
    nonnegative = True
    keeps_sign = True
    backprop_reads = OUTPUT
    example = "[49, 64] -> [49, 64]: exp"


class Log(_Elementwise):
    """The natural logarithm of positive numbers; ``-inf`` at 0 and NaN below.

    Where zeros flow in, after ``relu`` or ``softmax``, ``rescale(1.0, 1e-6) -> log`` keeps it finite.
    """

    name = "log"
    aliases = ("Log", "logarithm")
    backprop_reads = INPUT
    example = "[1000] -> [1000]: log"


class Sqrt(_Elementwise):
    """The square root of numbers of 0 or more; NaN below, and its gradient is infinite at 0."""

    name = "sqrt"
    aliases = ("Sqrt", "square_root")
    nonnegative = True
    keeps_sign = True
    backprop_reads = OUTPUT
    example = "[7, 7, 64] -> [7, 7, 64]: sqrt"


class Square(_Elementwise):
    """``x * x``. After ``relu`` it is Primer's activation (So et al. 2021, arXiv:2109.08668)."""

    name = "square"
    aliases = ("Square", "squared", "sqr")
    nonnegative = True
    keeps_sign = True
    backprop_reads = INPUT
    example = "[197, 768] -> [197, 768]: square"


class Power(_Elementwise):
    """``x ** exponent``; NaN for negative numbers unless the exponent is whole, infinite at 0 if it is negative.

    Generalised-mean pooling (Radenović et al. 2017, arXiv:1711.02512) is
    ``clip(min=1e-6) -> power(3) -> global_avg_pool -> power(1 / 3.0)``.
    """

    name = "power"
    aliases = ("Power", "pow", "Pow")
    positional = ("exponent",)
    keeps_sign = True
    backprop_reads = INPUT
    example = "[7, 7, 512] -> [7, 7, 512]: power(3)"

    exponent: Annotated[float, Field(ge=-1000, le=1000), Wanted("a number between -1000 and 1000")] = Field(
        description="what each element is raised to"
    )


class Abs(_Elementwise):
    """The absolute value: ``x`` where it is positive, ``-x`` elsewhere; its gradient at 0 is 0."""

    name = "abs"
    aliases = ("Abs", "absolute", "fabs")
    nonnegative = True
    keeps_sign = True
    backprop_reads = INPUT
    example = "[7, 7, 64] -> [7, 7, 64]: abs"


class Negative(_Elementwise):
    """``-x``. CReLU is ``concat { relu, { negative -> relu } }`` (Shang et al. 2016, arXiv:1603.05201)."""

    name = "negative"
    aliases = ("Negative", "neg", "negate", "Neg")
    example = "[56, 56, 64] -> [56, 56, 64]: negative"


class Reciprocal(_Elementwise):
    """``1 / x``; infinite at 0."""

    name = "reciprocal"
    aliases = ("Reciprocal", "inverse", "inv")
    keeps_sign = True
    backprop_reads = OUTPUT
    example = "[64] -> [64]: reciprocal"


class Sin(_Elementwise):
    """The sine of an angle in radians: Fourier positions (Tancik et al. 2020, arXiv:2006.10739), SIREN."""

    name = "sin"
    aliases = ("Sin", "sine")
    backprop_reads = INPUT
    example = "[196, 64] -> [196, 64]: sin"


class Cos(_Elementwise):
    """The cosine of an angle in radians: Fourier positions (Tancik et al. 2020, arXiv:2006.10739)."""

    name = "cos"
    aliases = ("Cos", "cosine")
    backprop_reads = INPUT
    example = "[196, 64] -> [196, 64]: cos"


class Clip(_Elementwise):
    """``min(max(x, min), max)``; either bound may be left out. ``relu6`` is ``clip(0, 6)``.

    The gradient is that of the input between the bounds, and 0 outside of them.
    """

    name = "clip"
    aliases = ("Clip", "clamp", "clip_by_value", "hardtanh")
    positional = ("min", "max")
    backprop_reads = INPUT
    example = "[28, 28, 32] -> [28, 28, 32]: clip(-1, 1)"

    min: Number | None = Field(None, description="the least that comes out; any number when not given")
    max: Number | None = Field(None, description="the most that comes out; any number when not given")

    def shape(self, *inputs: Shape) -> Shape:
        if self.min is None and self.max is None:
            raise Misfit(
                codes.BadBounds, reason="has neither `min` nor `max`", help=("as in `clip(0, 6)` or `clip(min=0)`",)
            )
        if self.min is not None and self.max is not None and not self.min < self.max:
            reason = f"has `max={number(self.max)}`, which is not above `min={number(self.min)}`"
            raise Misfit(codes.BadBounds, argument="max", reason=reason, help=("`min` comes first",))
        return inputs[0]
