"""Initialisation of parameters, by functions of ``torch.nn.init``."""

from __future__ import annotations

from math import prod, sqrt

from archdsl.backends.code.terms import TUPLE
from archdsl.backends.code.values import Argument, Make, make
from archdsl.ops.init import KINDS, Init, fans

_GAINS = {"glorot": 1.0, "lecun": 1.0, "he": 2.0}
"""The variances of an initialiser of this name, times the fan."""
_SCALED = {
    "glorot_normal": "xavier_normal_",
    "glorot_uniform": "xavier_uniform_",
    "he_normal": "kaiming_normal_",
    "he_uniform": "kaiming_uniform_",
}
SCALED = tuple(kind for kind in KINDS if kind.partition("_")[0] in _GAINS)
"""Initialisers of which the deviation follows from the size: a file has a function for each that it needs."""
_BOUND = 2.0
"""Where ``trunc_normal_`` cuts unless it is told otherwise; ours cuts at as many standard deviations."""


def started(init: Init, size: tuple[int, ...], shape: tuple[int, ...]) -> Make:
    """An initialised parameter of a size; ``shape`` is that of the array, which has the fans."""
    return make("nn.Parameter", ("data", _tensor(init, size, shape)))


def _tensor(init: Init, size: tuple[int, ...], shape: tuple[int, ...]) -> Make:
    sizes = Make(TUPLE, tuple((f"size{i}", n) for i, n in enumerate(size)))
    if init.kind == "constant":
        return make("torch.full", ("size", sizes), ("fill_value", init.parameters()["value"]))
    if init.kind in ("zeros", "ones"):
        return make(f"torch.{init.kind}", ("size", sizes))
    if init.kind == "orthogonal":
        return make("orthogonal", ("size", sizes), **_but(init.parameters(), gain=1.0))
    if init.kind in SCALED and fans(size) == fans(shape):
        return make(init.kind, ("size", sizes))
    return filled(start(init, shape, (), shape), make("torch.empty", ("size", sizes)))


def filled(start: Make, tensor: Argument) -> Make:
    """A call of a function of ``torch.nn.init`` on a tensor."""
    return Make(start.callee, (("tensor", tensor), *start.args), 1 + start.placed)


def start(init: Init, shape: tuple[int, ...], held: tuple[int, ...], drawn: tuple[int, ...]) -> Make:
    """The function that fills a tensor, with its arguments except for the tensor.

    ``shape`` is that of the array, ``held`` that of the tensor, from which PyTorch counts fans, and ``drawn`` the one
    from which Keras counts them.
    """
    given = init.parameters()
    match init.kind:
        case "zeros" | "ones":
            return make(f"nn.init.{init.kind}_")
        case "constant":
            return make("nn.init.constant_", ("val", given["value"]))
        case "normal":
            return make("nn.init.normal_", **_but({"std": given["stddev"], "mean": given["mean"]}, std=1.0, mean=0.0))
        case "truncated_normal":
            return _truncated(given["stddev"], given["mean"])
        case "uniform":
            return make("nn.init.uniform_", ("a", given["minval"]), ("b", given["maxval"]))
        case "orthogonal":
            return make("nn.init.orthogonal_", **_but(given, gain=1.0))
    return _scaled(init, shape if init.kind == "fan_out_normal" else drawn, held)


def _truncated(std: float, mean: float) -> Make:
    named = {"std": std, "mean": mean, "a": _short(mean - _BOUND * std), "b": _short(mean + _BOUND * std)}
    return make("nn.init.trunc_normal_", **_but(named, std=1.0, mean=0.0, a=-_BOUND, b=_BOUND))


def _scaled(init: Init, shape: tuple[int, ...], held: tuple[int, ...]) -> Make:
    """A variance-scaling initialiser: by name where PyTorch computes the same fan, else by numbers."""
    family = init.kind.partition("_")[0]
    places = (prod(held[2:]) * held[1], prod(held[2:]) * held[0]) if len(held) > 1 else (0, 0)
    if init.kind == "fan_out_normal":
        gain, fan, own = init.parameters()["scale"], float(fans(shape)[1]), float(places[1])
        if gain == 2.0 and fan == own:
            return make("nn.init.kaiming_normal_", mode="fan_out")
    else:
        gain = _GAINS[family]
        fan, own = (sum(each) / 2 if family == "glorot" else float(each[0]) for each in (fans(shape), places))
        if init.kind in _SCALED and fan == own:
            return make(f"nn.init.{_SCALED[init.kind]}")
    deviation = sqrt(gain / fan)
    if init.kind.endswith("uniform"):
        bound = _short(sqrt(3.0) * deviation)
        return make("nn.init.uniform_", ("a", -bound), ("b", bound))
    return make("nn.init.normal_", std=_short(deviation))


def _short(value: float) -> float:
    """
    >>> _short(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.6g}")


def _but(named: dict[str, float], **usual: float) -> dict[str, Argument]:
    """The arguments that differ from their defaults."""
    return {name: value for name, value in named.items() if value != usual.get(name)}
