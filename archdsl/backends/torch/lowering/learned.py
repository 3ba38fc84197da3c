"""Learned values that are combined with the flow, as parameters."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, code, make
from archdsl.backends.torch.code import Lowered, entry, helped, shaped
from archdsl.backends.torch.lowering.initial import started
from archdsl.backends.torch.registry import (
    FIRST,
    LAST,
    Orders,
    Site,
    in_order,
    lowers,
    moved,
    per_channel,
    sizes,
    turned,
)
from archdsl.ops.init import Init
from archdsl.ops.learned import ClassToken, Embedding, PositionEmbedding, Scale

_LAST = Orders(takes=LAST, gives=LAST)


@lowers(ClassToken, orders=_LAST)
def class_token(op: ClassToken, site: Site) -> Lowered:
    size = (1, op.count, site.channels)
    made = started(op.init, size, size[1:])
    text = "torch.cat(({self}.expand({0}.shape[0], -1, -1), {0}), dim=1)"
    return Lowered(code(text), made, (entry("", "tokens", shaped(*size)),))


@lowers(PositionEmbedding)
def position_embedding(op: PositionEmbedding, site: Site) -> Lowered:
    shape = sizes(site.inputs[0])
    made = started(op.init, (1, *in_order(shape, site.takes)), shape)
    back = entry("", "embeddings", lambda arrays: moved(len(shape), site.takes)(arrays)[None])
    return Lowered(code("{0} + {self}"), made, (back,))


@lowers(Scale)
def scale(op: Scale, site: Site) -> Lowered:
    shape = _shape(op, site)
    # A published model has the axes that it has, wherever the channels are.
    is_turned = bool(site.stored) and len(shape) == 1 and site.takes == FIRST and len(site.inputs[0]) > 1
    if op.bias:
        return _affine(op, site, shape, is_turned)
    is_flat = len(shape) == 3 and site.takes == LAST
    made = started(op.init or Init(kind="constant", values=(op.value,)), shape, tuple(n for n in shape if n != 1))
    view = f".view({', '.join(['-1'] + ['1'] * site.rank)})" if is_turned else ".flatten()" if is_flat else ""
    return Lowered(code(f"{{0}} * {{self}}{view}"), made, (entry("", "gamma", shaped(*shape)),))


def _shape(op: Scale, site: Site) -> tuple[int, ...]:
    """The shape of the factor."""
    if op.per != "channel":
        return ()
    stored = site.stored.get("gamma")
    if stored is None:
        return per_channel(len(site.inputs[0]), site.channels, site.takes)
    return tuple(site.channels if size == -1 else size for size in stored.shape or (-1,))


def _affine(op: Scale, site: Site, shape: tuple[int, ...], is_turned: bool) -> Lowered:
    names = [site.stored[name].key if name in site.stored else usual for name, usual in _NAMES]
    features = [f"{usual}={name}" for name, (_, usual) in zip(names, _NAMES, strict=True) if name != usual]
    made = make("Affine", ("shape", shape), ("value", op.value))
    entries = tuple(entry(key, name, shaped(*shape)) for key, (name, _) in zip(names, _NAMES, strict=True))
    rank = len(site.inputs[0])
    called = code(f"{{self}}({{0}}{turned(rank, LAST)}){turned(rank, FIRST)}") if is_turned else CALL
    return Lowered(called, made, entries, helped("Affine", *features))


_NAMES = (("gamma", "weight"), ("bias", "bias"))
"""Of a factor and an offset, and what they are called where no published model says otherwise."""


@lowers(Embedding, orders=_LAST, stretches=True)
def embedding(op: Embedding, site: Site) -> Lowered:
    if len(site.inputs) > 1:
        if site.single[1]:
            return Lowered(code("F.embedding({0}.long(), {1}[0])"))
        text = "torch.stack([F.embedding(i, rows) for i, rows in zip({0}.long(), {1})])"
        return Lowered(code(text))
    vocabulary, width = op.vocabulary, op.width
    assert vocabulary is not None
    assert width is not None
    made = make("nn.Embedding", ("num_embeddings", vocabulary), ("embedding_dim", width))
    return Lowered(code("{self}({0}.long())"), made, (entry("weight", "embeddings"),))
