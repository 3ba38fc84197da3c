"""Attention, by a class of the file that has what the model uses of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archdsl.backends.code.values import Argument, code, make
from archdsl.backends.torch.code import Array, Lowered, entry, shaped
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.ops.attention import Attention, Projection

_PARTS: tuple[tuple[Projection, str], ...] = (("query", "query"), ("key", "key"), ("value", "value"))


@lowers(Attention, orders=Orders(takes=LAST, gives=LAST))
def attention(op: Attention, site: Site) -> Lowered:
    size = op.size(*site.inputs)
    features: set[str] = set()
    named: dict[str, Argument] = {}
    widths = [site.inputs[min(i, len(site.inputs) - 1)][-1] for i in range(3)]
    given = {
        "key_dim": (size, site.channels // op.heads if site.channels % op.heads == 0 else None),
        "value_dim": (op.value_dim or size, size),
        "units": (op.units or site.channels, site.channels),
        "kv_heads": (op.groups, op.heads),
        "context_dim": (widths[1], widths[0]),
        "values_dim": (widths[2], widths[1]),
        "dropout": (op.dropout, 0.0),
        "scale": (None if op.scale == "learned" else op.scale, None),
        "learned_scale": (op.scale == "learned", False),
        "qk_norm": (op.qk_norm, None),
        "causal": (op.causal, False),
        "talking_heads": (op.talking_heads, False),
        "rotary": (op.rotary, None),
    }
    for name, (value, usual) in given.items():
        if value != usual:
            features.add(name)
            named[name] = value  # type: ignore[assignment]  # widths are numbers
    if op.rotary is not None:
        named |= {"base": op.rotary_base, "interleaved": op.rotary_pairs == "interleaved"}
    if op.relative_position is not None:
        features.add("window")
        named["window"] = op.relative_position
        if op.map is not None:
            features |= {"shift"} if any(op.shifts) else {"map"}
            named |= {"map_size": op.map, "shift": op.shifts}
    needed: tuple[Projection, ...] = ("query", "key", "value", "output", *(("talking",) if op.talking_heads else ()))
    biased = tuple(part for part in needed if op.has_bias(part))
    if biased != needed:
        features.add("bias")
        named["bias"] = biased
    others = ("context", "values", "logit_bias")[: len(site.inputs) - 1]
    features |= set(others)
    arguments = ", ".join(f"{{{i}}}" for i in range(len(site.inputs)))
    return Lowered(
        code(f"{{self}}({arguments})"),
        make("Attention", ("dim", site.channels), ("heads", op.heads), **named),
        tuple(_entries(op, site)),
        {"Attention": frozenset(features)},
    )


def _flat(arrays: Sequence[Array]) -> Array:
    """``[in, heads, size]`` becomes ``[heads * size, in]``."""
    return arrays[0].reshape(arrays[0].shape[0], -1).T


def _whole(arrays: Sequence[Array]) -> Array:
    return arrays[0].reshape(-1)


def _back(arrays: Sequence[Array]) -> Array:
    """``[heads, size, out]`` becomes ``[out, heads * size]``."""
    return arrays[0].reshape(-1, arrays[0].shape[-1]).T


def _turned(arrays: Sequence[Array]) -> Array:
    return arrays[0].T


def _entries(op: Attention, site: Site) -> Any:
    for part, name in _PARTS:
        yield entry(f"{name}.weight", f"{name}/kernel", _flat)
        if op.has_bias(part):
            yield entry(f"{name}.bias", f"{name}/bias", _whole)
    yield entry("output.weight", "attention_output/kernel", _back)
    if op.has_bias("output"):
        yield entry("output.bias", "attention_output/bias")
    if op.relative_position is not None:
        yield entry("position_bias", "relative_position_bias")
    if op.scale == "learned":
        yield entry("logit_scale", "logit_scale", shaped(op.heads, 1, 1))
    names = {"layer": (("weight", "gamma"), ("bias", "beta")), "rms": (("weight", "scale"),)}
    for part in ("query", "key"):
        for key, name in names.get(op.qk_norm or "", ()):
            yield entry(f"{part}_norm.{key}", f"{part}_norm/{name}")
    for place in ("logits", "weights") if op.talking_heads else ():
        yield entry(f"talking_{place}.weight", f"talking_{place}/kernel", _turned)
        if op.has_bias("talking"):
            yield entry(f"talking_{place}.bias", f"talking_{place}/bias")
