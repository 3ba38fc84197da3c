"""Codes of the shape rules: a tensor does not fit the op that takes it."""

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

    message = "`{name}` of `{op}` has length {given}, not {wanted}, the number of spatial dimensions"
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

    Every group or head takes an equal share of the channels:

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


class StrideWithDilation(Diagnostic):
    """A convolution has both a stride and a dilation above 1, which Keras does not offer.

    Taps that a stride would skip anyway make the combination rare: dilation replaces a stride where the map must keep
    its size (DeepLab, arXiv:1606.00915).

        conv(64, k=3, stride=2, dilation=2)     # wrong
        conv(64, k=3, dilation=2)               # the map keeps its size
    """

    message = "`{op}` has stride {stride} and dilation {dilation}; only one of them may be above 1"
    op: str
    stride: str
    dilation: str


class UnevenStride(Diagnostic):
    """A separable convolution steps farther along one dimension than along another; TensorFlow can on few processors.

    Its two parts, written out, do on all:

        separable_conv(64, k=3, stride=[2, 1])     # wrong
        depthwise_conv(3, stride=[2, 1], bias=false) -> conv(64, k=1)
    """

    message = "`{op}` has stride {stride}; it takes one for all dimensions"
    op: str
    stride: str


class PadTooLarge(Diagnostic):
    """A pooling's padding is as large as its window, so that some windows would see nothing but padding.

    It has to be smaller than the window:

        max_pool(3, stride=2, pad=3)     # wrong
        max_pool(3, stride=2, pad=1)     # ResNet's
    """

    message = "`pad` of `{op}`, {pad}, is not smaller than its window, {k}"
    op: str
    pad: str
    k: str


class OutputPadTooLarge(Diagnostic):
    """`output_pad` of a transposed convolution adds rows that a stride left open, so it is smaller than the stride.

    It chooses among the sizes that a strided convolution maps to the same one, and needs a `pad` in numbers:

        conv_transpose(64, k=3, stride=2, pad=1, output_pad=1)     # exactly doubles the map
    """

    message = "`output_pad` of `{op}`, {given}, {reason}"
    op: str
    given: str
    reason: str


class WindowMismatch(Diagnostic):
    """Windows that flow into an attention are not those that its arguments describe.

    `relative_position=[h, w]` needs `h * w` tokens in each window; `shift` needs all windows of `map`, in the order of
    `window_partition`, in the dimension before the tokens:

        attention(3, relative_position=[7, 7])                           # on [64, 49, 96]
        attention(3, relative_position=[7, 7], map=[56, 56], shift=3)    # the same 64 windows of 7 by 7
    """

    message = "`{op}` expects {wanted}, not {given}"
    label = "the input is {input}"
    op: str
    wanted: str
    given: str
    input: str


class NeedsArgument(Diagnostic):
    """An argument has a meaning only together with another one, which is missing.

    The message names the one that is missing:

        attention(3, shift=3)     # wrong: which window, of which map?
        attention(3, relative_position=[7, 7], map=[56, 56], shift=3)
    """

    message = "`{given}` of `{op}` needs `{missing}` too"
    op: str
    given: str
    missing: str


class ChannelCount(Diagnostic):
    """A list argument has another length than the tensor has channels.

        normalize(mean=[0.5, 0.5, 0.5], variance=[0.25, 0.25, 0.25])     # wrong on [32, 32, 1]

    Give one number for each channel, or a single number for all of them.
    """

    message = "`{name}` of `{op}` has length {given}, not {channels}, the number of channels"
    op: str
    name: str
    given: int
    channels: str


class NoSizeFits(Diagnostic):
    """A model leaves sizes open, and there are none for which all of its dimensions are whole numbers of at least 1.

        model Net(x: [h, 8], y: [10 - h, 8]) -> …     # wrong: 10 - h is below 1 where h is large

    What is proved of open sizes holds from a least size on, which `archdsl check` and `archdsl summary` print.
    """

    message = "no sizes fit: `{dimension}` is not a whole number of at least 1 for all large ones"
    dimension: str


class NotAPermutation(Diagnostic):
    """An order does not name each dimension once: `permute([0, 2])` or `permute([0, 1, 1])` on `[h, w, c]`.

    Dimensions are numbered from 0, without the batch: `permute([2, 0, 1])` moves the channels of `[h, w, c]` to the
    front.
    """

    message = "{order} does not name each dimension of {shape} once"
    label = "an order of {wanted}"
    order: str
    shape: str
    wanted: str


class DroppedRange(Diagnostic):
    """`slice` with `keepdims=false` takes one place and drops its axis, but was given a range of several.

        slice(0, 3, axis=0, keepdims=false)     # wrong: three tokens need the axis

    Leave `keepdims` out to keep the axis, or give only the place: `slice(0, axis=0, keepdims=false)`.
    """

    message = "`{op}` drops an axis of which it takes several places, from {start} up to {stop}"
    op: str
    start: int
    stop: int


class BadBounds(Diagnostic):
    """`clip` has no bound, or the upper one is not above the lower one.

    The lower bound comes first, and either may be left out:

        clip               # wrong: between what?
        clip(6, 0)         # wrong
        clip(0, 6)
        clip(min=1e-6)
    """

    message = "`{op}` {reason}"
    op: str
    reason: str


class ValueCount(Diagnostic):
    """A list of numbers does not fill the size that it is given.

    A list has a number for each place, row by row:

        constant([1.0, 2.0, 3.0], [2, 2])         # wrong: three numbers for four places
        constant([1.0, 2.0, 3.0, 4.0], [2, 2])
        constant(1.0, [2, 2])                     # one number fills all of it
    """

    message = "`{op}` has {given} numbers for the {wanted} places of {shape}"
    op: str
    given: int
    wanted: int
    shape: str


class NoRows(Diagnostic):
    """`embedding` has no table to look rows up in, or two.

    It owns one of a vocabulary and a width, or takes the rows of a tensor:

        embedding(1000, 64)
        embedding(rows=codes)     # codes is a tensor [1000, 64]
    """

    message = "`{op}` {reason}"
    op: str
    reason: str


class BadKernel(Diagnostic):
    """A convolution is given a kernel of another shape than its arguments say, or arguments of a kernel of its own.

    The taps come first, then the channels that an output channel looks at, then the output channels:

        parameter([3, 3, 64, 128]) as w     # 3x3, from 64 channels to 128
        x -> conv(128, k=3, kernel=w)

    For `depthwise_conv` it is `[*k, 1, channels * multiplier]`. How a kernel starts and what penalty it has is said
    where it is made: `parameter([3, 3, 64, 128], he_normal, l2=1e-4)`.
    """

    message = "`{op}` {reason}"
    op: str
    reason: str


class RepeatedAxis(Diagnostic):
    """A list of axes names one axis twice: `mean([0, 0])`, or `mean([1, -2])` on `[h, w, c]`, where -2 is axis 1."""

    message = "`axis` of `{op}` names axis {axis} twice"
    op: str
    axis: int


class NothingLeft(Diagnostic):
    """A reduction takes every axis, so that a single number without an axis would be left.

    Axes that are reduced stay by `keepdims=true`:

        mean([0, 1, 2])                    # wrong on [h, w, c]
        mean([0, 1, 2], keepdims=true)     # [1, 1, 1]
        flatten -> mean(0, keepdims=true)  # [1]
    """

    message = "`{op}` over every axis leaves none"
    op: str
