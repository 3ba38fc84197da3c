"""The laws of the form, over every spec, sample, generated program and damaged text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from archdsl.format import columns, format_text, printer
from archdsl.source import SourceFile
from archdsl.syntax import tables, tree
from archdsl.syntax.lexer import scan
from archdsl.syntax.tokens import CLOSER, CLOSERS, Token
from tests.fuzz.corpus import ROOT, texts
from tests.fuzz.mutations import damaged
from tests.fuzz.programs import Writer
from tests.unit.format.laws import formatted, is_sound, sound
from tests.unit.syntax.test_tree import TEXTS

MANY = "ARCHDSL_FORMS" in os.environ
COUNT = int(os.environ.get("ARCHDSL_FORMS", "60"))
FILES = sorted([*ROOT.glob("specs/*.arch"), *ROOT.glob("archdsl/std/*.arch")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_zoo_is_in_the_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert sound(text) == text, f"archdsl fmt {path.relative_to(ROOT)}"


def test_every_text() -> None:
    """Of the error cases and the manual, sound or not."""
    step = 1 if MANY else 4
    for text in texts()[::step]:
        (sound if is_sound(text) else formatted)(text)


def test_generated_programs() -> None:
    for seed in range(COUNT if MANY else 12):
        sound(Writer(Random(seed), seed).program())


def test_damaged_texts() -> None:
    """Their form is one that stays, too."""
    random = Random(11)
    for _ in range(COUNT):
        text = damaged(random.choice(texts()), random)
        made = formatted(text)
        assert format_text(made).text == made


@settings(max_examples=60, derandomize=True, deadline=None)
@given(TEXTS)
def test_any_text(text: str) -> None:
    formatted(text)


@pytest.mark.parametrize("width", [20, 45, 70, 100] if MANY else [30])
def test_short_lines(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that everything breaks that can be broken."""
    monkeypatch.setattr(printer, "WIDTH", width)
    monkeypatch.setattr(columns, "WIDTH", width)
    for text in texts()[:: 1 if MANY else 7]:
        if is_sound(text):
            sound(text)


# --- what was broken stays --------------------------------------------------------------------------------------------


def _declarations(text: str) -> Iterator[tuple[int, int]]:
    """From where to where in a text each declaration stands."""
    starts = [found.start() for found in re.finditer(r"^(?:let|fn|block|model|check|from) ", text, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield start, start + len(re.sub(r"(?:\n|#[^\n]*)*\Z", "", text[start:end]))


def _single(text: str) -> str:
    return re.sub(r" {2,}", " ", text)


def _broken(declaration: str, random: Random) -> str:
    """A declaration with a mistake, and with blanks that the form would not have."""
    first, _, rest = declaration.partition(" ")
    rest = rest.replace(", ", " ,  ").replace(" = ", "=")
    return f"{first}  " + random.choice([f"? {rest}", f"{rest} ) (", rest.replace("(", "((", 1) + " @"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_broken_declaration_stays_byte_by_byte(path: Path) -> None:
    text, random = path.read_text(encoding="utf-8"), Random(path.name)
    places = list(_declarations(text))
    for start, end in places if MANY else random.sample(places, 2):
        broken = _broken(text[start:end], random)
        made = format_text(f"{text[:start]}{broken}{text[end:]}")
        assert re.search(rf"^{re.escape(broken)}(?: *#.*)?$", made.text, re.MULTILINE)
        assert made.left[0] == text.count("\n", 0, start) + 1
        # Around it nothing changes but columns that it was part of.
        assert _single(made.text) == _single(f"{text[:start]}{broken}{text[end:]}")


# --- what was mangled comes back --------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """A text in its form without the columns that its writer chose."""
    return format_text(re.sub(r"(?<=\S) {2,}(?=\S)", " ", text)).text


_OPTIONAL_COMMA = {"params", "ports", "shape", "list", "arguments"}
"""Rules that allow a comma before the closing bracket."""


def _closers(text: str) -> set[int]:
    """Where brackets close that a comma may stand before."""
    found, at = set(), 0
    pending: list[tree.Child] = [tree.parse(SourceFile("<text>", text))]
    last: set[int] = set()
    while pending:
        child = pending.pop()
        if isinstance(child, tree.Node):
            if child.kind in _OPTIONAL_COMMA and len(child.children) > 2:
                last.add(id(child.children[-1]))
            pending.extend(reversed(child.children))
        else:
            at += len(child.trivia)
            if id(child) in last:
                found.add(at)
            at += len(child.text)
    return found


def _mangled(text: str, random: Random) -> str:
    """The text with other blanks, line breaks elsewhere, and commas before closing brackets or not.

    Line breaks stay where a writer chooses them, in flows and braces, but for the side of the arrow that they are on.
    """
    tokens, closers = scan(text, tables.load()).tokens, _closers(text)
    made, opened, end, owed = "", [], 0, False
    for number, token in enumerate(tokens[:-1]):
        between = text[end : token.start]
        previous = tokens[number - 1] if number else None
        is_code = "#" not in between
        if token.type == "NEWLINE" and is_code and tokens[number + 1].type == "ARROW" and random.random() < 0.5:
            owed, end = True, token.end  # the break comes after the arrow
            made += " "
            continue
        if previous is not None and previous.type == "ARROW" and owed:
            between, owed = random.choice(["\n", " \n\t  "]), False
        if token.start in closers and is_code and previous is not None:
            if previous.type == "COMMA" and random.random() < 0.5:
                made = made.rstrip(" \t\n").removesuffix(",")
            elif previous.type not in ("COMMA", "NEWLINE") and random.random() < 0.5:
                made += random.choice([",", " ,"])
        made += _gap(between, previous, token, opened, random) + token.text
        end = token.end
        if token.type in CLOSER:
            opened.append(token.type)
        elif token.type in CLOSERS:
            opened.pop()
    return made + text[end:]


def _gap(between: str, previous: Token | None, token: Token, opened: list[str], random: Random) -> str:
    is_free = bool(opened) and opened[-1] != "LBRACE"
    if previous is None or "#" in between or "\n" in between or "NEWLINE" in (token.type, previous.type):
        return random.choice([" ", "\n\n\t "]) if is_free and "#" not in between else between
    if is_free:
        return random.choice([" ", "\n"]) if _join(previous, token) else random.choice(["", " ", "\n   ", "\t"])
    if previous.type == "EQUAL" or (previous.type == "COMMA" and not opened):
        return random.choice([" ", "\n    "])
    return " " if _join(previous, token) or between else random.choice(["", " "])


def _join(previous: Token, token: Token) -> bool:
    """Whether two tokens would be one, or others, without a blank between them."""
    return len(scan(previous.text + token.text, tables.load()).tokens) != 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_mangled_texts_come_back(path: Path) -> None:
    text, random = _plain(path.read_text(encoding="utf-8")), Random(path.name)
    for _ in range(20 if MANY else 1):
        mangled = _mangled(text, random)
        assert mangled != text
        assert format_text(mangled).text == text
