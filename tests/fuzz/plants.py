"""Mistakes that people make, planted in sound specs: each with the lines on which it may be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from archdsl.elaborate.builtins import LANGUAGE

_DECLARATION: Final = re.compile(
    r"^(block|model)\b.*?(?=^(?:from|let|fn|block|model|check|##|#)|\Z)", re.MULTILINE | re.DOTALL
)
_KEYWORDS: Final = re.compile(r"\b(repeat|for|in|let|shared|ports|table|if|else|as)\b")
_HEADER: Final = re.compile(r"table \{\n[^\n]*\Z")
_FOREIGN: Final = (("->", "=>"), ("->", "|>"), ("=", ":"), ('"', "'"), ("*", "×"), ("->", "→"), (":", "="))


class Plant(NamedTuple):
    """A change of a text at a place."""

    kind: str
    start: int
    end: int
    replacement: str


Kind = Callable[[str, Random], Iterator[Plant]]


def _lose(mark: str) -> Kind:
    """One mark is forgotten."""

    def plants(text: str, random: Random) -> Iterator[Plant]:
        for found in re.finditer(re.escape(mark), text):
            yield Plant(f"without {mark}", found.start(), found.end(), " " if mark == "(" else "")

    return plants


def _foreign(text: str, random: Random) -> Iterator[Plant]:
    """A mark of another language stands there."""
    for mark, other in _FOREIGN:
        for found in re.finditer(rf"(?<![=<>!~:*-]){re.escape(mark)}(?![=:*>])", text):
            if mark != '"':
                yield Plant(f"{other} for {mark}", found.start(), found.end(), other)
    for found in re.finditer(r'"[^"\n]*"', text):
        yield Plant("single quotes", found.start(), found.end(), f"'{found[0][1:-1]}'")


def _misspelt(text: str, random: Random) -> Iterator[Plant]:
    """Two letters of a word are swapped, or one is lost."""
    for found in _KEYWORDS.finditer(text):
        if len(found[0]) > 3:
            yield Plant("keyword", found.start(), found.end(), _typo(found[0], random))
    for found in re.finditer(r"\b[A-Za-z_]\w{3,}\b(?=[\s,)\n(]*)", text):
        is_defined = re.match(r" ?[=:](?!=)", text[found.end() :]) or _HEADER.search(text[: found.start()])
        if found[0] in LANGUAGE and not is_defined:  # else it is told at its uses
            yield Plant("name", found.start(), found.end(), _typo(found[0], random))


def _typo(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return swapped if swapped != word else word[:at] + word[at + 1 :]


def _argument(text: str, random: Random) -> Iterator[Plant]:
    """An argument that no op has, or one without a value."""
    for found in re.finditer(r"\b(k|stride|pad|groups|rate)=(?=[\w\"(\[])", text):
        yield Plant("argument", found.start(), found.end(), f"{found[1]}zz=")
        yield Plant("no value", found.end(), found.end() + len(_value(text, found.end())), "")


def _value(text: str, at: int) -> str:
    found = re.compile(r'"[^"\n]*"|\w+').match(text, at)
    return found[0] if found else ""


def _twice(text: str, random: Random) -> Iterator[Plant]:
    for found in re.finditer(r"->|,", text):
        yield Plant(f"{found[0]} twice", found.end(), found.end(), f" {found[0]}")


def _stray(text: str, random: Random) -> Iterator[Plant]:
    for found in re.finditer(r"(?<=[\w)]) ?(?=[,)\n])", text):
        yield Plant("stray", found.start(), found.start(), random.choice(" ; $ @".split(" ")[1:]))


KINDS: Final[Sequence[Kind]] = (
    *map(_lose, ("->", ",", ")", "(", "]", "{", "}", "=", ":")),
    *(_foreign, _foreign, _misspelt, _misspelt, _misspelt, _argument, _argument, _twice, _stray),
)


def places(text: str) -> list[tuple[int, int]]:
    """The declarations with bodies, as offsets."""
    return [found.span() for found in _DECLARATION.finditer(text)]


def _code(text: str) -> str:
    """The text with its comments, facts and documentation blanked out: mistakes in them are none."""
    blank = lambda found: re.sub(r"[^\n]", " ", found[0])  # noqa: E731
    return re.sub(r"about \{[^}]*\}", blank, re.sub(r"#[^\n]*", blank, text))


def plant(text: str, span: tuple[int, int], count: int, random: Random) -> tuple[str, list[tuple[str, int]]] | None:
    """The text with mistakes at ``count`` places on different lines of a part of it; each with its kind and line."""
    code = " " * span[0] + _code(text[span[0] : span[1]])
    chosen: list[Plant] = []
    for _ in range(count * 10):
        found = [*random.choice(KINDS)(code, random)]
        if not found:
            continue
        one = random.choice(found)
        line = text.count("\n", 0, one.start)
        if all(abs(text.count("\n", 0, other.start) - line) > 1 for other in chosen):
            chosen.append(one)
        if len(chosen) == count:
            break
    if len(chosen) < count:
        return None
    lines = [(one.kind, text.count("\n", 0, one.start) + 1) for one in chosen]
    for one in sorted(chosen, key=lambda each: -each.start):
        text = text[: one.start] + one.replacement + text[one.end :]
    return text, lines
