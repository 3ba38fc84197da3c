"""Ops by name. Importing this module imports every family."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from archdsl.ops import activation as activation
from archdsl.ops import attention as attention
from archdsl.ops import convolution as convolution
from archdsl.ops import extent as extent
from archdsl.ops import input as input
from archdsl.ops import joining as joining
from archdsl.ops import learned as learned
from archdsl.ops import linear as linear
from archdsl.ops import normalisation as normalisation
from archdsl.ops import pooling as pooling
from archdsl.ops import regularisation as regularisation
from archdsl.ops import reshape as reshape
from archdsl.ops import resize as resize
from archdsl.ops import tiling as tiling
from archdsl.ops import transposed as transposed
from archdsl.ops.base import Op

OPS: Mapping[str, type[Op]] = Op.registry


def op_from_json(value: Any) -> Any:
    """An op from its written form: a mapping with its name under ``op`` and its arguments beside it."""
    if isinstance(value, Mapping):
        arguments = dict(value)
        name = arguments.pop("op", None)
        kind = OPS.get(name) if isinstance(name, str) else None
        if kind is None:
            raise ValueError(f"no op is called {name!r}")
        # As JSON, where strict still takes an array for a tuple, so that "64" and true are no numbers.
        return kind.model_validate_json(json.dumps(arguments))
    return value
