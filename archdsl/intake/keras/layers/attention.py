"""Attention: Keras's own layers, and the one that archdsl has for what these lack."""

from __future__ import annotations

from typing import Any

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads


def _size(config: Config, name: str) -> int | None:
    """A number of features, which some layers take as a list of one."""
    value = config.values.get(name)
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if value is not None and type(value) is not int:
        raise Unsupported(f"{name}={value!r} has no counterpart")
    return value


def _common(config: Config) -> dict[str, Any]:
    return {
        "dropout": config.number("dropout", 0.0),
        "l2": config.l2("kernel_regularizer"),
        "trainable": config.flag("trainable", True),
    }


def _attend(config: Config, use: Use, **arguments: Any) -> str:
    """A layer that is called with a query, values and perhaps keys, and leaves defaults of ``attention`` out."""
    width = use.shape()[-1]
    if arguments["key_dim"] * arguments["heads"] == width:
        arguments["key_dim"] = None
    if arguments.get("units") == width:
        arguments["units"] = None
    for place, name in ((3, "query_mask"), (4, "value_mask"), (5, "key_mask"), (6, "attention_mask")):
        if use.argument(place, name) is not None:
            raise Unsupported(f"{name} has no counterpart")
    if use.argument(7, "return_attention_scores", False) is not False:
        raise Unsupported("it gives the weights of the attention as well")
    query, value = (use.value(use.argument(place, name)) for place, name in enumerate(("query", "value")))
    if query is None or value is None:
        raise Unsupported("it is called without a query and values")
    key = use.value(use.argument(2, "key")) or value
    others = [] if query == value == key else [key] if key == value else [key, value]
    causal = use.argument(9, "use_causal_mask", False) is True
    return use.emit("attention", query, *others, causal=causal, **arguments, **_common(config))


@reads("MultiHeadAttention")
def _multi_head(config: Config, use: Use) -> str:
    config.only("use_gate", False)
    rank, axes = len(use.shape()), config.values.get("attention_axes")
    if axes != [rank - 1] and not (axes is None and rank == 2):
        raise Unsupported(f"attention_axes={axes!r} are not the last axis before the features")
    key_dim, value_dim = config.integer("key_dim"), _size(config, "value_dim")
    return _attend(
        config,
        use,
        heads=config.integer("num_heads"),
        key_dim=key_dim,
        value_dim=None if value_dim == key_dim else value_dim,
        units=_size(config, "output_shape"),
        bias=config.flag("use_bias", True),
    )


@reads("GroupQueryAttention")
def _grouped(config: Config, use: Use) -> str:
    config.only("use_gate", False)
    heads, groups = config.integer("num_query_heads"), config.integer("num_key_value_heads")
    return _attend(
        config,
        use,
        heads=heads,
        key_dim=config.integer("head_dim"),
        kv_heads=None if groups == heads else groups,
        bias=config.flag("use_bias", True),
    )


@reads("archdsl>Attention")
def _own(config: Config, use: Use) -> str:
    given = config.values
    heads, key_dim, width = config.integer("num_heads"), config.integer("key_dim"), use.shape()[-1]
    names = ("value_dim", "units", "kv_heads", "qk_norm", "causal", "talking_heads", "rotary_base", "rotary_pairs")
    bias = given.get("use_bias", True)
    return use.emit(
        "attention",
        heads=heads,
        key_dim=None if key_dim * heads == width else key_dim,
        bias=tuple(bias) if isinstance(bias, list) else bias,
        scale="learned" if given.get("learned_scale") else given.get("scale"),
        rotary=_grid(given.get("rotary")),
        relative_position=_grid(given.get("window")),
        map=_grid(given.get("map")),
        shift=_shift(given.get("shift")),
        **{name: given[name] for name in names if name in given},
        **_common(config),
    )


def _grid(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _shift(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len({*value}) == 1 else _grid(value or 0)
