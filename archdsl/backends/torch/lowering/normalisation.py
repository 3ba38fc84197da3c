"""Normalisations. Those of PyTorch take channels first, except for layer and RMS norm."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, Argument, Code, Make, code, make
from archdsl.backends.torch.code import Entry, Lowered, entry, helped, integers, parameter, shaped
from archdsl.backends.torch.registry import FIRST, LAST, Orders, Site, lowers, turned
from archdsl.graph.dims import Shape
from archdsl.ops import normalisation as ops
from archdsl.ops.base import Op


def _map(op: Op, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return Orders(takes=FIRST) if len(output) > 1 else Orders()


_TOKENS = Orders(first=1)
"""Rather last."""


def _entries(op: ops.BatchNorm | ops.LayerNorm | ops.InstanceNorm) -> tuple[Entry, ...]:
    learned = (("weight", "gamma", op.scale), ("bias", "beta", op.center))
    return tuple(entry(key, name) for key, name, present in learned if present)


def _affine(
    op: ops.BatchNorm | ops.InstanceNorm, kind: str
) -> tuple[str, dict[str, Argument], dict[str, frozenset[str]]]:
    """The class, its arguments for gain and offset, and the helper needed if only one of them is learned."""
    if op.scale == op.center:
        return f"nn.{kind}", {"affine": op.scale}, {}
    helper = f"Partial{kind}"
    return helper, {"scale": op.scale, "center": op.center}, dict(helped(helper))


@lowers(ops.BatchNorm, orders=_map)
def batch_norm(op: ops.BatchNorm, site: Site) -> Lowered:
    rank = min(max(len(site.inputs[0]) - 1, 1), 3)
    flat = len(site.inputs[0]) > 4
    kind = f"BatchNorm{1 if flat else rank}d"
    callee, affine, helpers = _affine(op, kind)
    named: dict[str, Argument] = {"eps": op.eps} if op.eps != 1e-5 else {}
    momentum = round(1 - op.momentum, 10)
    if momentum != 0.1:
        named["momentum"] = momentum
    if not op.trainable:
        callee, affine = f"Frozen{kind}", {"scale": op.scale, "center": op.center}
        helpers = dict(helped(callee))
    running = (entry("running_mean", "moving_mean"), entry("running_var", "moving_variance"))
    made = make(callee, ("num_features", site.channels), **named, **affine)
    called = code("{self}({0}.flatten(2)).view_as({0})") if flat else CALL
    return Lowered(
        called, made, (*_entries(op), *running, Entry("num_batches_tracked", (), lambda _: integers(0))), helpers
    )


@lowers(ops.LayerNorm, orders=_TOKENS)
def layer_norm(op: ops.LayerNorm, site: Site) -> Lowered:
    named: dict[str, Argument] = {"eps": op.eps} if op.eps != 1e-5 else {}
    callee, helpers = "nn.LayerNorm", {}
    if not op.scale and not op.center:
        named["elementwise_affine"] = False
    elif not op.center:
        named["bias"] = False
    elif not op.scale:
        callee, helpers = "PartialLayerNorm", dict(helped("PartialLayerNorm"))
        named |= {"scale": False}
    return _last(make(callee, ("normalized_shape", site.channels), **named), _entries(op), site, helpers)


@lowers(ops.RmsNorm, orders=_TOKENS)
def rms_norm(op: ops.RmsNorm, site: Site) -> Lowered:
    named: dict[str, Argument] = {"eps": op.eps}
    if not op.scale:
        named["elementwise_affine"] = False
    made = make("nn.RMSNorm", ("normalized_shape", site.channels), **named)
    return _last(made, (entry("weight", "scale"),) if op.scale else (), site, {})


def _last(made: Make, entries: tuple[Entry, ...], site: Site, helpers: dict[str, frozenset[str]]) -> Lowered:
    """A channels-last layer; where channels come first, a class that permutes them."""
    if not (site.takes == FIRST and len(site.inputs[0]) > 1):
        return Lowered(CALL, made, entries, helpers)
    if made.callee == "nn.LayerNorm":
        name = f"LayerNorm{site.rank}d"
        return Lowered(CALL, Make(name, made.args, made.placed), entries, helped(name))
    rank = len(site.inputs[0])
    return Lowered(code(f"{{self}}({{0}}{turned(rank, LAST)}){turned(rank, FIRST)}"), made, entries, helpers)


@lowers(ops.GroupNorm, orders=_map)
def group_norm(op: ops.GroupNorm, site: Site) -> Lowered:
    return _grouped(op.groups, op.eps, site, (entry("weight", "gamma"), entry("bias", "beta")))


def _grouped(groups: int, eps: float, site: Site, entries: tuple[Entry, ...]) -> Lowered:
    named: dict[str, Argument] = {"eps": eps} if eps != 1e-5 else {}
    if not entries:
        named["affine"] = False
    made = make("nn.GroupNorm", ("num_groups", groups), ("num_channels", site.channels), **named)
    return Lowered(CALL, made, entries)


@lowers(ops.InstanceNorm, orders=_map)
def instance_norm(op: ops.InstanceNorm, site: Site) -> Lowered:
    if op.scale and "gamma" in site.stored and site.stored["gamma"].key != "weight":
        return _gained(op, site)
    callee, affine, helpers = _affine(op, f"InstanceNorm{site.rank}d")
    if all(dim == 1 for dim in site.inputs[0][:-1]):  # which PyTorch refuses
        callee, affine = "InstanceNorm", {"scale": op.scale, "center": op.center}
        helpers = dict(helped(callee))
    named: dict[str, Argument] = {"eps": op.eps} if op.eps != 1e-5 else {}
    return Lowered(CALL, make(callee, ("num_features", site.channels), **named, **affine), _entries(op), helpers)


def _gained(op: ops.InstanceNorm, site: Site) -> Lowered:
    """The functional form, with the gain as a parameter of its own."""
    shape = tuple(site.channels if size == -1 else size for size in site.stored["gamma"].shape)
    made = parameter("torch.ones", ("size", shape))
    called = code("F.instance_norm({0}, weight={self}.flatten(), eps={eps})", eps=op.eps)
    return Lowered(called, made, (entry("", "gamma", shaped(*shape)),))


@lowers(ops.LocalResponseNorm, orders=_map)
def local_response_norm(op: ops.LocalResponseNorm, site: Site) -> Lowered:
    alpha = op.alpha if op.divide else op.alpha * op.size
    named: dict[str, Argument] = {
        name: value
        for name, value, usual in (("alpha", alpha, 1e-4), ("beta", op.beta, 0.75), ("k", op.k, 1.0))
        if value != usual
    }
    called: Code = CALL if len(site.inputs[0]) > 1 else code("{self}({0}[..., None])[..., 0]")
    return Lowered(called, make("nn.LocalResponseNorm", ("size", op.size), **named))
