"""Poolings."""

from __future__ import annotations

from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads, single


def _pooling(op: str, config: Config, use: Use) -> str:
    single(use)
    config.channels_last()
    k, stride = config.sizes("pool_size"), config.sizes("strides")
    return use.emit(op, k=k, stride=None if stride == k else stride, pad=config.word("padding", "same", "valid"))


@reads("MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
def _max_pool(config: Config, use: Use) -> str:
    return _pooling("max_pool", config, use)


@reads("AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def _avg_pool(config: Config, use: Use) -> str:
    return _pooling("avg_pool", config, use)


def _global(op: str, config: Config, use: Use) -> str:
    single(use)
    config.channels_last()
    return use.emit(op, keepdims=config.flag("keepdims", False))


@reads("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D")
def _global_avg(config: Config, use: Use) -> str:
    return _global("global_avg_pool", config, use)


@reads("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
def _global_max(config: Config, use: Use) -> str:
    return _global("global_max_pool", config, use)
