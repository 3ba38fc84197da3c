"""The example of every op is a line of a spec, with the shapes that it says."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.ops.registry import OPS


@pytest.mark.parametrize("name", OPS)
def test_example_is_true(name: str) -> None:
    shapes, _, line = OPS[name].example.partition(": ")
    assert name in line
    archdsl.load_text(f"model Example :: {shapes} {{ {line} }}")


def test_names_and_aliases_are_unambiguous() -> None:
    names = [*OPS, *(alias for op in OPS.values() for alias in op.aliases)]
    assert len(names) == len(set(names))
