"""Functions of tensors."""

from __future__ import annotations

from collections.abc import Mapping

FUNCTIONS: Mapping[str, str] = {
    "window_partition": '''
def window_partition(x: Tensor, window: tuple[int, ...]) -> Tensor:
    """Cuts [n, h, w, c] into windows: [n, windows, places, c]."""
    k = len(window)
    sizes = [n for size, w in zip(x.shape[1:-1], window) for n in (size // w, w)]
    x = x.reshape(x.shape[0], *sizes, x.shape[-1])
    x = x.permute(0, *range(1, 2 * k, 2), *range(2, 2 * k + 1, 2), 2 * k + 1)
    return x.flatten(k + 1, -2).flatten(1, k)
''',
    "window_merge": '''
def window_merge(x: Tensor, window: tuple[int, ...], size: tuple[int, ...]) -> Tensor:
    """Puts windows [n, windows, places, c] together again: [n, h, w, c]."""
    k = len(window)
    counts = [n // w if n > 0 else -1 for n, w in zip(size, window)]
    x = x.reshape(x.shape[0], *counts, *window, x.shape[-1])
    x = x.permute(0, *(i for a in range(1, k + 1) for i in (a, a + k)), 2 * k + 1)
    for axis in range(1, k + 1):
        x = x.flatten(axis, axis + 1)
    return x
''',
    "space_to_depth": '''
def space_to_depth(x: Tensor, size: tuple[int, ...], order: str) -> Tensor:
    """Each block of places of [n, h, w, c] becomes one place with all its channels."""
    k = len(size)
    sizes = [n for length, s in zip(x.shape[1:-1], size) for n in (length // s, s)]
    x = x.reshape(x.shape[0], *sizes, x.shape[-1])
    inner, channels = [*range(2, 2 * k + 1, 2)], 2 * k + 1
    orders = {
        "hwc": [*inner, channels],
        "whc": [*reversed(inner), channels],
        "chw": [channels, *inner],
    }
    return x.permute(0, *range(1, 2 * k, 2), *orders[order]).flatten(k + 1)
''',
    "depth_to_space": '''
def depth_to_space(x: Tensor, size: tuple[int, ...], order: str) -> Tensor:
    """Channels of [n, h, w, c] become blocks of places."""
    k = len(size)
    if order == "hwc":
        x = x.unflatten(-1, (*size, -1))
        inner, channels = [*range(k + 1, 2 * k + 1)], 2 * k + 1
    elif order == "whc":
        x = x.unflatten(-1, (*reversed(size), -1))
        inner, channels = [*range(2 * k, k, -1)], 2 * k + 1
    else:
        x = x.unflatten(-1, (-1, *size))
        inner, channels = [*range(k + 2, 2 * k + 2)], k + 1
    pairs = [i for a, b in zip(range(1, k + 1), inner) for i in (a, b)]
    x = x.permute(0, *pairs, channels)
    for axis in range(1, k + 1):
        x = x.flatten(axis, axis + 1)
    return x
''',
    "conv_with": '''
def conv_with(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    pads: tuple[int, ...] | None,
    dilation: tuple[int, ...],
    groups: int,
) -> Tensor:
    """Convolves [n, c, ...] with kernels that are given, [n, f, ..., c / groups].

    One kernel is for all examples. Without pads the rule is TensorFlow's "same".
    """
    last = kernel.dim() - 1
    weight = kernel.permute(0, 1, last, *range(2, last))
    if pads is None:
        pads = ()
        sizes = zip(x.shape[:1:-1], weight.shape[:2:-1], stride[::-1], dilation[::-1])
        for size, k, s, d in sizes:
            total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
            pads += (total // 2, total - total // 2)
    x = F.pad(x, pads)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[x.dim() - 3]
    count = weight.shape[0]
    if count > 1:  # the examples become groups
        x = x.expand(count, *x.shape[1:]).flatten(0, 1)[None]
        y = convolve(x, weight.flatten(0, 1), None, stride, 0, dilation, count * groups)
        y = y.unflatten(1, weight.shape[:2])[0]
    else:
        y = convolve(x, weight[0], None, stride, 0, dilation, groups)
    return y if bias is None else y + bias.view(-1, *(1 for _ in stride))
''',
    "reflect_pad": '''
def reflect_pad(x: Tensor, pads: tuple[int, ...]) -> Tensor:
    """Mirrors a tensor at its ends; pads go from the last dimension, as in F.pad."""
    for i, (before, after) in enumerate(zip(pads[::2], pads[1::2])):
        dim = x.dim() - 1 - i
        last = x.shape[dim] - 1
        places = torch.arange(-before, last + after + 1, device=x.device).abs()
        x = x.index_select(dim, last - (last - places).abs())
    return x
''',
    "mean_inside": '''
def mean_inside(pool: nn.Module, x: Tensor, pads: tuple[int, ...]) -> Tensor:
    """Average pooling of a padded map, of which the padding does not count."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    return pool(F.pad(x, pads)) / pool(inside)
''',
    "resample": '''
def resample(
    x: Tensor, size: tuple[int, ...], method: str, antialias: bool = False
) -> Tensor:
    """Resizes [n, c, h, w] by a filter; what lies beyond the edge has no weight."""
    for dim, m in enumerate(size, 2):
        n = x.shape[dim]
        wider = max(n / m, 1.0) if antialias else 1.0
        centres = (torch.arange(m, device=x.device) + 0.5) * n / m
        places = torch.arange(n, device=x.device) + 0.5
        t = ((centres[:, None] - places) / wider).abs()
        if method == "bilinear":
            weights = (1 - t).clamp(min=0)
        elif method == "bicubic":
            near = 1.5 * t**3 - 2.5 * t**2 + 1
            far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
            weights = torch.where(t < 1, near, far) * (t < 2)
        else:
            radius = int(method.removeprefix("lanczos"))
            weights = torch.sinc(t) * torch.sinc(t / radius) * (t < radius)
        weights = (weights / weights.sum(1, keepdim=True)).to(x.dtype)
        x = (x.transpose(dim, -1) @ weights.T).transpose(dim, -1)
    return x
''',
    "channel_shuffle": '''
def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Deals the channels of each group out to all groups."""
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)
''',
    "ramp": '''
def ramp(count: int, start: float, step: float) -> Tensor:
    """start + step * i, in a batch of one."""
    return (start + step * torch.arange(count))[None]
''',
    "sinusoid": '''
def sinusoid(places: int, features: int, base: float, interleaved: bool) -> Tensor:
    """Positions as sines and cosines: [1, places, features]."""
    pairs = features // 2
    speeds = base ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
    angles = torch.arange(places)[:, None] * speeds
    both = torch.stack((angles.sin(), angles.cos()), dim=-1 if interleaved else 1)
    return both.flatten(1)[None].float()
''',
    "relative_positions": '''
def relative_positions(window: tuple[int, int]) -> Tensor:
    """For two tokens of a window, the row of a table for how far apart they are."""
    h, w = window
    rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    rows, columns = rows.flatten(), columns.flatten()
    down = rows[:, None] - rows + h - 1
    right = columns[:, None] - columns + w - 1
    return down * (2 * w - 1) + right
''',
    "shift_mask": '''
def shift_mask(
    window: tuple[int, int], size: tuple[int, int], shift: tuple[int, int]
) -> Tensor:
    """-100 where one of two tokens of a window came around an edge: [windows, n, n]."""
    (a, b), (h, w) = window, size
    rows = (torch.arange(h) >= h - shift[0]).long()
    columns = (torch.arange(w) >= w - shift[1]).long()
    region = 2 * rows[:, None] + columns
    region = region.reshape(h // a, a, w // b, b).transpose(1, 2).reshape(-1, a * b)
    return (region[:, :, None] != region[:, None]) * -100.0
''',
    "rotary_angles": '''
def rotary_angles(
    places: tuple[int, ...], features: int, base: float, interleaved: bool
) -> Tensor:
    """The angles by which pairs of features turn: [places, features]."""
    share = features // 2 // len(places)
    speeds = base ** (-torch.arange(share, dtype=torch.float64) / share)
    grid = torch.cartesian_prod(*(torch.arange(n) for n in places))
    angles = (grid.reshape(-1, len(places), 1) * speeds).flatten(1)
    angles = angles.repeat_interleave(2, 1) if interleaved else angles.repeat(1, 2)
    return angles.float()
''',
    "rotate": '''
def rotate(x: Tensor, angles: Tensor, interleaved: bool) -> Tensor:
    """Turns pairs of features of the last tokens; those before them stay."""
    before, x = x.split([x.shape[-2] - angles.shape[0], angles.shape[0]], dim=-2)
    if interleaved:
        a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
        turned = torch.stack((-b, a), dim=-1).flatten(-2)
    else:
        a, b = x.chunk(2, dim=-1)
        turned = torch.cat((-b, a), dim=-1)
    x = x * angles.cos().to(x.dtype) + turned * angles.sin().to(x.dtype)
    return torch.cat((before, x), dim=-2)
''',
    "rotary_table": '''
def rotary_table(
    places: tuple[int, ...], features: int, base: float, interleaved: bool
) -> Tensor:
    """The angles by which pairs of features turn, in a batch of one."""
    return rotary_angles(places, features, base, interleaved)[None]
''',
}
