"""Several mistakes in one declaration are told each once, and nothing else is."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

from archdsl.compiler import Program
from archdsl.source import SourceFile
from tests.fuzz.corpus import ROOT, MemoryLoader
from tests.fuzz.plants import places, plant

FULL = "ARCHDSL_PLANTS" in os.environ
SPECS = [path.read_text("utf-8") for path in sorted((ROOT / "specs").glob("*.arch"))]
_NEAR = 1
"""Lines between a mistake and where it may be told: what ends a line is missed on the next."""


def _told(text: str) -> list[range]:
    """The lines that each error is about: a bracket that is not closed is one from there on."""
    program = Program(SourceFile("<text>", text), MemoryLoader({}))
    program.check()
    errors = [found for found in program.diagnostics if found.is_error]
    places = [[found.span.line, *(label.span.line for label in found.labels)] for found in errors]
    return [range(min(lines) - _NEAR, max(lines) + _NEAR + 1) for lines in places]


def _is_each_told(lines: list[int], told: list[range]) -> bool:
    """Whether each line has an error of its own, on it or beside it, and no error is left."""
    left = sorted(told, key=len)
    for line in lines:
        near = next((about for about in left if line in about), None)
        if near is None:
            return False
        left.remove(near)
    return not left


def share(count: int, rounds: int, seed: int) -> tuple[float, Counter[str]]:
    """How often ``count`` mistakes are told each once; and what was planted where they were not."""
    random, right, done, missed = Random(seed), 0, 0, Counter[str]()
    while done < rounds:
        text = random.choice(SPECS)
        if len(text) > 4_000:
            continue
        span = random.choice(places(text)) if count == 2 else (0, len(text))
        single = plant(text, span, count, random)
        if single is None:
            continue
        damaged, plants = single
        if not _told(damaged):  # no mistake at all: a bracket that may be left out, say
            continue
        done += 1
        if _is_each_told([line for _, line in plants], _told(damaged)):
            right += 1
        else:
            missed.update([kind for kind, _ in plants])
    return right / rounds, missed


def test_two_in_one_declaration() -> None:
    found, missed = share(2, 1_000 if FULL else 30, seed=1)
    assert found >= 0.85, missed


def test_five_in_one_file() -> None:
    found, missed = share(5, 500 if FULL else 15, seed=2)
    assert found >= (0.8 if FULL else 0.6), missed
