"""Poolings. TensorFlow's "same" with a stride is PyTorch's ``ceil_mode``: the odd position is beyond the far edge."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, Argument, Code, code, make
from archdsl.backends.torch.code import Lowered, helped
from archdsl.backends.torch.lowering.convolution import MAP, one, padded
from archdsl.backends.torch.registry import FIRST, Orders, Site, lowers
from archdsl.ops.base import per_axis
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archdsl.ops.sliding import Pairs, pad_pairs, same_pads


class _Window:
    """The padding of a pooling: ``own`` is the layer's, ``None`` if ``pairs`` must be applied separately."""

    def __init__(self, op: MaxPool | AvgPool, site: Site) -> None:
        rank = site.rank
        self.k, self.strides = per_axis(op.k, rank, "k"), per_axis(op.step, rank, "stride")
        self.ceil = op.ceil_mode
        self.own: tuple[int, ...] | None = None
        self.beyond: Pairs = ((0, 0),) * rank
        if op.pad == "same":
            self.pairs = self._same(site)
        else:
            self.pairs = pad_pairs(0 if isinstance(op.pad, str) else op.pad, rank)
            if all(before == after and 2 * before <= k for (before, after), k in zip(self.pairs, self.k, strict=True)):
                self.own = tuple(before for before, _ in self.pairs)
        if self.own is None or self._is_refused(op, site, self.own):
            self.own, self.ceil = None, False
            if op.ceil_mode:
                self.beyond = tuple((0, extra) for extra in op.overhang(site.inputs[0])[1])

    def _is_refused(self, op: MaxPool | AvgPool, site: Site, own: tuple[int, ...]) -> bool:
        """Whether PyTorch rejects the map as too small: with its padding, but for means in 3-D without it."""
        bare = isinstance(op, AvgPool) and site.rank == 3
        sizes = zip(site.inputs[0], own, self.k, strict=False)
        return any(isinstance(n, int) and n + (0 if bare else 2 * pad) < k for n, pad, k in sizes)

    def _same(self, site: Site) -> Pairs:
        found = [same_pads(n, k, s) for n, k, s in zip(site.inputs[0], self.k, self.strides, strict=False)]
        pairs = tuple(pair or _halves(max(k - s, 0)) for pair, k, s in zip(found, self.k, self.strides, strict=True))
        if all(after - before in (0, s > 1) for (before, after), s in zip(pairs, self.strides, strict=True)):
            self.own = tuple(before for before, _ in pairs)
            self.ceil = any(before != after for before, after in pairs)
        return pairs

    @property
    def edges(self) -> Pairs:
        """The padding, and the overhang of the last window beyond it."""
        both = zip(self.pairs, self.beyond, strict=True)
        return tuple((before, after + extra) for (before, after), (_, extra) in both)

    def named(self) -> dict[str, Argument]:
        named: dict[str, Argument] = {} if self.strides == self.k else {"stride": one(self.strides)}
        if self.own and any(self.own):
            named["padding"] = one(self.own)
        return named | ({"ceil_mode": True} if self.ceil else {})


@lowers(MaxPool, orders=MAP)
def max_pool(op: MaxPool, site: Site) -> Lowered:
    window = _Window(op, site)
    made = make(f"nn.MaxPool{site.rank}d", ("kernel_size", one(window.k)), **window.named())
    call: Code = CALL
    if window.own is None:
        call = code('{self}(F.pad({0}, {pad}, value=float("-inf")))', pad=padded(window.edges))
    return Lowered(call, made)


@lowers(AvgPool, orders=MAP)
def avg_pool(op: AvgPool, site: Site) -> Lowered:
    window, counts = _Window(op, site), op.count_pad and op.pad != "same"
    named = window.named()
    if window.own is not None:
        if not counts and (any(window.own) or window.ceil):
            named["count_include_pad"] = False
        made = make(f"nn.AvgPool{site.rank}d", ("kernel_size", one(window.k)), **named)
        return Lowered(CALL, made)
    made = make(f"nn.AvgPool{site.rank}d", ("kernel_size", one(window.k)), **named)
    inside, helpers = "mean_inside({self}, {0}, {pad})", helped("mean_inside")
    if not counts:
        return Lowered(code(inside, pad=padded(window.edges)), made, helpers=helpers)
    if not any(map(any, window.beyond)):
        return Lowered(code("{self}(F.pad({0}, {pad}))", pad=padded(window.pairs)), made)
    text = inside.replace("{0}", "F.pad({0}, {own})")
    return Lowered(code(text, own=padded(window.pairs), pad=padded(window.beyond)), made, helpers=helpers)


def _halves(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2


@lowers(GlobalAvgPool)
def global_avg_pool(op: GlobalAvgPool, site: Site) -> Lowered:
    return _reduced("mean", op, site)


@lowers(GlobalMaxPool)
def global_max_pool(op: GlobalMaxPool, site: Site) -> Lowered:
    return _reduced("amax", op, site)


def _reduced(method: str, op: GlobalAvgPool | GlobalMaxPool, site: Site) -> Lowered:
    dims = site.spatial()
    keep = ", keepdim=True" if op.keepdims else ""
    return Lowered(code(f"{{0}}.{method}(dim={{dim}}{keep})", dim=dims[0] if len(dims) == 1 else dims))


@lowers(AdaptiveAvgPool, orders=Orders(takes=FIRST, gives=FIRST))
def adaptive_avg_pool(op: AdaptiveAvgPool, site: Site) -> Lowered:
    size = one(per_axis(op.size, site.rank, "size"))
    return Lowered(CALL, make(f"nn.AdaptiveAvgPool{site.rank}d", ("output_size", size)))
