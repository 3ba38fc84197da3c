"""What a spec is read as: each module its own file, whatever it is called, and text as it was written or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from archdsl.api import check_text, load
from archdsl.cli.main import cli
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.files import locate
from archdsl.graph.model import Graph

# --- modules ---

FILES = {
    "std/conv.arch": "block ConvBN(filters: int) { dense(filters) -> sigmoid }\nblock Mine { relu }\n",
    "alone.arch": "from std.conv import ConvBN\nmodel M() :: [8, 8, 3] -> [8, 8, 4] { relu -> ConvBN(4) }\n",
    "mine_first.arch": 'from "std/conv.arch" import Mine\nfrom std.conv import ConvBN\n'
    "model M() :: [8, 8, 3] -> [8, 8, 4] { Mine -> ConvBN(4) }\n",
    "mine_last.arch": 'from std.conv import ConvBN\nfrom "std/conv.arch" import Mine\n'
    "model M() :: [8, 8, 3] -> [8, 8, 4] { Mine -> ConvBN(4) }\n",
    "net.arch": "block B { relu }\n",
    "helper.arch": "block H { sigmoid }\n",
    "main.arch": "block Top { relu }\n",
    "sub/net.arch": 'from "../net.arch" import B\nmodel M() :: [8] -> [8] { B }\n',
    "sub/helper.arch": "block H { tanh }\n",
    "sub/mid.arch": 'from "../main.arch" import Top\nblock Mid { Top }\n',
    "sub/main.arch": 'from "mid.arch" import Mid\nfrom "helper.arch" import H\nmodel M() :: [8] -> [8] { Mid -> H }\n',
    "sub/twice.arch": 'from "helper.arch" import H\nfrom "../sub/./helper.arch" import H as G\n'
    'from "link.arch" import H as L\n'
    "model M() :: [8] -> [8] { H -> G -> L }\n",
    "sub/ring.arch": 'from "./ring.arch" import A\nblock A { relu }\n',
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / ".archdsl").touch()
    (root / "sub" / "link.arch").symlink_to("helper.arch")
    monkeypatch.chdir(root)
    return root


def _ops(graph: Graph) -> list[str]:
    return [node.op.name for node in graph]


@pytest.mark.parametrize("spec", ["mine_first.arch", "mine_last.arch"])
def test_a_file_of_the_project_is_none_of_the_library(spec: str, project: Path) -> None:
    found = load(spec)
    assert _ops(found.graph) == ["relu", *_ops(load("alone.arch").graph)[1:]] == ["relu", "conv", "batch_norm"]
    assert [node.origin.file for node in found.graph] == ["./std/conv.arch", "std/conv.arch", "std/conv.arch"]
    assert found.sources["./std/conv.arch"] == FILES["std/conv.arch"]
    assert "block ConvBNAct" in found.sources["std/conv.arch"]


WAYS = {"root": "{0}", "above": "project/{0}", "below": "../{0}", "beside": "../../project/{0}"}


@pytest.mark.parametrize("way", WAYS)
def test_modules_and_their_names_are_the_same_from_every_folder(
    way: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"root": project, "above": project.parent, "below": project / "sub", "beside": project / "sub" / "deep"}[way]
    here.mkdir(exist_ok=True)
    monkeypatch.chdir(here)
    pattern = WAYS[way] if way != "beside" else "../../{0}"
    net = load(pattern.format("sub/net.arch"))
    assert (_ops(net.graph), {node.origin.file for node in net.graph}) == (["relu"], {"net.arch"})
    main = load(pattern.format("sub/main.arch"))
    assert _ops(main.graph) == ["relu", "tanh"]
    assert list(main.sources) == ["sub/main.arch", "sub/mid.arch", "main.arch", "sub/helper.arch"]


def test_from_its_own_folder_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "sub")
    for spec, ops in (("net.arch", ["relu"]), ("main.arch", ["relu", "tanh"])):
        assert _ops(load(spec).graph) == ops


def test_a_file_that_is_imported_in_three_ways_is_one_module(project: Path) -> None:
    found = load("sub/twice.arch")
    assert _ops(found.graph) == ["tanh"] * 3
    assert list(found.sources) == ["sub/twice.arch", "sub/helper.arch"]


def test_what_imports_itself_is_a_cycle_still(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "sub")
    with pytest.raises(ArchError) as caught:
        load("ring.arch")
    assert "imports form a cycle: sub/ring.arch -> sub/ring.arch" in [d.text for d in caught.value.diagnostics]


def test_files_in_no_project_are_called_as_they_were_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, width in (("a", 3), ("b", 4)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "part.arch").write_text(f"block P {{ dense({width}) }}\n", encoding="utf-8")
        text = f'from "part.arch" import P\nmodel Net() :: [8] -> [{width}] {{ P }}\n'
        (tmp_path / folder / "net.arch").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["compare", "a/net.arch", "b/net.arch", "--format", "json"])
    assert [(m["file"], m["params"]) for m in json.loads(result.output)["models"]] == [
        ("a/net.arch", 27), ("b/net.arch", 36),
    ]  # fmt: skip
    assert {node.origin.file for node in load("a/net.arch").graph} == {"a/part.arch"}


def test_equal_texts_in_different_folders_are_different_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they import differs, though their names in messages and their texts do not."""
    for folder, width in (("a", 3), ("b", 4)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".archdsl").touch()
        (tmp_path / folder / "w.arch").write_text(f"let w = {width}\n", encoding="utf-8")
        text = 'from "w.arch" import w\nmodel Net() :: [8] -> [w] { dense(w) }\n'
        (tmp_path / folder / "net.arch").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["compare", "a/net.arch", "b/net.arch", "--format", "json"])
    assert [m["params"] for m in json.loads(result.output)["models"]] == [27, 36]


def test_a_folder_with_an_at_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("v1@old").mkdir()
    Path("v1@old/net.arch").write_text("model Net() :: [8] -> [8] { relu }\n", encoding="utf-8")
    run = CliRunner().invoke(cli, ["compile", "v1@old/net.arch", "-o", "v1@old/net.json"])
    assert run.exit_code == 0, run.output
    assert load("v1@old/net.json").graph == load("v1@old/net.arch").graph


def test_a_file_that_may_not_be_read_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the system's answer is played."""
    from archdsl import files

    read = files.read_text

    def refuse(path: Path, most: int) -> str:
        if path.name == "helper.arch":
            raise PermissionError(13, os.strerror(13))
        return read(path, most)

    monkeypatch.setattr(files, "read_text", refuse)
    located = locate("sub/main.arch")
    (found,) = Program(located.source, located.loader).diagnostics
    assert (found.code, found.primary.text) == ("unknown-module", "permission denied")


# --- bytes ---

LATIN = {
    "string": b'model Net() :: [8] -> [8] {\n  about { paper = "caf\xe9" }\n  relu\n}\n',
    "comment": b"model Net() :: [8] -> [8] {\n  # a caf\xe9\n  relu\n}\n",
    "doc": b"## Net:\n##  caf\xe9\nmodel Net() :: [8] -> [8] { relu }\n",
    "name": b"model Net() :: [8] -> [8] {\n  relu as caf\xe9\n}\n",
}


@pytest.mark.parametrize("place", LATIN)
def test_bytes_that_are_no_text_are_an_error_at_their_place(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_bytes(LATIN[place])
    result = CliRunner().invoke(cli, ["check", "net.arch"])
    assert result.exit_code == 1
    assert result.output.startswith("error[not-utf8]: byte 0xE9 is not UTF-8\n --> net.arch:2:")
    assert "1 error (" in result.output
    assert "<U+DCE9>" in result.output
    for command in (
        ["compile", "net.arch", "--to", "json"],
        ["summary", "net.arch"],
        ["check", "net.arch", "--format", "json"],
    ):
        assert CliRunner().invoke(cli, command).exit_code == 1


def test_bytes_of_an_import_and_of_a_pipe(project: Path) -> None:
    (project / "helper.arch").write_bytes(b"# \xff\xfe\nblock H { sigmoid }\n")
    main = b'from "helper.arch" import H\nmodel M() :: [8] -> [8] { H }\n'
    (project / "bytes.arch").write_bytes(main)
    for arguments in (["check", "bytes.arch"], ["check", "-"]):
        output = CliRunner().invoke(cli, arguments, input=main).output
        assert "error[not-utf8]: byte 0xFF is not UTF-8, nor are 1 more\n --> helper.arch:1:3\n" in output
    assert "error[not-utf8]" in CliRunner().invoke(cli, ["check", "-"], input=b"# \xff\n").output


def test_the_replacement_character_itself_is_text() -> None:
    assert check_text('model Net() :: [8] -> [8] {\n  about { paper = "\ufffd" }\n  relu\n}\n') == ()


def test_a_graph_with_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(b'{"schema": "archdsl-graph",\n "version": 1, "name": "\xe9"}')
    with pytest.raises(ArchError, match="not UTF-8: byte 0xE9 at line 2, column 25"):
        load(tmp_path / "net.json")
