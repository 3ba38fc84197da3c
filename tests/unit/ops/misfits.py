"""A context that expects an op to refuse its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from archdsl.diagnostics import Diagnostic
from archdsl.ops.base import Misfit


@contextmanager
def refuses(code: type[Diagnostic], argument: str | None = None) -> Iterator[None]:
    """The block raises this code, which can be shown with the values that it carries."""
    with pytest.raises(Misfit) as caught:
        yield
    misfit = caught.value
    assert (misfit.code, misfit.argument) == (code, argument)
    values = {**vars(code), "op": "op", **misfit.values}  # the class holds the defaults of its fields
    code.message.format(**values)
    code.label.format(**values)
