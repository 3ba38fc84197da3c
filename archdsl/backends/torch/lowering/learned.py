"""Learned values that join the flow, as parameters."""

from __future__ import annotations

from archdsl.backends.code.values import code, make
from archdsl.backends.torch.code import Lowered, entry, helped, shaped
from archdsl.backends.torch.lowering.initial import started
from archdsl.backends.torch.registry import LAST, Orders, Site, in_order, lowers, moved, per_channel, sizes
from archdsl.ops.init import Init
from archdsl.ops.learned import ClassToken, Embedding, PositionEmbedding, Scale

_LAST = Orders(takes=LAST, gives=LAST)


@lowers(ClassToken, orders=_LAST)
def class_token(op: ClassToken, site: Site) -> Lowered:
    size = (1, op.count, site.channels)
    made = started(op.init, size)
    text = "torch.cat(({self}.expand({0}.shape[0], -1, -1), {0}), dim=1)"
    return Lowered(code(text), made, (entry("", "tokens", shaped(*size)),))


@lowers(PositionEmbedding)
def position_embedding(op: PositionEmbedding, site: Site) -> Lowered:
    shape = sizes(site.inputs[0])
    made = started(op.init, (1, *in_order(shape, site.takes)))
    back = entry("", "embeddings", lambda arrays: moved(len(shape), site.takes)(arrays)[None])
    return Lowered(code("{0} + {self}"), made, (back,))


@lowers(Scale)
def scale(op: Scale, site: Site) -> Lowered:
    shape = per_channel(len(site.inputs[0]), site.channels, site.takes) if op.per == "channel" else ()
    if op.bias:
        made = make("Affine", ("shape", shape), ("value", op.value))
        entries = (entry("weight", "gamma", shaped(*shape)), entry("bias", "bias", shaped(*shape)))
        return Lowered(code("{self}({0})"), made, entries, helped("Affine"))
    made = started(op.init or Init(kind="constant", values=(op.value,)), shape)
    return Lowered(code("{0} * {self}"), made, (entry("", "gamma", shaped(*shape)),))


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
