"""What the layers of Keras are in the language: a function a class, a file a family. Importing one registers it."""

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
