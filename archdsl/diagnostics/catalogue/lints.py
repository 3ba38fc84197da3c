"""Codes of lints: what a reviewer would ask about a correct spec."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic, Severity


class BiasBeforeNorm(Diagnostic):
    """A bias just before a batch normalisation has no effect: the normalisation subtracts it again with the mean.

        conv(64) -> batch_norm               # 64 weights that do nothing
        conv(64, bias=false) -> batch_norm

    Where a published model has it, `bias=true` says that it is meant.
    """

    message = "the bias of `{op}` has no effect before `{norm}`, which subtracts the mean"
    severity = Severity.WARNING
    op: str
    norm: str


class RowsOfFeatures(Diagnostic):
    """What an `embedding` takes for the numbers of rows is computed by a layer: fractions of it are cut off.

    Tokens come in by an input of the model, and nothing but views of it lie between:

        model Net() :: [128] -> [10] { dense(128) -> embedding(1000, 64) -> … }    # rows 0.31 and -1.2?
        model Net() :: [128] -> [10] { embedding(1000, 64) -> … }
    """

    message = "`{op}` looks up rows by what `{source}` computes, which is not whole numbers"
    severity = Severity.WARNING
    op: str
    source: str


class DropoutAfterLogits(Diagnostic):
    """A dropout is the last thing before the output: it removes classes from the prediction, not features.

    It stands before the last layer:

        global_avg_pool -> dense(10) -> dropout(0.5)    # in training, half of the logits are zero
        global_avg_pool -> dropout(0.5) -> dense(10)
    """

    message = "`{op}` after the last layer drops elements of the output `{port}`"
    severity = Severity.WARNING
    op: str
    port: str


class ActivationBeforeAdd(Diagnostic):
    """The residual branch ends in an activation, and there is another one after the sum.

    What a ReLU lets through is never negative: the branch could only add to its input and never take away from it.
    Published networks with an activation after the sum leave out the one before (He et al. 2015, figure 2):

        add { main: ConvBNAct(64) -> ConvBNAct(64)  skip: id } -> relu    # the second ConvBNAct has a relu
        add { main: ConvBNAct(64) -> ConvBN(64)     skip: id } -> relu

    Networks with none after the sum may have one in the branch, and are not told.
    """

    message = "`{op}` ends the residual branch, and `{after}` follows the sum: one of them is too many"
    severity = Severity.WARNING
    op: str
    after: str


class RepeatOnce(Diagnostic):
    """A loop with one round is its body, and the number of the round stands in the names of all that is inside.

        repeat 1 { conv(64) -> relu }
        conv(64) -> relu

    Without it names lose that number, so that weights that were saved by name do not fit any more.
    """

    message = "`repeat 1` repeats nothing"
    severity = Severity.WARNING


class NumberOfSignature(Diagnostic):
    """The output's size is a parameter, and the body has its default as a number: any other value breaks the signature.

        model Net(classes: int = 10) :: [32, 32, 3] -> [classes] { … -> dense(10) }
        model Net(classes: int = 10) :: [32, 32, 3] -> [classes] { … -> dense(classes) }

    With the name in place of the number the graph is the same, and other values of the parameter work.
    """

    message = "this is `{name}`, which the signature promises and no step uses"
    severity = Severity.WARNING
    name: str


class UncoveredMap(Diagnostic):
    """Windows that lie side by side end before the map does, so that nothing ever sees its last rows or columns.

    A pooling of 2 halves a map of an odd size, or patches of 16 are cut from an image that is no multiple of it:

        max_pool(2, pad="valid")    # on [7, 7, 64]: three windows of two, and the seventh row is dropped

    `pad="same"` rounds the size up, numeric padding can cover the rest, and `crop` says what is to be dropped.
    """

    message = "the windows of `{op}` leave out the last {left} of {size} along axis {axis}"
    severity = Severity.WARNING
    op: str
    left: str
    size: str
    axis: str


class WrittenOut(Diagnostic):
    """Steps are written out that a block is, in a file that imports that block.

        from std.conv import ConvBN

        conv(64, k=3, bias=false) -> batch_norm -> relu
        ConvBN(64) -> relu

    The call makes equal ops; their names gain the block's, so that weights that were saved by name do not fit any more.
    Who writes all steps out has no use for the import, and is not told.
    """

    message = "these steps are `{name}`, which the file imports"
    severity = Severity.WARNING
    name: str
