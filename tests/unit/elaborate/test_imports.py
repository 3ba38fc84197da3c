"""Imports: names of other files, from folders that the project holds and from the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.api import check_text
from archdsl.compiler import NoFiles, Program
from archdsl.files import DiskLoader
from archdsl.source import SourceFile


def _project(folder: Path, files: dict[str, str]) -> list[str]:
    """The messages of `main.arch` in a project of these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    loader = DiskLoader(folder.resolve())
    program = Program(loader.source(folder.resolve() / "main.arch", files["main.arch"]), loader)
    program.check()
    return [f"{d.span.source.name}: {d.text}" for d in program.diagnostics]


MAIN = "model M() :: [8, 8, 3] -> [8, 8, 4] { Unit(4) }\n"


def test_a_file_and_what_it_imports_itself(tmp_path: Path) -> None:
    assert not _project(
        tmp_path,
        {
            "main.arch": 'from "./blocks/unit.arch" import Unit\n' + MAIN,
            "blocks/unit.arch": 'from "../sizes.arch" import kernel as k\n'
            "from std.conv import ConvBN\nblock Unit(filters: int) { ConvBN(filters, k=k) }",
            "sizes.arch": "let kernel = 2 + 1",
        },
    )


def test_everything_declared_can_be_imported(tmp_path: Path) -> None:
    assert not _project(
        tmp_path,
        {
            "main.arch": 'from "a.arch" import width, double, Base, Small as Tiny\n'
            "block Unit(filters: int) { conv(double(width), k=1) -> Tiny -> conv(filters, k=1) }\n"
            "model Other = Base(3)\n" + MAIN,
            "a.arch": "let width = 4\nfn double(x: int) = 2 * x\n"
            "model Base(k: int) :: [8, 8, 8] -> [8, 8, 8] { conv(8, k=k) }\nmodel Small = Base(1)",
        },
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('from "missing.arch" import Unit', "main.arch: no module `missing.arch`"),
        ("from std.missing import Unit", "main.arch: no module `std.missing`"),
        ("from keras import Unit", "main.arch: no module `keras`"),
        ('from "a.arch" import Unti as Unit', "main.arch: `a.arch` does not define `Unti`"),
        ('from "a.arch" import ConvBN as Unit', "main.arch: `a.arch` does not define `ConvBN`"),
        ('from "../a.arch" import Unit', "main.arch: `../a.arch` lies outside the project"),
        ('from "/tmp/a.arch" import Unit', "main.arch: `/tmp/a.arch` lies outside the project"),
        ('from "main.arch" import Unit', "main.arch: imports form a cycle: main.arch -> main.arch"),
    ],
)
def test_mistakes(tmp_path: Path, line: str, message: str) -> None:
    files = {
        "main.arch": f"{line}\n{MAIN}",
        "a.arch": "from std.conv import ConvBN\nblock Unit(f: int) { ConvBN(f) }",
    }
    assert _project(tmp_path, files) == [message]


def test_cycle(tmp_path: Path) -> None:
    files = {
        "main.arch": 'from "a.arch" import Unit\n' + MAIN,
        "a.arch": 'from "b.arch" import k\nblock Unit(f: int) { conv(f, k=k) }',
        "b.arch": 'from "a.arch" import Unit\nlet k = 3',
    }
    assert _project(tmp_path, files) == ["b.arch: imports form a cycle: a.arch -> b.arch -> a.arch"]


def test_a_link_that_leads_out_of_the_project(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.arch").write_text("block Unit(f: int) { conv(f, k=1) }", encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.arch").symlink_to(outside / "a.arch")
    found = _project(inside, {"main.arch": 'from "a.arch" import Unit\n' + MAIN})
    assert found == ["main.arch: `a.arch` lies outside the project"]


def test_a_mistake_in_an_imported_file_is_reported_there_once(tmp_path: Path) -> None:
    files = {
        "main.arch": 'from "a.arch" import Unit, k\n'
        "model M() :: [8, 8, 3] -> [8, 8, 4] { Unit(4) -> Unit(4) -> conv(k, k=1) }",
        "a.arch": "let k = 1 / 0\nblock Unit(f: int) { conv(f, k=0) }",
    }
    assert _project(tmp_path, files) == [
        "a.arch: `/` does not take 1 and 0",
        "a.arch: `k` of `conv` should be a positive int, or a list with one for each spatial dimension, not 0",
    ]


def test_names_of_a_broken_declaration_are_known(tmp_path: Path) -> None:
    files = {"main.arch": 'from "a.arch" import Unit\n' + MAIN, "a.arch": "block Unit(f: int { conv(f, k=1) }"}
    assert _project(tmp_path, files) == ["a.arch: `(` is never closed"]


def test_texts_import_nothing_from_disk() -> None:
    program = Program(SourceFile("<text>", 'from "a.arch" import Unit\n' + MAIN), NoFiles())
    program.check()
    assert [d.text for d in program.diagnostics] == ["no module `a.arch`"]


def test_a_text_has_no_folder_to_import_from() -> None:
    assert check_text('from "std/conv.arch" import ConvBN\n')[0].code == "outside-project"
