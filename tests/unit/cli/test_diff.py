"""``archdsl diff``, and saved graphs and revisions where other commands take a spec."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.cli.conftest import NET, Run
from tests.unit.test_revisions import git


def saved(run: Run, *arguments: str, name: str = "net.json") -> str:
    assert run("compile", "net.arch:Net", "--to", "json", "-o", name, *arguments).exit_code == 0
    return name


def test_two_models_of_a_file(run: Run) -> None:
    result = run("diff", "net.arch:Net", "net.arch:Deep")
    assert result.exit_code == 0
    assert result.stdout.startswith("Net → Deep\n")
    assert "+ " in result.stdout
    assert "conv" in result.stdout


def test_settings_of_both_and_of_one_side(run: Run) -> None:
    assert "no difference" in run("diff", "net.arch:Net", "net.arch:Deep", "--set-a", "depth=4").stdout
    one = run("diff", "net.arch:Net", "--set-b", "rate=0.1").stdout
    assert one.startswith("net.arch:Net → net.arch:Net (rate=0.1)\n")
    assert "dropout: rate 0.5 → 0.1" in one
    both = run("diff", "net.arch:Net", "--set", "depth=3", "--set-b", "rate=0.1").stdout
    assert "conv" not in both
    assert run("diff", "net.arch:Net", "--set-b", "rat=1").exit_code == 2


def test_exit_codes(run: Run) -> None:
    assert run("diff", "net.arch:Net", "net.arch:Net", "--exit-code").exit_code == 0
    assert run("diff", "net.arch:Net", "net.arch:Deep").exit_code == 0
    assert run("diff", "net.arch:Net", "net.arch:Deep", "--exit-code").exit_code == 1
    assert run("diff", "net.arch:Net", "bad.arch").exit_code == 1
    assert run("diff", "net.arch:Net", "bad.arch", "--exit-code").exit_code == 2
    assert "contract-broken" in run("diff", "net.arch:Net", "bad.arch", "--exit-code").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet50",), "resnet50 against what?"),
        (("a.arch", "b.arch", "c.arch"), "not of 3"),
        (("-", "-"), "standard input can be read once"),
        (("-", "--set-a", "x=1"), "standard input can be read once"),
        (("nope.arch", "net.arch"), "nope.arch: no such file"),
        (("net.arch:Net", "nope.json"), "nope.json: no such file"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("diff", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_forms(run: Run, tmp_path: Path) -> None:
    document = json.loads(run("diff", "net.arch:Net", "net.arch:Deep", "--format", "json").stdout)
    assert (document["schema"], document["version"]) == ("archdsl-diff", 1)
    assert document["delta"]["params"] == document["after"]["params"] - document["before"]["params"]
    assert run("diff", "net.arch:Net", "net.arch:Deep", "--format", "markdown").stdout.startswith("**`Net` → `Deep`**")
    result = run("diff", "net.arch:Net", "net.arch:Deep", "-o", "out/note.txt")
    assert result.stdout == "wrote out/note.txt\n"
    assert (tmp_path / "out" / "note.txt").read_text().startswith("Net → Deep")


def test_the_ending_says_the_format(run: Run, tmp_path: Path) -> None:
    for name, start in (("a.md", "**`Net`"), ("a.json", "{"), ("a.txt", "Net → Deep"), ("a.dot", "digraph")):
        assert run("diff", "net.arch:Net", "net.arch:Deep", "-o", name).exit_code == 0
        assert (tmp_path / name).read_text().lstrip("/ ").startswith(start), name


def test_picture(run: Run, tmp_path: Path) -> None:
    result = run("diff", "net.arch:Deep", "net.arch:Net", "--set-b", "rate=0.1", "-o", "out/diff.svg", "--exit-code")
    assert (result.exit_code, result.stdout) == (1, "wrote out/diff.svg\n")
    picture = (tmp_path / "out" / "diff.svg").read_text(encoding="utf-8")
    assert "Deep → Net" in picture
    assert "removed" in picture
    assert "changed" in picture


def test_saved_graphs(run: Run) -> None:
    name = saved(run)
    assert "no difference" in run("diff", name, "net.arch:Net").stdout
    assert "rate 0.5 → 0.1" in run("diff", name, "net.arch:Net", "--set-b", "rate=0.1").stdout
    assert run("diff", name, "net.arch:Net", "--set-a", "rate=0.1").exit_code == 2
    piped = run("compile", "net.arch:Net", "--to", "json").stdout
    assert "no difference" in run("diff", "-", name, input=piped).stdout


def test_other_commands_take_saved_graphs(run: Run, tmp_path: Path) -> None:
    name = saved(run)
    assert run("summary", name).stdout == run("summary", "net.arch:Net").stdout
    assert "1 model, no problems" in run("check", name).stdout
    assert run("render", name, "-o", "net.dot").exit_code == 0
    assert run("summary", f"{name}:Net").exit_code == 2
    (tmp_path / "wrong.json").write_text((tmp_path / name).read_text().replace("[10]", "[11]"))
    wrong = run("check", "wrong.json")
    assert wrong.exit_code == 1
    assert "error[invalid-graph]" in wrong.stdout
    assert json.loads(run("check", "wrong.json", "--format", "json").stdout)["specs"][0]["errors"] >= 1
    assert run("summary", "wrong.json").exit_code == 1


def test_against_the_last_commit(run: Run, tmp_path: Path) -> None:
    assert "not in a git repository" in run("diff", "net.arch:Net").stderr
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "net.arch")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    assert run("diff", "net.arch:Net").stdout == "net.arch@HEAD:Net → net.arch:Net: no difference\n"
    (tmp_path / "net.arch").write_text(NET.replace("dense(10)", "dense(10, bias=false)"))
    result = run("diff", "net.arch:Net")
    assert "~ dense: bias true → false   −10 params" in result.stdout
    assert run("summary", "net.arch@HEAD:Net", "--format", "json").exit_code == 0
    assert "310" in run("summary", "net.arch@HEAD:Net").stdout
    assert "2 models, 2 checks, no problems" in run("check", "net.arch@HEAD").stdout
    lonely = "bad.arch alone is compared with its last commit; or give two specs"
    assert run("diff", "bad.arch").stderr == f"error: bad.arch@HEAD: no such file at `HEAD`\n{lonely}\n"


@pytest.mark.parametrize("ending", ["gif", "mmd", "html"])
def test_pictures_that_it_cannot_draw_are_refused(ending: str, run: Run, tmp_path: Path) -> None:
    result = run("diff", "net.arch:Net", "net.arch:Deep", "-o", f"out.{ending}")
    assert result.exit_code == 2
    assert f"not drawn to .{ending}" in result.stderr
    assert not (tmp_path / f"out.{ending}").exists()


def test_a_pdf_needs_a_graphviz_that_is_installed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("dot"):
        assert run("diff", "net.arch:Net", "net.arch:Deep", "-o", "out.pdf").exit_code == 0
        assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    monkeypatch.setenv("PATH", "")
    result = run("diff", "net.arch:Net", "net.arch:Deep", "-o", "none.pdf")
    assert (result.exit_code, "a PDF needs a Graphviz" in result.stderr) == (2, True)


def test_sides_whose_models_have_one_name_are_told_apart(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.arch").write_text(NET.replace("dense(10)", "dense(10, bias=false)"))
    result = run("diff", "-", "other.arch:Net", input=NET.split("model Deep")[0])
    assert result.stdout.startswith("<stdin> → other.arch:Net\n")
    run("diff", "net.arch:Net", "other.arch:Net", "-o", "out.svg")
    assert '<title id="title">net.arch:Net → other.arch:Net</title>' in (tmp_path / "out.svg").read_text("utf-8")
