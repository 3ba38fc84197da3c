"""The forms of a diagnostic for programs: JSON, SARIF and GitHub's workflow commands."""

from __future__ import annotations

import json as stdlib_json
from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl.diagnostics import github, json, sarif
from archdsl.version import __version__
from tests.unit.diagnostics.samples import SAMPLES, design, marked

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
@pytest.mark.parametrize("name", ["warning_and_errors", "help", "other_file"])
def test_golden(name: str, form: str, golden: Callable[[Path, str], None]) -> None:
    text = {"json": json, "sarif": sarif, "github": github}[form].render_all(SAMPLES[name])
    golden(GOLDEN / f"{form}" / f"{name}.txt", text.replace(__version__, "VERSION") + "\n")


def test_json_has_the_keys_of_its_version() -> None:
    form = json.to_json(design())
    assert list(form) == "schema version code severity message primary labels trace more help fix".split()
    assert (form["schema"], form["version"]) == ("archdsl-diagnostics", 1)


def test_json_counts_lines_and_columns_from_1_and_offsets_from_0() -> None:
    (place,) = marked("a\n«bc\nd»e")
    form = json.to_json(SAMPLES["end_of_file"][0].__class__(span=place, what=""))
    assert form["primary"]["start"] == {"line": 2, "column": 1, "offset": 2}
    assert form["primary"]["end"] == {"line": 3, "column": 2, "offset": 6}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_every_form(name: str) -> None:
    found = SAMPLES[name]
    assert len(stdlib_json.loads(json.render_all(found))) == len(found)
    (run,) = stdlib_json.loads(sarif.render_all(found))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [d.code for d in found]
    commands = github.render_all(found).splitlines()
    assert len(commands) == len(found)
    assert all(command.startswith(("::error ", "::warning ")) for command in commands)


def test_nothing_for_nothing() -> None:
    assert json.render_all(()) == "[]"
    assert stdlib_json.loads(sarif.render_all(()))["runs"][0]["results"] == []
    assert github.render_all(()) == ""
