"""Folders in place of files: which files are meant, and what is said of several."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from archdsl.cli.exits import Refusal
from archdsl.cli.paths import expand
from archdsl.files import Loaders, locate
from archdsl.limits import DEFAULT
from archdsl.syntax.parser import parse_once
from tests.unit.cli.conftest import BROKEN, NET, Run

FILES = (
    "b.arch",
    "a.arch",
    "deep/er/c.arch",
    "deep/d:x.arch",
    ".hidden/e.arch",
    "__pycache__/f.arch",
    ".g.arch",
    "h.txt",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        file = tmp_path / "nets" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(NET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_files_of_a_folder_in_order(folder: Path) -> None:
    (folder / "nets" / "again").symlink_to(folder / "nets")
    found = [Path("nets", name) for name in ("a.arch", "b.arch", "deep/d:x.arch", "deep/er/c.arch")]
    assert expand(["nets"]) == tuple(found)
    assert expand(["nets/", "./nets", "nets/a.arch"]) == tuple(found)
    assert expand(["nets/b.arch", "nets"]) == ("nets/b.arch", found[0], *found[2:])
    assert expand(["other.arch", "-", "resnet50"]) == ("other.arch", "-", "resnet50")
    assert expand(["nets"], lambda name: name == "nets") == ("nets",)


def test_a_folder_without_specs_is_refused(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(Refusal, match=r"empty: the folder has no \.arch files"):
        expand(["nets", "empty"])


def test_check_of_a_folder(run: Run) -> None:
    Path("nets/deep").mkdir(parents=True)
    Path("nets/deep/net:x.arch").write_text(NET, encoding="utf-8")
    Path("nets/bad.arch").write_text(BROKEN, encoding="utf-8")
    result = run("check", "nets")
    assert result.exit_code == 1
    lines = re.sub(r" \(\d+ ms\)", "", result.stdout).splitlines()
    assert lines[-3:] == [
        "nets/bad.arch: 1 model, 1 error",
        "nets/deep/net:x.arch: 2 models, 2 checks, no problems",
        "2 specs: 1 error",
    ]
    document = json.loads(run("check", "nets", "--format", "json").stdout)
    assert [spec["file"] for spec in document["specs"]] == ["nets/bad.arch", "nets/deep/net:x.arch"]


def test_a_bundled_name_is_no_folder(run: Run) -> None:
    Path("lenet5").mkdir()
    assert run("check", "lenet5").stdout.startswith("specs/lenet5.arch: ")
    assert "./lenet5: the folder has no .arch files" in run("check", "./lenet5").stderr


def test_what_is_wrong_with_a_shared_file_is_told_once(run: Run) -> None:
    Path("nets").mkdir()
    Path("nets/blocks.arch").write_text("block Unit() { conv(8) -> rellu }\n", encoding="utf-8")
    for name in "xy":
        text = 'from "./blocks.arch" import Unit\nmodel M() :: [8, 8, 3] -> [...] { Unit }\n'
        Path(f"nets/{name}.arch").write_text(text, encoding="utf-8")
    told = re.sub(r" \(\d+ ms\)", "", run("check", "nets").stdout)
    assert told.count("error[unknown-name]") == 1
    assert "nets/x.arch: 1 model, 1 error (1 of them above)" in told
    assert "\n3 specs: 1 error\n" in told


def test_specs_of_a_project_share_what_was_read(run: Run) -> None:
    Path("blocks.arch").write_text("from std.conv import ConvBN\nblock Unit() { ConvBN(8) }\n", encoding="utf-8")
    text = 'from std.conv import ConvBN\nfrom "./blocks.arch" import Unit\nmodel M() :: [8, 8, 3] -> [...] { Unit }\n'
    for name in "xy":
        Path(f"{name}.arch").write_text(text, encoding="utf-8")
    loaders: Loaders = {}
    first, second = (locate(f"{name}.arch", loaders=loaders) for name in "xy")
    assert first.loader is second.loader
    assert first.loader.module("std.conv") is second.loader.module("std.conv")
    blocks = first.loader.file("./blocks.arch", first.source)
    assert blocks is not None
    assert locate("blocks.arch", loaders=loaders).source is blocks
    assert parse_once(blocks, DEFAULT) is parse_once(blocks, DEFAULT)
    Path("blocks.arch").write_text("block Unit() { conv(8) }\n", encoding="utf-8")
    assert locate("blocks.arch", loaders=loaders).source is not blocks
