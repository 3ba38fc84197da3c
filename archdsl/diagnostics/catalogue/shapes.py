"""Codes of the shape rules: a tensor does not fit the op it flows into."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic


class ShapeMismatch(Diagnostic):
    """The tensors that an op joins have different shapes.

    `add`, `mul` and the other element-wise joins need equal shapes: broadcasting hides mistakes, so it happens only
    where `broadcast=true` says so, and only over dimensions of size 1. `concat` needs equal shapes but for its axis.

        add {
          main: conv(64, k=3, stride=2)
          skip: id                          # wrong: still at full size
        }

    Give the skip the same stride: `skip: conv(64, k=1, stride=2)`.
    """

    message = "branches of `{op}` have different shapes"
    label = "{need}"
    op: str
    need: str = "needs equal shapes"


class WrongRank(Diagnostic):
    """A tensor has too many or too few dimensions for what it flows into.

    Spatial ops take `[l, c]`, `[h, w, c]` or `[d, h, w, c]`; after `flatten` or `global_avg_pool` there is no map left
    to convolve. A block with a signature takes tensors of the rank that its signature has.
    """

    message = "`{op}` needs a tensor {wanted}, not {shape}"
    op: str
    wanted: str
    shape: str


class WrongCount(Diagnostic):
    """A list argument has another length than the tensor has spatial dimensions: `k=[3, 3]` on a sequence `[l, c]`."""

    message = "`{name}` of `{op}` has {given} numbers for {wanted} spatial dimensions"
    op: str
    name: str
    given: int
    wanted: int


class WrongArity(Diagnostic):
    """An op got another number of tensors than it joins: `subtract` takes two, `add` at least two, `conv` one."""

    message = "`{op}` takes {wanted}, not {given}"
    op: str
    wanted: str
    given: str


class EmptyDimension(Diagnostic):
    """A dimension of the output would be 0 or less: the map is smaller than the kernel, or was pooled too often."""

    message = "output of `{op}` would be {shape}"
    label = "the input is {input}"
    op: str
    shape: str
    input: str


class UnknownDimension(Diagnostic):
    """An op needs a number where the dimension is known only when the model runs (`?`).

    Weights have fixed shapes: `dense` needs the features, `flatten -> dense` the whole map, `position_embedding` the
    tokens. Give the model's input a size, or pool before: `global_avg_pool` makes `[c]` of `[?, ?, c]`.
    """

    message = "`{op}` needs {what} as a number, and `{dimension}` is known only when the model runs"
    op: str
    what: str
    dimension: str


class IndivisibleChannels(Diagnostic):
    """A number that must divide the channels does not: groups of a convolution or norm, heads of an attention.

        conv(64, k=3, groups=3)     # wrong: 64 is no multiple of 3
        attention(5)                # wrong on [49, 96]
    """

    message = "{what} of `{op}`, {divisor}, does not divide {whole}, {size}"
    op: str
    what: str
    divisor: int
    whole: str
    size: str


class IndivisibleMap(Diagnostic):
    """A window or block size does not divide the map: `window_partition(7)` needs `h` and `w` to be multiples of 7.

    Pad or crop the map first, or choose another size.
    """

    message = "{what} of `{op}`, {divisor}, does not divide the map {shape}"
    op: str
    what: str
    divisor: int
    shape: str


class SizeMismatch(Diagnostic):
    """A reshaping op would change the number of elements, or a matmul's inner dimensions differ."""

    message = "`{op}` cannot make {wanted} of {shape}"
    label = "{reason}"
    op: str
    wanted: str
    shape: str
    reason: str = ""


class AxisOutOfRange(Diagnostic):
    """An axis, index or range lies outside the tensor: `slice(0, 10, axis=1)` on `[5, 64]`."""

    message = "{what} {value} of `{op}` is outside {shape}"
    op: str
    what: str
    value: str
    shape: str
