"""Attention, by a class in the file with the features that the model uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.backends.code.values import Argument, code, make
from archdsl.backends.torch.code import Array, Entry, Lowered, Transform, integers, rows, shaped
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
    if op.qk_norm is not None:
        features.add(f"qk_norm {op.qk_norm}")
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
    if _fused(site) == _MULTIHEAD:
        return _multihead(op, site, named)
    features |= _names(site)
    is_cross = bool(site.stored) and not _fused(site) and len(site.inputs) > 1
    name = "CrossAttention" if is_cross else "Attention"
    return Lowered(
        code(f"{{self}}({arguments})"),
        make(name, ("dim", site.channels), ("heads", op.heads), **named),
        tuple(_entries(op, site)),
        {name: frozenset(features)},
    )


_MULTIHEAD = "in_proj_weight"


def _multihead(op: Attention, site: Site, named: dict[str, Argument]) -> Lowered:
    """PyTorch's own class, which has queries, keys and values in one array."""
    assert named.keys() <= {"dropout"}, "the published models that have it use no more of it"
    made = make("nn.MultiheadAttention", ("dim", site.channels), ("heads", op.heads), **named, batch_first=True)
    return Lowered(code("{self}({0}, {0}, {0}, need_weights=False)[0]"), made, tuple(_entries(op, site)))


# --- names that a published model has ---------------------------------------------------------------------------------

_PARTS_OF_KEYS = {
    "attention_output": "output",
    "talking_logits": "talking_logits",
    "talking_weights": "talking_weights",
    "relative_position_bias": "position_bias",
    "relative_position_index": "index",
}
"""What the class calls the parts that arrays are of."""


def _fused(site: Site) -> str:
    """The fused layer of queries, keys and values, if there is one."""
    kernels = {site.stored[f"{part}/kernel"].key if site.stored else part for part, _ in _PARTS}
    return kernels.pop().removesuffix(".weight") if len(kernels) == 1 else ""


def _names(site: Site) -> set[str]:
    """Features for parts with names other than the default ones."""
    found: dict[str, str] = {}
    fused = _fused(site)
    for array, stored in site.stored.items():
        key = stored.key
        part, _, kind = array.partition("/")
        module = key.rpartition(".")[0]
        if part in _PARTS_OF_KEYS:
            found[_PARTS_OF_KEYS[part]] = module if kind else key
        elif not fused:
            found[part] = module
        elif kind == "bias" and key != f"{fused}.bias":
            found[f"{part}_bias"] = key
    if fused:
        found["fused"] = fused
    features = {f"{part}={name}" for part, name in found.items()}
    return features | {"conv"} if _is_conv(site) else features


def _is_conv(site: Site) -> bool:
    """Whether the layers are 1x1 convolutions, whose rows are heads with their queries, keys and values."""
    return "query/kernel" in site.stored and site.stored["query/kernel"].by_head


def _flat(arrays: Sequence[Array]) -> Array:
    """``[in, heads, size]`` becomes ``[heads * size, in]``."""
    return arrays[0].reshape(arrays[0].shape[0], -1).T


def _whole(arrays: Sequence[Array]) -> Array:
    return arrays[0].reshape(-1)


def _back(arrays: Sequence[Array]) -> Array:
    """``[heads, size, out]`` becomes ``[out, heads * size]``."""
    return arrays[0].reshape(-1, arrays[0].shape[-1]).T


def _same(arrays: Sequence[Array]) -> Array:
    return arrays[0]


def _turned(arrays: Sequence[Array]) -> Array:
    return arrays[0].T


def _entries(op: Attention, site: Site) -> Iterator[Entry]:
    """The entries under the names of the class or of a published model; arrays of one name are concatenated."""
    found: dict[str, list[tuple[str, Transform]]] = {}
    for usual, source, transform in _arrays(op, site):
        key = site.stored[source].key if source in site.stored else usual
        found.setdefault(key, []).append((source, transform))
    for key, parts in found.items():
        joined = _joined([transform for _, transform in parts], op.heads if _is_conv(site) else 1)
        as_conv = _is_conv(site) and key.endswith(".weight")
        yield Entry(key, tuple(source for source, _ in parts), _points(joined) if as_conv else joined)
    if index := site.stored.get("relative_position_index"):
        yield Entry(index.key, (), lambda _: _index(op))


def _joined(transforms: Sequence[Transform], heads: int) -> Transform:
    """The concatenated rows of several layers; with several ``heads``, those of each head are adjacent."""
    if len(transforms) == 1:
        return transforms[0]

    def transform(arrays: Sequence[Array]) -> Array:
        parts = [each([array]) for each, array in zip(transforms, arrays, strict=True)]
        shares = [part.reshape(heads, -1, *part.shape[1:]) for part in parts]
        return rows(shares, axis=1).reshape(-1, *parts[0].shape[1:])

    return transform


def _points(transform: Transform) -> Transform:
    """The kernel of a 1x1 convolution."""
    return lambda arrays: transform(arrays)[..., None, None]


def _index(op: Attention) -> Array:
    """For two tokens of a window, the row of the table, flattened."""
    assert op.relative_position is not None
    h, w = op.relative_position
    places = [(y, x) for y in range(h) for x in range(w)]
    return integers([(a - c + h - 1) * (2 * w - 1) + b - d + w - 1 for a, b in places for c, d in places])


def _arrays(op: Attention, site: Site) -> Iterator[tuple[str, str, Transform]]:
    """Each array's key in the class, its name, and its layout there."""
    for part, name in _PARTS:
        yield f"{name}.weight", f"{name}/kernel", _flat
        if op.has_bias(part):
            yield f"{name}.bias", f"{name}/bias", _whole
    yield "output.weight", "attention_output/kernel", _back
    if op.has_bias("output"):
        yield "output.bias", "attention_output/bias", _whole
    if op.relative_position is not None:
        yield "position_bias", "relative_position_bias", _same
    if op.scale == "learned":
        yield "logit_scale", "logit_scale", shaped(op.heads, 1, 1)
    names = {"layer": (("weight", "gamma"), ("bias", "beta")), "rms": (("weight", "scale"),)}
    for part in ("query", "key"):
        for key, name in names.get(op.qk_norm or "", ()):
            yield f"{part}_norm.{key}", f"{part}_norm/{name}", _same
    for place in ("logits", "weights") if op.talking_heads else ():
        yield f"talking_{place}.weight", f"talking_{place}/kernel", _turned
        if op.has_bias("talking"):
            yield f"talking_{place}.bias", f"talking_{place}/bias", _same
