"""Small module classes."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.backends.torch.registry import FIRST, LAST, turned

LAYERS: Mapping[str, str] = {
    "QuickGELU": '''
class QuickGELU(nn.Module):
    """An approximation of GELU: x * sigmoid(1.702 * x)."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)
''',
    "DropPath": '''
class DropPath(nn.Module):
    """Stochastic depth: while training, the branch is zero for some examples."""

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0.0:
            return x
        kept = x.new_empty(x.shape[0], *(1,) * (x.dim() - 1)).bernoulli_(1 - self.rate)
        return x * kept / (1 - self.rate)
''',
    "InstanceNorm": '''
class InstanceNorm(nn.Module):
    """Each channel of a map over its places, of which there may be one."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        scale: bool = True,
        center: bool = True,
    ) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(num_features)) if scale else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if center else None

    def forward(self, x: Tensor) -> Tensor:
        dims = tuple(range(2, x.dim()))
        var, mean = torch.var_mean(x, dims, correction=0, keepdim=True)
        x = (x - mean) / (var + self.eps).sqrt()
        if self.weight is not None:
            x = x * self.weight.reshape(-1, *(1,) * len(dims))
        if self.bias is not None:
            x = x + self.bias.reshape(-1, *(1,) * len(dims))
        return x
''',
    "Rescale": '''
class Rescale(nn.Module):
    """x * factor + offset, for each channel."""

    def __init__(
        self,
        factor: tuple[float, ...],
        offset: tuple[float, ...],
        shape: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.factor = nn.Buffer(torch.tensor(factor).reshape(shape), persistent=False)
        self.offset = nn.Buffer(torch.tensor(offset).reshape(shape), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor + self.offset
''',
    "Normalize": '''
class Normalize(nn.Module):
    """(x - mean) / std, for each channel."""

    def __init__(
        self, mean: tuple[float, ...], std: tuple[float, ...], shape: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.tensor(mean).reshape(shape), persistent=False)
        self.std = nn.Buffer(torch.tensor(std).reshape(shape), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std
''',
    "RelativePositionBias": '''
class RelativePositionBias(nn.Module):
    """A learned number for each head and difference of places: [1, heads, n, n]."""

    def __init__(self, heads: int, size: tuple[int, int]) -> None:
        super().__init__()
        h, w = size
        table = torch.empty((2 * h - 1) * (2 * w - 1), heads)
        nn.init.trunc_normal_(table, std=0.02, a=-0.04, b=0.04)
        self.table = nn.Parameter(table)
        self.index = nn.Buffer(relative_positions(size), persistent=False)

    def forward(self) -> Tensor:
        return self.table[self.index].permute(2, 0, 1)[None]
''',
    "Standardize": '''
class Standardize(nn.Module):
    """Zero mean and unit variance for each channel, by statistics of the data."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(shape))
        self.variance = nn.Buffer(torch.ones(shape))
        self.count = nn.Buffer(torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.variance.sqrt().clamp(min=1e-7)
''',
}

_SAME = '''
class Conv{rank}dSame(nn.Conv{rank}d):
    """Convolution padded as TensorFlow's "same" does: the odd place is at the end."""

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for size, k, stride, dilation in zip(
            x.shape[:1:-1],
            self.kernel_size[::-1],
            self.stride[::-1],
            self.dilation[::-1],
        ):
            extent = (k - 1) * dilation + 1
            total = max((-(-size // stride) - 1) * stride + extent - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))
'''
_LAYER_NORM = '''
class LayerNorm{rank}d(nn.LayerNorm):
    """Layer normalisation over the channels of a map, which come first."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x{last}){first}
'''


def ranked(name: str) -> str:
    """``Conv2dSame`` and ``LayerNorm2d``, and their variants for other ranks."""
    rank = int(next(c for c in name if c.isdigit()))
    if name.endswith("Same"):
        return _SAME.format(rank=rank)
    return _LAYER_NORM.format(rank=rank, last=turned(rank + 1, LAST), first=turned(rank + 1, FIRST))


_PARTIAL = '''
class {name}(nn.{base}):
    """{doc}"""

    def __init__(
        self,
        {features},
        scale: bool = True,
        center: bool = True,
        **options: float,
    ) -> None:
        super().__init__({argument}, **options)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)
'''
_FROZEN = """
    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)
"""


def partial(name: str) -> str:
    """``PartialBatchNorm2d``, without gain or offset, and ``FrozenBatchNorm2d``, which uses its running averages."""
    is_frozen = name.startswith("Frozen")
    base = name.removeprefix("Frozen").removeprefix("Partial")
    argument = "normalized_shape" if base == "LayerNorm" else "num_features"
    doc = (
        "Batch normalisation by its running averages, in training too."
        if is_frozen
        else "Normalisation of which the gain or the offset may be left out."
    )
    call = f"{argument}, affine=True" if base.startswith("Instance") else argument
    text = _PARTIAL.format(name=name, base=base, doc=doc, features=f"{argument}: int", argument=call)
    return text + (_FROZEN if is_frozen else "")


_AFFINE = '''
class Affine(nn.Module):
    """A learned factor and a learned offset."""

    def __init__(self, shape: tuple[int, ...], value: float = 1.0) -> None:
        super().__init__()
        self.{weight} = nn.Parameter(torch.full(shape, value))
        self.{bias} = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.{weight} + self.{bias}
'''


def affine(features: frozenset[str]) -> str:
    """``Affine``; features such as ``weight=alpha`` are the parameter names of a published model."""
    names = {"weight": "weight", "bias": "bias"} | dict(feature.split("=") for feature in features)
    return _AFFINE.format(**names)
