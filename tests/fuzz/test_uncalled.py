"""What is wrong with a definition is told although nothing calls it, and nothing is told of one that is right."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.fuzz.programs import Writer
from tests.fuzz.uncalled import SPECS, errors, read, share

FULL = "ARCHDSL_UNCALLED" in os.environ


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_sound_definitions_stay_silent(path: object) -> None:
    spec = read(path)  # type: ignore[arg-type]
    assert [found.text for found in errors(spec.uncalled)] == []


def test_generated_programs_stay_silent() -> None:
    for seed in range(10_000 if FULL else 10):
        text = Writer(Random(f"uncalled {seed}"), seed).program()
        assert [found.text for found in errors(text)] == [], text


def test_planted_mistakes_are_told() -> None:
    found = share(1_000 if FULL else 60, seed=1)
    print(*sorted(found.missed), sep="\n")
    assert found.total >= 0.7, {kind: (found.found[kind], found.planted[kind]) for kind in sorted(found.planted)}
