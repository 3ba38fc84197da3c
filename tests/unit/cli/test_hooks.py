"""The hooks for pre-commit, run as it runs them: the entry with the names of the files that are committed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.cli.conftest import NET, Run

HOOKS = Path(__file__).parents[3] / ".pre-commit-hooks.yaml"


def hooks() -> dict[str, dict[str, str]]:
    """Each hook's keys. The file is a list of flat tables, which needs no parser of YAML."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^- ", HOOKS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        keys = dict(line.strip().split(": ", 1) for line in part.strip().splitlines())
        found[keys["id"]] = keys
    return found


def test_hooks(run: Run) -> None:
    found = hooks()
    assert list(found) == ["archdsl-check", "archdsl-fmt"]
    Path("warned.arch").write_text("model M() :: [8, 8, 3] -> [...] { conv(4) -> batch_norm }\n", encoding="utf-8")
    Path("loose.arch").write_text("model  M() :: [8] -> [4] {dense( 4 )}\n", encoding="utf-8")
    for keys in found.values():
        assert (keys["language"], keys["files"]) == ("python", r"\.arch$")
        assert {"id", "name", "description", "entry", "language", "types", "files"} == keys.keys()
    command, *options = found["archdsl-check"]["entry"].split()
    assert command == "archdsl"
    assert run(*options, "net.arch", "loose.arch").exit_code == 0
    assert run(*options, "net.arch", "warned.arch").exit_code == 1
    assert run(*options, "net.arch", "bad.arch").exit_code == 1
    command, *options = found["archdsl-fmt"]["entry"].split()
    assert command == "archdsl"
    assert run(*options, "net.arch", "loose.arch").exit_code == 0
    assert Path("loose.arch").read_text() == "model M() :: [8] -> [4] { dense(4) }\n"
    assert run(*options, "net.arch", "loose.arch").exit_code == 0
    assert Path("net.arch").read_text() == NET
