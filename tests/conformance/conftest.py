"""Keeps what the comparisons measured: ``make conformance`` writes ``results.toml``, which docs/zoo.md shows."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).parent / "results.toml"

Conforms = Callable[[str, str, float, float], None]


@pytest.fixture(scope="session")
def _measured(request: pytest.FixtureRequest) -> Iterator[dict[str, dict[str, float]]]:
    measured: dict[str, dict[str, float]] = {}
    yield measured
    if request.config.getoption("--record", default=False) and measured:
        known = tomllib.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        RESULTS.write_text(_toml(known, measured), encoding="utf-8")


@pytest.fixture
def conforms(_measured: dict[str, dict[str, float]]) -> Conforms:
    """``conforms(model, reference, error, limit)``: the error is within the limit, and kept."""

    def check(model: str, reference: str, error: float, limit: float) -> None:
        assert error <= limit
        worst = _measured.setdefault(model, {})
        worst[reference] = max(error, worst.get(reference, 0.0))

    return check


def _toml(known: dict[str, Any], measured: dict[str, dict[str, float]]) -> str:
    """What was known before, with each reference overwritten by what this run measured, in the order of names."""
    today = datetime.date.today().isoformat()
    lines = ["# Largest difference of logits, relative to the largest logit; `make conformance` writes it."]
    for model in sorted({*known, *measured}):
        errors = {**known.get(model, {}).get("errors", {}), **measured.get(model, {})}
        date = today if model in measured else known[model]["date"]
        shown = ", ".join(f'"{reference}" = {error:.2e}' for reference, error in errors.items())
        lines.append(f'{model} = {{ date = "{date}", errors = {{ {shown} }} }}')
    return "\n".join(lines) + "\n"
