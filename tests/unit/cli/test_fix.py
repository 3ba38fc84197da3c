"""``archdsl check --fix``: what is written, and what is left alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import NET, Run

WRONG = "model Net() :: [8, 8, 3] -> [...] {\n  conv(4, kernel_size=3) => Relu\n  -> conv(8 k=3)\n}\n"
SAFE = WRONG.replace("kernel_size", "k").replace("=>", "->").replace("Relu", "relu")
RIGHT = SAFE.replace("8 k", "8, k")
DIFF = """\
--- wrong.arch
+++ wrong.arch
@@ -1,4 +1,4 @@
 model Net() :: [8, 8, 3] -> [...] {
-  conv(4, kernel_size=3) => Relu
+  conv(4, k=3) -> relu
   -> conv(8 k=3)
 }
"""


@pytest.fixture
def wrong(run: Run) -> Path:
    Path("wrong.arch").write_text(WRONG, encoding="utf-8")
    return Path("wrong.arch")


def test_fix(run: Run, wrong: Path) -> None:
    told = run("check", "wrong.arch")
    assert "3 can be mended by `--fix`; `--diff` shows how\n1 can be mended by `--fix --unsafe`" in told.stdout
    assert wrong.read_text() == WRONG
    fixed = run("check", "--fix", "wrong.arch")
    assert fixed.exit_code == 1
    assert wrong.read_text() == SAFE
    assert re.search(r"^wrong\.arch: 1 model, 1 error, 3 fixed \(\d+ ms\)$", fixed.stdout, re.MULTILINE)
    assert fixed.stdout.count("error[") == 1
    assert run("check", "--fix", "--unsafe", "wrong.arch").exit_code == 0
    assert wrong.read_text() == RIGHT
    again = run("check", "--fix", "wrong.arch", "--format", "json")
    assert json.loads(again.stdout)["specs"][0]["fixed"] == 0


def test_diff_writes_nothing(run: Run, wrong: Path) -> None:
    shown = run("check", "--diff", "wrong.arch")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (1, DIFF, "3 of 4 problems can be mended\n")
    assert wrong.read_text() == WRONG
    piped = run("check", "--diff", "--unsafe", "-", input=WRONG)
    assert piped.stdout.startswith("--- <stdin>\n+++ <stdin>\n")
    assert piped.stderr == "4 of 4 problems can be mended\n"
    assert run("check", "--diff", "net.arch").stdout == ""


def test_a_file_without_a_last_line_break(run: Run) -> None:
    Path("wrong.arch").write_text(WRONG.rstrip(), encoding="utf-8")
    assert run("check", "--diff", "wrong.arch").stdout == DIFF + "\\ No newline at end of file\n"


def test_json_tells_which_fixes_are_safe(run: Run, wrong: Path) -> None:
    (spec,) = json.loads(run("check", "--format", "json", "wrong.arch").stdout)["specs"]
    fixes = [(each["fix"]["replacement"], each["fix"]["safe"]) for each in spec["diagnostics"]]
    assert fixes == [("k", True), ("->", True), ("relu", True), (",", False)]
    assert "fixed" not in spec


def test_what_is_no_text_of_the_spec_stays(run: Run) -> None:
    """A byte order mark, line ends, bytes that are no UTF-8; and permissions."""
    before = b"\xef\xbb\xbf# caf\xe9\r\nmodel Net() :: [8, 8, 3] -> [...] {\r\n  conv(4) => ConvBNAct(4)\r\n}\r\n"
    Path("wrong.arch").write_bytes(before)
    Path("wrong.arch").chmod(0o640)
    run("check", "--fix", "wrong.arch")
    assert Path("wrong.arch").read_bytes() == before.replace(b"=>", b"->").replace(
        b"# caf", b"from std.conv import ConvBNAct\r\n# caf"
    )
    assert Path("wrong.arch").stat().st_mode & 0o777 == 0o640


def test_only_files_that_were_named_are_written(run: Run) -> None:
    Path("blocks.arch").write_text("block Unit() { conv(8) => relu }\n", encoding="utf-8")
    text = 'from "./blocks.arch" import Unit\nmodel M() :: [8, 8, 3] -> [...] { Unit => relu }\n'
    Path("m.arch").write_text(text, encoding="utf-8")
    assert run("check", "--fix", "m.arch").exit_code == 1
    assert "=>" in Path("blocks.arch").read_text()
    assert Path("m.arch").read_text() == text.replace("=>", "->")
    assert run("check", "--fix", ".").exit_code == 1  # bad.arch of the folder has an error without a fix
    assert "=>" not in Path("blocks.arch").read_text()


def test_one_file_by_two_models(run: Run) -> None:
    Path("two.arch").write_text(NET.replace("-> act", "=> act"), encoding="utf-8")
    assert run("check", "--fix", "two.arch:Net", "two.arch:Deep").exit_code == 0
    assert Path("two.arch").read_text() == NET


@pytest.mark.parametrize("spec", ["-", "resnet50"])
def test_what_is_no_file_of_the_user(run: Run, wrong: Path, spec: str) -> None:
    result = run("check", "--fix", "wrong.arch", spec, input=NET)
    assert result.exit_code == 2
    assert "`--fix` changes files, and this is none of yours; `--diff` shows the fixes" in result.stderr
    assert wrong.read_text() == WRONG


@pytest.mark.parametrize("options", [("--fix", "--diff"), ("--unsafe",), ("--diff", "--format", "json")], ids=" ".join)
def test_options_that_do_not_go_together(run: Run, options: tuple[str, ...]) -> None:
    assert run("check", *options, "net.arch").exit_code == 2


def test_a_saved_graph_has_nothing_to_fix(run: Run) -> None:
    assert run("compile", "net.arch:Net", "--to", "json", "-o", "net.json").exit_code == 0
    before = Path("net.json").read_bytes()
    assert run("check", "--fix", "net.json").exit_code == 0
    assert Path("net.json").read_bytes() == before


def test_a_file_that_cannot_be_written(run: Run, wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import archdsl.cli.fixing

    def change(located: object, *, unsafe: bool) -> object:
        wrong.write_text(RIGHT)
        return mended(located, unsafe=unsafe)  # type: ignore[arg-type]

    mended = archdsl.cli.fixing.mended
    monkeypatch.setattr(archdsl.cli.fixing, "mended", change)
    result = run("check", "--fix", "wrong.arch")
    assert result.exit_code == 2
    assert "wrong.arch: the file was changed meanwhile, and is left as it is" in result.stderr
    assert wrong.read_text() == RIGHT
