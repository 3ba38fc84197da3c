"""A text without mistakes is read without any, however its lines are laid out: recovery only acts after an error."""

from __future__ import annotations

import re
from random import Random

import pytest

from archdsl.source import SourceFile
from archdsl.syntax.parser import parse
from tests.fuzz.corpus import ROOT, texts
from tests.fuzz.programs import Writer

SPECS = [
    path.read_text("utf-8") for folder in ("specs", "archdsl/std") for path in sorted((ROOT / folder).glob("*.arch"))
]
_GOES_ON = re.compile(r"(?<=[{,]) (?=\S)|(?<= )(?=->)")
"""Where a statement may go on in the next line."""


def relaid(text: str, random: Random) -> str:
    """The text with other indentations, and some of its lines broken. Declarations stay in the first column."""
    lines = [
        line if re.search(r'[#"]', line) else _GOES_ON.sub(lambda _: random.choice(["\n ", " ", " "]), line)
        for line in text.split("\n")
    ]
    return re.sub(r"(?m)^[ ]+(?=\S)", lambda _: " " * random.randrange(9), "\n".join(lines))


def problems(text: str) -> list[str]:
    """What the reader says of a text. Where a branch begins is a matter of its column, and none of this test's."""
    module, found = parse(SourceFile("<text>", text))
    return [f"{d.span.line}: {d.text}" for d in found if d.code != "forgotten-arrow"] + [
        str(d) for d in module.doubtful
    ]


@pytest.mark.parametrize("seed", range(3))
def test_specs(seed: int) -> None:
    random = Random(seed)
    for text in SPECS:
        assert problems(text) == []
        assert problems(relaid(text, random)) == [], relaid(text, random)


def test_generated_programs() -> None:
    random = Random(1)
    for seed in range(100):
        text = Writer(Random(seed), seed).program()
        assert problems(text) == problems(relaid(text, random)) == []


def test_layouts_are_others_and_mistakes_are_seen() -> None:
    random = Random(2)
    assert sum(relaid(text, random) != text for text in texts()) > len(texts()) / 2
    assert problems("block A() {\nrelu\n") != []
