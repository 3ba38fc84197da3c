"""``archdsl check``: what it says, in every format, and how it exits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import BROKEN, NET, Run


def test_clean_spec(run: Run) -> None:
    result = run("check", "net.arch")
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"net\.arch: 2 models, 2 checks, no problems \(\d+ ms\)\n", result.stdout)


def test_errors(run: Run) -> None:
    result = run("check", "net.arch", "bad.arch")
    assert result.exit_code == 1
    assert "error[contract-broken]" in result.stdout
    assert "--> bad.arch:1:" in result.stdout
    assert re.search(r"^bad\.arch: 1 model, 1 error \(\d+ ms\)$", result.stdout, re.MULTILINE)
    assert "net.arch: 2 models" in result.stdout
    assert "\x1b" not in result.stdout


def test_warnings_are_no_failure(run: Run) -> None:
    Path("warned.arch").write_text("model M(spare: int = 1) :: [8] -> [4] { dense(4) }\n", encoding="utf-8")
    result = run("check", "warned.arch")
    assert result.exit_code == 0
    assert "warning[unused-name]" in result.stdout
    assert "warned.arch: 1 model, 1 warning (" in result.stdout


@pytest.mark.parametrize("format", ["text", "json", "github", "sarif"])
def test_strict_lets_warnings_fail(run: Run, format: str) -> None:
    Path("warned.arch").write_text("model M(spare: int = 1) :: [8] -> [4] { dense(4) }\n", encoding="utf-8")
    plain, strict = (
        run("check", "warned.arch", "--format", format),
        run("check", "warned.arch", "--format", format, "--strict"),
    )
    assert (plain.exit_code, strict.exit_code) == (0, 1)
    assert "error" not in strict.stdout.replace('"errors": 0', "")
    assert re.sub(r"\d+ ms", "", strict.stdout) == re.sub(r"\d+ ms", "", plain.stdout)
    assert run("check", "net.arch", "--format", format, "--strict").exit_code == 0
    Path("warned.arch").write_text(
        "model M(spare: int = 1) :: [8] -> [4] { dense(4) }  # allow: unused-name\n", encoding="utf-8"
    )
    assert run("check", "warned.arch", "--format", format, "--strict").exit_code == 0


def test_a_file_of_blocks_alone_says_that_nothing_was_compiled(run: Run) -> None:
    Path("blocks.arch").write_text("block B() { conv(8) }\n", encoding="utf-8")
    result = run("check", "blocks.arch")
    assert result.exit_code == 0
    assert "no problems, but nothing to compile: a `check` line compiles a block" in result.stdout


def test_the_whole_file_is_checked(run: Run) -> None:
    Path("two.arch").write_text(NET + BROKEN, encoding="utf-8")
    assert run("check", "two.arch:Net").exit_code == 1


def test_unknown_model(run: Run) -> None:
    result = run("check", "net.arch:Nett")
    assert result.exit_code == 1
    assert "did you mean `Net`?" in result.stdout


def test_bundled_name(run: Run) -> None:
    result = run("check", "ResNet50")
    assert result.exit_code == 0
    assert result.stdout.startswith("specs/resnet50.arch: ")


def test_missing_file(run: Run) -> None:
    result = run("check", "net.arch", "resnet5")
    assert result.exit_code == 2
    assert not result.stdout
    assert "resnet5: no such file and no bundled spec; did you mean resnet50" in result.stderr


def test_standard_input(run: Run) -> None:
    assert run("check", "-", input=NET).exit_code == 0
    result = run("check", "-", input=BROKEN)
    assert result.exit_code == 1
    assert "--> <stdin>:1:" in result.stdout


def test_standard_input_imports_from_here(run: Run) -> None:
    Path("parts.arch").write_text("block Head() { dense(4) }\n", encoding="utf-8")
    spec = 'from "./parts.arch" import Head\nmodel M() :: [8] -> [4] { Head }\n'
    assert run("check", "-", input=spec).exit_code == 0


def test_bytes_that_are_no_text_are_an_error_of_the_spec(run: Run) -> None:
    assert run("check", "-", input=b"\xff\xfe\x00").exit_code == 1


def test_json(run: Run) -> None:
    result = run("check", "--format", "json", "net.arch", "bad.arch")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (document["schema"], document["version"]) == ("archdsl-check", 1)
    good, bad = document["specs"]
    assert good == {
        "spec": "net.arch",
        "file": "net.arch",
        "models": ["Net", "Deep"],
        "checks": 2,
        "errors": 0,
        "warnings": 0,
        "diagnostics": [],
    }
    assert bad["errors"] == 1
    assert bad["diagnostics"][0]["code"] == "contract-broken"


def test_open_sizes(run: Run) -> None:
    """A model that leaves sizes open is told from which on its proof holds; a saved graph too."""
    Path("open.arch").write_text("model M() :: [h, w, 3] -> [...] { avg_pool(2) -> crop(1) }\n", encoding="utf-8")
    assert run("compile", "open.arch", "--to", "json", "-o", "open.json").exit_code == 0
    for spec in ("open.arch", "open.json"):
        told = run("check", spec).stdout.splitlines()
        assert told[1] == "  M is proved for h >= 6 in steps of 2, w >= 6 in steps of 2"
        (checked,) = json.loads(run("check", "--format", "json", spec).stdout)["specs"]
        assert checked["sizes"] == {"M": [{"name": name, "size": 6, "step": 2} for name in ("h", "w")]}


def test_github(run: Run) -> None:
    result = run("check", "--format", "github", "net.arch", "bad.arch")
    assert result.exit_code == 1
    assert result.stdout.startswith("::error title=archdsl (contract-broken),file=bad.arch,line=1,")
    assert run("check", "--format", "github", "net.arch").stdout == ""


def test_sarif(run: Run) -> None:
    result = run("check", "--format", "sarif", "net.arch", "bad.arch")
    assert result.exit_code == 1
    (sarif_run,) = json.loads(result.stdout)["runs"]
    assert [found["ruleId"] for found in sarif_run["results"]] == ["contract-broken"]
    clean = run("check", "--format", "sarif", "net.arch")
    assert clean.exit_code == 0
    assert json.loads(clean.stdout)["runs"][0]["results"] == []
