"""Reshapes, slices and concatenations of ATen in operators of ONNX."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.program import Constant
from archdsl.intake.torch.call import Call, Tensor, reads


@reads("view", "reshape", "_unsafe_view")
def reshape(call: Call) -> Tensor:
    return call.emit("Reshape", call["self"], call["shape"] if call["shape"] is not None else call["size"], allowzero=1)


@reads("flatten")
def flatten(call: Call) -> Tensor:
    shape = call.shape()
    first, last = call["start_dim"] % len(shape), call["end_dim"] % len(shape)
    return call.emit("Reshape", call["self"], [*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]])


@reads("unflatten")
def unflatten(call: Call) -> Tensor:
    shape, place = call.shape(), call["dim"] % len(call.shape())
    return call.emit("Reshape", call["self"], [*shape[:place], *call["sizes"], *shape[place + 1 :]])


@reads("permute")
def permute(call: Call) -> Tensor:
    rank = len(call.shape())
    return call.emit("Transpose", call["self"], perm=tuple(n % rank for n in call["dims"]))


@reads("transpose", "swapaxes", "swapdims")
def transpose(call: Call) -> Tensor:
    order = [*range(len(call.shape()))]
    one, other = (call[f"dim{i}"] if call[f"dim{i}"] is not None else call[f"axis{i}"] for i in (0, 1))
    order[one], order[other] = order[other], order[one]
    return call.emit("Transpose", call["self"], perm=tuple(order))


@reads("t", "numpy_T")
def turned(call: Call) -> Tensor:
    return call.emit("Transpose", call["self"], perm=tuple(range(len(call.shape())))[::-1])


@reads("movedim")
def movedim(call: Call) -> Tensor:
    source, target = (
        call[name] if isinstance(call[name], list) else [call[name]] for name in ("source", "destination")
    )
    if len(source) != 1:
        raise Unsupported("several axes are moved")
    return call.emit("MoveAxis", call["self"], source=source[0], target=target[0])


@reads("squeeze")
def squeeze(call: Call) -> Tensor:
    dims, shape = call["dim"], call.shape()
    listed = [i for i, n in enumerate(shape) if n == 1] if dims is None else [dims] if isinstance(dims, int) else dims
    listed = [n for n in listed if shape[n] == 1]
    return call.emit("Squeeze", call["self"], listed) if listed else call["self"]


@reads("unsqueeze")
def unsqueeze(call: Call) -> Tensor:
    return call.emit("Unsqueeze", call["self"], [call["dim"]])


@reads("expand")
def expand(call: Call) -> Tensor:
    shape, size = call.shape(), call["size"]
    padded = (*(1 for _ in range(len(size) - len(shape))), *shape)
    return call.emit("Expand", call["self"], [n if m == -1 else m for n, m in zip(padded, size, strict=True)])


@reads("expand_as")
def expand_as(call: Call) -> Tensor:
    return call.emit("Expand", call["self"], [*call.shape("other")])


@reads("repeat")
def repeat(call: Call) -> Tensor:
    repeats = call["repeats"]
    padded = [*(1 for _ in range(len(repeats) - len(call.shape()))), *call.shape()]
    return call.emit("Tile", call.emit("Reshape", call["self"], padded), repeats)


@reads("slice")
def slice_(call: Call) -> Tensor:
    dim, size = call["dim"], call.shape()[call["dim"]]
    start, end = call["start"] or 0, call["end"] if call["end"] is not None else size
    return call.emit("Slice", call["self"], [start], [min(end, size)], [dim], [call["step"] or 1])


@reads("select")
def select(call: Call) -> Tensor:
    name = call.number([call["index"]])
    call.program.constants[name] = Constant(np.asarray(call["index"], np.int64))
    return call.emit("Gather", call["self"], name, axis=call["dim"])


@reads("index_select")
def index_select(call: Call) -> Tensor:
    return call.emit("Gather", call["self"], call["index"], axis=call["dim"])


@reads("index")
def index(call: Call) -> Tensor:
    places = [place for place, each in enumerate(call["indices"]) if each is not None]
    if len(places) != 1:
        raise Unsupported("places of several axes by lists have no counterpart")
    return call.emit("Gather", call["self"], call["indices"][places[0]], axis=places[0])


@reads("split", "split_with_sizes", "chunk")
def split(call: Call) -> Tensor:
    size, dim = call.shape()[call["dim"]], call["dim"]
    if call["operator"].startswith("chunk"):
        each: Any = -(-size // call["chunks"])
    else:
        each = call["split_sizes"] if call["split_sizes"] is not None else call["split_size"]
    sizes = [*each] if isinstance(each, list) else [min(each, size - at) for at in range(0, size, each)]
    found = call.emit("Split", call["self"], sizes, outputs=len(sizes), axis=dim)
    return found if len(sizes) > 1 else (found,)


@reads("unbind")
def unbind(call: Call) -> Tensor:
    found = []
    for place in range(call.shape()[call["dim"]]):
        call.given["index"] = place
        found.append(select(call))
    return tuple(found)


@reads("roll")
def roll(call: Call) -> Tensor:
    return call.emit("Roll", call["self"], axes=tuple(call["dims"]), shifts=tuple(call["shifts"]))


@reads("pad", "constant_pad_nd")
def pad(call: Call) -> Tensor:
    rank, given = len(call.shape()), call["pad"]
    before, after = [0] * rank, [0] * rank
    for place in range(len(given) // 2):
        before[rank - 1 - place], after[rank - 1 - place] = given[2 * place], given[2 * place + 1]
    if min(before + after) < 0:
        starts, ends = [max(-n, 0) for n in before], [n - max(-m, 0) for n, m in zip(call.shape(), after, strict=True)]
        cut = call.emit("Slice", call["self"], starts, ends, [*range(rank)])
        before, after = ([max(n, 0) for n in each] for each in (before, after))
    else:
        cut = call["self"]
    return call.emit("Pad", cut, before + after, call["value"] or 0.0, mode=call["mode"] or "constant")


@reads("pixel_shuffle")
def pixel_shuffle(call: Call) -> Tensor:
    return call.emit("DepthToSpace", call["self"], blocksize=call["upscale_factor"], mode="CRD")


@reads("channel_shuffle")
def channel_shuffle(call: Call) -> Tensor:
    n, c, h, w = call.shape()
    groups = call["groups"]
    split_ = call.emit("Reshape", call["self"], [n, groups, c // groups, h, w])
    return call.emit("Reshape", call.emit("Transpose", split_, perm=(0, 2, 1, 3, 4)), [n, c, h, w])


@reads("upsample_nearest2d", "upsample_bilinear2d")
def upsample(call: Call) -> Tensor:
    shape = call.shape() if call["self"] is not None else call.shape("input")
    size, factors = call["output_size"], call["scale_factors"]
    after = [*size] if size is not None else [int(n * f) for n, f in zip(shape[2:], factors, strict=True)]
    is_nearest = call["operator"].startswith("upsample_nearest")
    places = "align_corners" if call["align_corners"] else "asymmetric" if is_nearest else "half_pixel"
    return call.emit(
        "Resize",
        call["self"] if call["self"] is not None else call["input"],
        None,
        None,
        [*shape[:2], *after],
        mode="nearest" if is_nearest else "linear",
        coordinate_transformation_mode=places,
        nearest_mode="floor",
    )
