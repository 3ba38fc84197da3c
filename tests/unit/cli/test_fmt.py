"""``archdsl fmt``."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Run

UGLY = "let  n=f( 1,2 )\n"
FORM = "let n = f(1, 2)\n"
BROKEN = "let  m = = 1\n"


@pytest.fixture(autouse=True)
def folder(run: Run, tmp_path: Path) -> Path:
    for name in ("net.arch", "bad.arch"):
        (tmp_path / name).unlink()
    (tmp_path / "a.arch").write_text(UGLY)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.arch").write_text(FORM)
    return tmp_path


def test_files_and_folders(run: Run, folder: Path) -> None:
    result = run("fmt", ".")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "reformatted a.arch\n1 file reformatted, 1 left alone\n"
    assert (folder / "a.arch").read_text() == FORM
    assert run("fmt", "a.arch", "deep", "deep/b.arch").stdout == "2 files left alone\n"


def test_a_file_in_the_form_is_not_written(run: Run, folder: Path) -> None:
    before = (folder / "deep" / "b.arch").stat()
    run("fmt", "deep")
    after = (folder / "deep" / "b.arch").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_check(run: Run, folder: Path) -> None:
    result = run("fmt", "--check", ".")
    assert result.exit_code == 1
    assert result.stdout == "would reformat a.arch\n1 file would be reformatted, 1 left alone\n"
    assert (folder / "a.arch").read_text() == UGLY
    assert run("fmt", "--check", "deep").exit_code == 0


def test_diff(run: Run, folder: Path) -> None:
    result = run("fmt", "--diff", ".")
    assert result.exit_code == 0
    assert result.stdout == ("--- a.arch\n+++ a.arch\n@@ -1 +1 @@\n-let  n=f( 1,2 )\n+let n = f(1, 2)\n")
    assert result.stderr == "would reformat a.arch\n1 file would be reformatted, 1 left alone\n"
    assert (folder / "a.arch").read_text() == UGLY
    assert run("fmt", "--diff", "--check", ".").exit_code == 1


def test_standard_input(run: Run) -> None:
    result = run("fmt", "-", input=UGLY + "# \x1b[31m \u200b\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == FORM + "# \x1b[31m \u200b\n"
    checked = run("fmt", "--check", "-", input=UGLY)
    assert (checked.exit_code, checked.stdout) == (1, "would reformat <stdin>\n1 file would be reformatted\n")


def test_what_cannot_be_read_stays(run: Run, folder: Path) -> None:
    (folder / "a.arch").write_text(UGLY + BROKEN + UGLY.replace("n", "k"))
    result = run("fmt", "a.arch")
    assert result.exit_code == 1
    assert result.stderr == "a.arch:2: left as it is, as it cannot be read; `archdsl check` says why\n"
    assert (folder / "a.arch").read_text() == FORM + BROKEN + FORM.replace("n", "k")


def test_json(run: Run, folder: Path) -> None:
    (folder / "a.arch").write_text(UGLY + BROKEN)
    result = run("fmt", "--check", "--format", "json", ".")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "schema": "archdsl-fmt",
        "version": 1,
        "files": [
            {"file": "a.arch", "changes": True, "left": [{"line": 2}]},
            {"file": "deep/b.arch", "changes": False, "left": []},
        ],
    }


def test_modes_links_and_line_ends(run: Run, folder: Path) -> None:
    target = folder / "deep" / "c.arch"
    target.write_bytes(b"\xef\xbb\xbflet  a = 1\r\n\r\n\r\nlet b = 2\r\n")
    target.chmod(0o640)
    link = folder / "link.arch"
    link.symlink_to(target)
    assert run("fmt", "link.arch").exit_code == 0
    assert link.is_symlink()
    assert target.read_bytes() == b"let a = 1\n\nlet b = 2\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bytes.arch", b"let a = 1\n# \xff\n", "byte 0xFF in line 2 is no UTF-8"),
        ("graph.json", b"{}", "a saved graph has no form"),
        ("none.arch", None, "no such file"),
    ],
)
def test_what_is_refused(run: Run, folder: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    result = run("fmt", name)
    assert (result.exit_code, result.stderr) == (2, f"error: {name}: {message}\n")


def test_a_text_that_is_too_long_is_not_cut_off(run: Run, folder: Path) -> None:
    result = run("fmt", "--limit", "source=10", "a.arch")
    assert result.exit_code == 2
    assert result.stderr == "error: a.arch: has more than 10 characters\n"
    assert (folder / "a.arch").read_text() == UGLY


def test_a_full_disk_loses_nothing(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what can be written is."""
    (folder / "deep" / "c.arch").write_text(UGLY)
    write, calls = Path.write_text, iter([True, False])

    def full(path: Path, *args: Any, **options: Any) -> int:
        if next(calls):
            raise OSError(28, "No space left on device")
        return write(path, *args, **options)

    monkeypatch.setattr(Path, "write_text", full)
    result = run("fmt", ".")
    assert (result.exit_code, result.stderr) == (2, "error: cannot write a.arch: no space left on device\n")
    assert (folder / "a.arch").read_text() == UGLY
    assert (folder / "deep" / "c.arch").read_text() == FORM
    assert sorted(path.name for path in folder.iterdir()) == ["a.arch", "deep"]
