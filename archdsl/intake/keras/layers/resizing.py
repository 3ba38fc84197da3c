"""Maps of another size, and maps cut into blocks: where sizes are open these are layers of archdsl."""

from __future__ import annotations

from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads, single


@reads("Resizing")
def _resizing(config: Config, use: Use) -> str:
    single(use)
    config.channels_last()
    for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio"):
        config.only(name, False)
    size = (config.integer("height"), config.integer("width"))
    method, antialias = config.word("interpolation"), config.flag("antialias", False)
    return use.emit("resize", size=size, method=method, antialias=antialias)


@reads("archdsl>ResizeLike")
def _resize_like(config: Config, use: Use) -> str:
    return use.emit("resize", method=config.word("interpolation"), antialias=config.flag("antialias"))


@reads("archdsl>ResizeBy")
def _resize_by(config: Config, use: Use) -> str:
    return use.emit("upsample", size=config.sizes("size"), method=config.word("interpolation"))


@reads("archdsl>UnflattenLike")
def _unflatten_like(_: Config, use: Use) -> str:
    return use.emit("unflatten_spatial")


@reads("archdsl>SpaceToDepth", "archdsl>DepthToSpace")
def _shuffle(config: Config, use: Use) -> str:
    op = "space_to_depth" if use.kind == "archdsl>SpaceToDepth" else "depth_to_space"
    return use.emit(op, size=config.sizes("size"), order=config.word("order"))


@reads("archdsl>WindowPartition")
def _window_partition(config: Config, use: Use) -> str:
    return use.emit("window_partition", window=config.sizes("window"))


@reads("archdsl>WindowMerge")
def _window_merge(config: Config, use: Use) -> str:
    return use.emit("window_merge", window=config.sizes("window"), size=config.axes("size"))
