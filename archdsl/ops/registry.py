"""Ops by name. Importing this module imports every family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.ops import convolution as convolution
from archdsl.ops.base import Op

OPS: Mapping[str, type[Op]] = Op.registry


def op_from_json(value: Any) -> Any:
    """An op from its written form: a mapping with its name under ``op`` and its arguments beside it."""
    if isinstance(value, Mapping):
        arguments = dict(value)
        kind = OPS.get(arguments.pop("op", ""))
        if kind is None:
            raise ValueError(f"no op is called {value.get('op')!r}")
        return kind.model_validate(arguments, strict=False)
    return value
