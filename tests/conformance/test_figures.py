"""Parameters, multiply-adds and depth of bundled models are those of their references: figures.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

import archdsl
from archdsl.passes.cost import cost

_SOURCES = tomllib.loads((Path(__file__).parent / "figures.toml").read_text(encoding="utf-8"))
_ROWS = [(source, name, row) for source, rows in _SOURCES.items() for name, row in rows.items()]


@pytest.mark.parametrize(("source", "name", "published"), _ROWS, ids=[f"{name}, {source}" for source, name, _ in _ROWS])
def test_figures(source: str, name: str, published: Mapping[str, int]) -> None:
    measured = cost(archdsl.load(name).graph)
    assert {figure: getattr(measured, figure) for figure in published} == published
