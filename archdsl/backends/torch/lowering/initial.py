"""How parameters start that are tensors by themselves."""

from __future__ import annotations

from archdsl.backends.code.values import Argument, Make, make
from archdsl.ops.init import KINDS, Init

_FUNCTIONS = {
    "normal": ("normal_", ("std", "mean")),
    "truncated_normal": ("trunc_normal_", ("std", "mean")),
    "uniform": ("uniform_", ("a", "b")),
    "glorot_normal": ("xavier_normal_", ()),
    "glorot_uniform": ("xavier_uniform_", ()),
    "he_normal": ("kaiming_normal_", ()),
    "he_uniform": ("kaiming_uniform_", ()),
    "orthogonal": ("orthogonal_", ("gain",)),
}
"""Of ``torch.nn.init``, with the names that it has for the parameters of an initialiser, in order."""


def started(init: Init | None, size: tuple[int, ...]) -> Make:
    """A parameter of a size. Kinds that PyTorch has no function for start at zero."""
    return make("nn.Parameter", ("data", _tensor(init or Init(kind="zeros"), size)))


def _tensor(init: Init, size: tuple[int, ...]) -> Make:
    values = [value if given is None else given for given, value in _given(init)]
    if init.kind == "constant":
        return make("torch.full", ("size", size), ("fill_value", float(values[0] or 0)))
    if init.kind == "ones":
        return make("torch.ones", ("size", size))
    if init.kind not in _FUNCTIONS:
        return make("torch.zeros", ("size", size))
    function, names = _FUNCTIONS[init.kind]
    usual = (1.0, 0.0) if "std" in names else (0.0, 1.0)
    named: dict[str, Argument] = {
        name: value for name, value, other in zip(names, values, usual, strict=False) if value != other
    }
    return make(f"nn.init.{function}", ("tensor", make("torch.empty", ("size", size))), **named)


def _given(init: Init) -> list[tuple[float | None, float | None]]:
    """For each parameter of an initialiser what was given, and its default."""
    defaults = [default for _, default in KINDS[init.kind]]
    return [(init.values[i] if i < len(init.values) else None, default) for i, default in enumerate(defaults)]
