"""Initialisers: values such as ``he_normal`` or ``truncated_normal(0.02)`` for ``init`` and ``bias_init``."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, field_validator


class _Kind(NamedTuple):
    """The parameters of an initialiser, in order, with defaults (``None``: must be given), and the Keras class."""

    keras: str
    parameters: tuple[tuple[str, float | None], ...] = ()


KINDS: dict[str, _Kind] = {
    "zeros": _Kind("Zeros"),
    "ones": _Kind("Ones"),
    "constant": _Kind("Constant", (("value", None),)),
    "normal": _Kind("RandomNormal", (("stddev", 0.05), ("mean", 0.0))),
    "truncated_normal": _Kind("TruncatedNormal", (("stddev", 0.02), ("mean", 0.0))),
    "uniform": _Kind("RandomUniform", (("minval", -0.05), ("maxval", 0.05))),
    "glorot_normal": _Kind("GlorotNormal"),
    "glorot_uniform": _Kind("GlorotUniform"),
    "he_normal": _Kind("HeNormal"),
    "he_uniform": _Kind("HeUniform"),
    "lecun_normal": _Kind("LecunNormal"),
    "lecun_uniform": _Kind("LecunUniform"),
    "orthogonal": _Kind("Orthogonal", (("gain", 1.0),)),
    "fan_out_normal": _Kind("VarianceScaling", (("scale", 2.0),)),
}
"""``fan_out_normal`` is ``kaiming_normal_(mode="fan_out")``, with which torchvision's ResNets start; but for
an attention, whose kernels have three dimensions, where it is Keras's as the others are everywhere."""


class Init(BaseModel):
    """How an array starts.

    >>> Init(kind="truncated_normal", values=(0.02,))
    Init(kind='truncated_normal', values=(0.02,))
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    kind: str
    values: tuple[float, ...] = ()
    """Its parameters in the order of ``KINDS``; those left out have their defaults."""

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"one of {', '.join(KINDS)}")
        return kind
