"""The lowering of Keras's layers to the language: a function per class, a file per family. Importing registers it."""

from archdsl.intake.keras.layers import (
    activation,
    applications,
    attention,
    convolution,
    functions,
    joining,
    learned,
    normalisation,
    pooling,
    regularisation,
    reshape,
    resizing,
)

__all__ = [
    "activation",
    "applications",
    "attention",
    "convolution",
    "functions",
    "joining",
    "learned",
    "normalisation",
    "pooling",
    "regularisation",
    "reshape",
    "resizing",
]
