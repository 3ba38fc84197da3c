"""Settings of a project: ``[tool.archdsl]`` in ``pyproject.toml``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

TWICE = "model Net() :: [32, 32, 3] -> [...] { conv(8) -> batch_norm -> repeat 1 { relu } }\n"


def codes(run: Run, *specs: str) -> list[list[str]]:
    document = json.loads(run("check", "--format", "json", *specs).stdout)
    return [[d["code"] for d in spec["diagnostics"]] for spec in document["specs"]]


@pytest.fixture
def nets(run: Run) -> None:
    for name in ("a/one.arch", "b/deep/two.arch"):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_text(TWICE, encoding="utf-8")


def settings(text: str, folder: str = ".") -> None:
    Path(folder, "pyproject.toml").write_text(f"[tool.archdsl]\n{text}\n", encoding="utf-8")


def test_allow(run: Run, nets: None) -> None:
    both = ["bias-before-norm", "repeat-once"]
    assert codes(run, "a", "b") == [both, both]
    settings('allow = ["repeat-once"]')
    assert codes(run, "a", "b") == [["bias-before-norm"]] * 2
    settings('allow-in = { "b/*" = ["bias-before-norm"], "*.arch" = ["repeat-once"] }')
    assert codes(run, "a", "b") == [["bias-before-norm"], []]
    assert run("check", "--strict", "b").exit_code == 0
    settings("", "b")  # the nearest file counts, and says nothing
    assert codes(run, "a", "b") == [["bias-before-norm"], both]
    Path("pyproject.toml").write_text('[project]\nname = "nets"\n', encoding="utf-8")
    assert codes(run, "a") == [both]


def test_errors_are_told(run: Run) -> None:
    settings('allow = ["repeat-once"]')
    assert run("check", "bad.arch").exit_code == 1


def test_what_is_allowed_is_not_mended(run: Run, nets: None) -> None:
    settings('allow = ["repeat-once"]')
    assert run("check", "--fix", "--unsafe", "a").exit_code == 0
    assert "repeat 1" in Path("a/one.arch").read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('allow = ["repeat-ones"]', "tool.archdsl.allow: `repeat-ones` is no warning; did you mean `repeat-once`"),
        ('allow = ["unknown-name"]', "tool.archdsl.allow: `unknown-name` is an error, which cannot be allowed"),
        ('allow = "repeat-once"', 'tool.archdsl.allow is a list of codes, as ["repeat-once"]'),
        ('alow = ["repeat-once"]', "tool.archdsl has no setting `alow`, but allow, allow-in and folders"),
        ('allow-in = ["repeat-once"]', "tool.archdsl.allow-in is a table"),
        ("allow = [", "pyproject.toml: "),
    ],
)
def test_wrong_settings(run: Run, nets: None, text: str, told: str) -> None:
    settings(text)
    result = run("check", "a")
    assert result.exit_code == 2
    assert told in result.stderr
