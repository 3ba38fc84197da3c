"""Codes of what a form of model other than Keras's cannot hold."""

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
