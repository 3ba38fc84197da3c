"""Every mistake in tests/cases/errors is shown as the .err file beside it says.

A case is a file, or a folder with a `main.arch` that imports its neighbours. `pytest --update-golden` writes the .err
files; read the difference as the user who made the mistake: is the smallest span marked, the reason given with its
values, one error for one cause, and a help that can be pasted?
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pytest

from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.explain import catalogue
from archdsl.diagnostics.terminal import render_all
from archdsl.files import DiskLoader

FOLDER = Path(__file__).parent / "cases" / "errors"
CASES = sorted([*FOLDER.glob("*.arch"), *FOLDER.glob("*/main.arch")])
Golden = Callable[[Path, str], None]

_BY_SIZE = "takes a large spec: tests/trust/test_limits.py"
ELSEWHERE = {
    **dict.fromkeys(("source-too-long", "statement-too-long", "too-many-files", "too-many-problems"), _BY_SIZE),
    "ambiguous-model": "raised by the API, which needs one model: tests/unit/test_choice_of_model.py",
    "invalid-graph": "about a graph in JSON: tests/unit/cli/test_diff.py",
    "not-utf8": "about bytes that are no text, which no case is: tests/trust/test_reading.py",
    "form-too-large": "about a form that is written: tests/keras/test_serving.py",
    "no-kernel": "about a form that is written: tests/keras/test_serving.py",
    "opaque-step": "about a form that is written: tests/unit/backends/test_known.py",
    "subclassed-model": "about a file of Keras: tests/unit/intake/test_commands.py",
    "no-model": "raised by the API, which needs one model: tests/unit/test_choice_of_model.py",
}
"""Codes that no spec alone can show, and where they are tested."""


def _name(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def _check(path: Path) -> tuple[Diagnostic, ...]:
    return _diagnose(path.read_text(encoding="utf-8"), path)


def _diagnose(text: str, path: Path) -> tuple[Diagnostic, ...]:
    loader = DiskLoader(path.resolve().parent)
    program = Program(loader.source(path.resolve(), text), loader)
    program.check()
    return program.diagnostics


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_case(path: Path, golden: Golden) -> None:
    diagnostics = _check(path)
    assert diagnostics, "a case shows a mistake"
    golden(path.with_suffix(".err"), render_all(diagnostics, colour=False) + "\n")


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_style(path: Path) -> None:
    """Lower case, no full stop, no first person, no blame, at most three places."""
    for found in _check(path):
        texts = [found.text, found.primary.text, *(label.text for label in found.labels), *found.help]
        for text in filter(None, texts):
            assert not text.endswith("."), text
            assert not text[0].isupper() or text.startswith("U+"), text
            assert not re.search(r"\b(I|we|you have|your|please|sorry|invalid|illegal|forbidden)\b", text), text
        assert len(found.labels) <= 2, "at most three places"


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_fixes_help(path: Path) -> None:
    """A fix that a tool applies as it is takes its diagnostic away."""
    text = path.read_text(encoding="utf-8")
    for found in _check(path):
        fix = found.fix
        if fix is None or fix.span.source.name != path.name:
            continue
        mended = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
        moved = len(mended) - len(text) if fix.span.start <= found.span.start else 0
        left = _diagnose(mended, path)
        places = {(d.code, d.text, d.span.start) for d in left}
        assert (found.code, found.text, found.span.start + moved) not in places, fix.replacement


def test_each_is_judged() -> None:
    """By what a reader is told: the cause, the place and the mend; what is missing is in the backlog."""
    judged = {name: words.split() for name, words in tomllib.loads((FOLDER / "judged.toml").read_text("utf-8")).items()}
    assert set(judged) == set(map(_name, CASES))
    assert len(judged) >= 250
    assert all(words and set(words) <= {"cause", "place", "mend"} for words in judged.values())
    assert mean(map(len, judged.values())) >= 2.7
    wanted = {path.stem for path in (FOLDER / "backlog").glob("*.txt")}
    assert {name for name, words in judged.items() if len(words) < 3} == wanted


def test_every_code_has_a_case() -> None:
    texts = "".join(path.with_suffix(".err").read_text(encoding="utf-8") for path in CASES)
    shown = set(re.findall(r"^(?:error|warning)\[([a-z-]+)\]", texts, re.MULTILINE))
    assert set(catalogue()) - shown == set(ELSEWHERE)
