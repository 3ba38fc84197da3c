"""Initialisers: values such as ``he_normal`` or ``truncated_normal(0.02)`` for ``init`` and ``bias_init``."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Final

from pydantic import BaseModel, ConfigDict, field_validator

STARTS: Final = ("init", "bias_init")
"""The arguments of ops that say how their weights start, and nothing of what they compute."""

KINDS: Final[Mapping[str, tuple[tuple[str, float | None], ...]]] = {
    "zeros": (),
    "ones": (),
    "constant": (("value", None),),
    "normal": (("stddev", 0.05), ("mean", 0.0)),
    "truncated_normal": (("stddev", 0.02), ("mean", 0.0)),
    "uniform": (("minval", -0.05), ("maxval", 0.05)),
    "glorot_normal": (),
    "glorot_uniform": (),
    "he_normal": (),
    "he_uniform": (),
    "lecun_normal": (),
    "lecun_uniform": (),
    "orthogonal": (("gain", 1.0),),
    "fan_out_normal": (("scale", 2.0),),
}
"""The parameters of each initialiser, in order, with defaults (``None``: must be given).

``fan_out_normal`` is ``kaiming_normal_(mode="fan_out")``, with which torchvision's ResNets start; but for
an attention, whose kernels have three dimensions, where it is Keras's as the others are everywhere.
"""


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Fan-in and fan-out of a kernel, as Keras counts them for every shape.

    >>> fans((3, 3, 64, 128))
    (576, 1152)
    """
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    taps = prod(shape[:-2])
    return max(taps * shape[-2], 1), max(taps * shape[-1], 1)


class Init(BaseModel):
    """An initialiser with its parameters.

    >>> Init(kind="truncated_normal", values=(0.02,))
    Init(kind='truncated_normal', values=(0.02,))
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    kind: str
    values: tuple[float, ...] = ()
    """Its parameters in the order of ``KINDS``; those left out have their defaults."""

    def parameters(self) -> dict[str, float]:
        """All of its parameters, by name.

        >>> Init(kind="truncated_normal", values=(0.01,)).parameters()
        {'stddev': 0.01, 'mean': 0.0}
        """
        named = KINDS[self.kind]
        defaults = [default for _, default in named[len(self.values) :] if default is not None]
        return dict(zip((name for name, _ in named), [*self.values, *defaults], strict=True))

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"one of {', '.join(KINDS)}")
        return kind
