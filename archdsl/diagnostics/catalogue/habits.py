"""Codes of legal constructs that are almost never meant: habits from other libraries, shapes that fit by chance."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic, Severity


class AttentionOnMap(Diagnostic):
    """Attention takes each row of a map for itself: its tokens are the last axis but one, here the columns.

    A map becomes tokens that all see each other by `flatten_spatial`, and tokens of windows by `window_partition`:

        conv(96, k=4, stride=4) -> attention(3)                      # row by row
        conv(96, k=4, stride=4) -> flatten_spatial -> attention(3)   # all places see each other

    Where rows are meant, as in axial attention, a shape after the step says so, or a comment on its line:

        attention(3) :: [h, w, c]
        attention(3)  # allow: attention-on-map
    """

    message = "`{op}` on a map {shape} sees only the row of each place"
    severity = Severity.WARNING
    op: str
    shape: str


class KernelLargerThanMap(Diagnostic):
    """A kernel is larger than the map that it slides over, so that some of its weights meet nothing but padding.

    The input may be smaller than the model was made for, or a stride too many stands before:

        conv(64, k=7)    # on [4, 4, 32]: from each place, at least 33 of 49 weights see only padding
    """

    message = "`k` of `{op}` is {k}, larger than the map {shape}"
    severity = Severity.WARNING
    op: str
    k: str
    shape: str


class ChannelsAsKernel(Diagnostic):
    """A convolution has its input's channels as its first argument, as in PyTorch: `conv(64, 64, 3)`.

    No op takes the channels that come in, since they are known. By position, `conv` takes `filters`, `k` and `stride`:

        conv(64, 64, 3)   # 64 filters of 64 x 64, 3 apart
        conv(64, k=3)     # 64 filters of 3 x 3
    """

    message = "`{op}` takes no input channels: this is k={k}, stride={stride}"
    severity = Severity.WARNING
    op: str
    k: str
    stride: str


class BatchInShape(Diagnostic):
    """The input of a model looks like a batch of images: `[64, 32, 32, 3]`, or PyTorch's `[64, 3, 32, 32]`.

    Shapes leave out the batch, whose size is free. With four dimensions the first is a depth or the time, and
    convolutions slide along it too:

        model Net() :: [64, 32, 32, 3] -> [64, 10] { … }    # a volume, or a clip of 64 images
        model Net() :: [32, 32, 3] -> [10] { … }            # images, any number at once

    Where an argument has a number for each of three dimensions, as `k=[3, 7, 7]`, clips are meant; where none has,
    a comment says so.
    """

    message = "the input of `{model}` seems to begin with the batch"
    severity = Severity.WARNING
    model: str


class LowMomentum(Diagnostic):
    """The running averages of a normalisation forget almost all at each step, as with PyTorch's number.

    `momentum` is the share that they keep, as in Keras; PyTorch's is the share that is new: its 0.1 is 0.9 here.
    """

    message = "`momentum` of `{op}` is the share that is kept, and {given} keeps little"
    severity = Severity.WARNING
    op: str
    given: str


class JoinedWithItself(Diagnostic):
    """A join has the same tensor twice: the flow is joined already, and was named once more.

    What flows in comes first, then the tensors in brackets:

        conv(8) as a -> conv(8) as b -> concat(a, b)   # b, a, b
        conv(8) as a -> conv(8) -> concat(a)           # both, once

    Where it is meant, branches say it: `mul { id, id }` is the square.
    """

    message = "`{op}` joins one tensor twice"
    label = "{what}"
    severity = Severity.WARNING
    op: str
    what: str


class IdentityBranch(Diagnostic):
    """A branch of a join is an `if` without `else`, and its condition is false: the branch is the input itself.

    That follows the rule for steps, where an `if` that is not taken changes nothing, and in a join it adds the input:

        add { main: conv(c)  norm: if same { batch_norm } }      # without `same`: conv(c) plus the input
        add { main: conv(c)  norm: ...if same { batch_norm } }   # without `same`: conv(c) alone

    Where the input is meant, `else { id }` says so.
    """

    message = "this branch of `{op}` is the input itself: `{condition}` is false, and there is no `else`"
    severity = Severity.WARNING
    op: str
    condition: str


class CrossedAxes(Diagnostic):
    """Two tensors are joined whose axes stand in another order, and fit only because their sizes are equal.

    With 64 tokens of 64 channels, a tensor and its transpose add up without an error; so does a map with a gate whose
    channels stand where the rows are:

        add { id, permute([1, 0]) }                     # tokens plus channels
        mul(broadcast=true) { id, gate: global_avg_pool(keepdims=true) -> permute([2, 0, 1]) }
    """

    message = "`{op}` joins axes that only happen to be equal: {one} with {other}"
    label = "along axis {axis}"
    severity = Severity.WARNING
    op: str
    one: str
    other: str
    axis: str


class UnknownAllow(Diagnostic):
    """A comment `# allow:` names no warning. `archdsl explain` lists the codes; an error cannot be allowed."""

    message = "`{name}` is {what}"
    severity = Severity.WARNING
    name: str
    what: str


class UnusedAllow(Diagnostic):
    """A comment `# allow:` silences nothing: there is no such warning on its line any more. Remove it."""

    message = "there is no `{name}` here to allow"
    severity = Severity.WARNING
    name: str
