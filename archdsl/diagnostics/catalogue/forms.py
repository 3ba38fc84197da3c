"""Codes of what export formats other than Keras's cannot hold."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic


class NoKernel(Diagnostic):
    """A form of model that was asked for has no kernel for what an op computes, as it is called here.

    The spec is right, and other forms can be written. Most often it is the rank: LiteRT multiplies stacks of matrices
    of up to five dimensions, and attention over a volume has six.
    """

    message = "{form} has no kernel for `{op}` as it is called here"
    label = "needs {operations}"
    form: str
    op: str
    operations: str


class FormTooLarge(Diagnostic):
    """A form of model cannot hold as many weights as the model has.

    A file of LiteRT is a flatbuffer, whose offsets are signed numbers of 32 bits: it ends at 2 GiB. Other forms can be
    written; ONNX has such weights in a file of their own.
    """

    message = "a file of {form} holds at most {most}, and the weights are {size}"
    label = "has the most, {largest}"
    form: str
    most: str
    size: str
    largest: str


class OpaqueStep(Diagnostic):
    """A model has a step of which only the shapes are known, so that nothing can be built of it.

    `archdsl import --opaque` writes `opaque` for layers and operators that the language has no op for. Such a model can
    be checked, drawn, compared and summed up. To build it, put steps that compute the same in the place of each:

        opaque(layer="mine>Swish", size=[56, 56, 64])   # shapes alone
        silu                                            # what it computes
    """

    message = "{form} cannot be made: what {layer} at {path} computes is not known"
    label = "only its shapes are known"
    form: str
    layer: str
    path: str
