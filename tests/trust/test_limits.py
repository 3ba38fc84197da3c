"""Each hostile spec ends soon and in little memory, with an error at its place; every limit can be raised."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from archdsl import Limits, load_text
from archdsl.cli.main import cli
from archdsl.cli.specs import SpecType
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.diagnostics.terminal import render_all
from archdsl.files import DiskLoader, read_text
from archdsl.limits import DEFAULT
from archdsl.source import SourceFile
from tests.conftest import FreshPython
from tests.patience import patience
from tests.trust.hostile import HOSTILE, model

_SECONDS = 2.0
"""Of processor time; well under one on an idle machine."""
_MEGABYTES = 300

_RUN = """
import json, resource, sys, time
from archdsl.compiler import Program
from archdsl.diagnostics.terminal import render_all
from archdsl.files import DiskLoader
from archdsl.source import SourceFile
from pathlib import Path
from tests.trust.hostile import HOSTILE

figures = {}
for name, (text, code) in HOSTILE.items():
    start = time.process_time()
    program = Program(SourceFile("net.arch", text), DiskLoader())
    program.check()
    found = program.diagnostics
    shown = render_all(found, colour=False)
    seconds = time.process_time() - start
    placed = all(d.span.source.text == "" or 0 <= d.span.start <= d.span.end <= len(d.span.source.text) for d in found)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures[name] = [seconds, megabytes, [d.code for d in found if d.is_error], len(shown), placed]
print(json.dumps(figures))
"""


@pytest.fixture(scope="module")
def figures() -> dict[str, tuple[float, int, list[str], int, bool]]:
    """What each hostile spec took, in a process that runs them all."""
    root = Path(__file__).parent.parent.parent
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
    # Through a small process in between: at its start a child counts as its own what its parent holds, and pytest may
    # hold more than is allowed here.
    between = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', sys.argv[1]]).returncode)"
    command = [sys.executable, "-c", between, _RUN]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    measured: dict[str, tuple[float, int, list[str], int, bool]] = json.loads(done.stdout)
    return measured


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_specs_end_soon_with_an_error_at_its_place(
    name: str, figures: dict[str, tuple[float, int, list[str], int, bool]]
) -> None:
    seconds, megabytes, codes, shown, placed = figures[name]
    assert HOSTILE[name].code in codes
    assert seconds < patience(_SECONDS)
    assert megabytes < _MEGABYTES
    assert shown < 40_000
    assert placed


@pytest.mark.parametrize("name", ["repeats", "brackets", "lists of lists", "a long file", "many lists"])
def test_a_process_that_checks_one_ends_soon(name: str, tmp_path: Path, fresh_python: FreshPython) -> None:
    (tmp_path / "net.arch").write_text(HOSTILE[name].text, encoding="utf-8")
    code = (
        "import resource, subprocess, sys\n"
        "command = [sys.executable, '-m', 'archdsl', 'check', 'net.arch']\n"
        "done = subprocess.run(command, capture_output=True, text=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)\n"
        "print(done.stdout, done.stderr)\n"
    )
    figures, _, output = fresh_python(code).stdout.partition("\n")
    exit_code, seconds, megabytes = map(float, figures.split())
    assert (exit_code, f"error[{HOSTILE[name].code}]" in output) == (1, True), output
    assert seconds < patience(_SECONDS)
    assert megabytes < _MEGABYTES


def _check(text: str, limits: Limits = DEFAULT) -> tuple[Diagnostic, ...]:
    program = Program(SourceFile("net.arch", text), DiskLoader(), limits)
    program.check()
    return program.diagnostics


RAISED = {
    "source": ("model Net() :: [8] -> [8] { relu }", 20, "source-too-long"),
    "statement": ("let x = [1, 2, 3, 4, 5, 6]", 10, "statement-too-long"),
    "depth": ("let x = [[[[1]]]]", 3, "nested-too-deeply"),
    "steps": ("let x = [i for i in range(2_000)]", 1_000, "too-much-work"),
    "length": ("let x = range(200)", 100, "value-too-long"),
    "bits": ("let x = 2 ** 20", 16, "number-too-large"),
    "terms": (
        "model Net() :: [h, w] -> [h, w] {\nlet a = (h + w) ** 3\nreshape([h * a / a, w]) }",
        3,
        "number-too-large",
    ),
    "rank": ("model Net() :: [2, 2, 2] -> [2, 2, 2] { relu }", 2, "number-too-large"),
    "nodes": ("model Net() :: [8] -> [8] { repeat 30 { relu } }", 20, "graph-too-large"),
    "problems": ("\n".join(f"let x{i} = y" for i in range(20)), 10, "too-many-problems"),
}
"""For each limit that a text alone can meet: the text, a limit that it is beyond, and the code of the error."""


@pytest.mark.parametrize("name", RAISED)
def test_the_error_names_the_option_that_raises_the_limit(name: str) -> None:
    text, low, code = RAISED[name]
    tight = replace(DEFAULT, **{name: low})
    found = [d for d in _check(text, tight) if d.code == code]
    assert found, _check(text, tight)
    (help_,) = found[0].help
    option = re.fullmatch(r"`--limit (\w+)=([\d_]+)` allows more", help_)
    assert option is not None
    assert option[1] == name
    raised = replace(DEFAULT, **{name: int(option[2])})
    assert code not in {d.code for d in _check(text, raised)}


def test_every_limit_is_tried() -> None:
    assert {limit.name for limit in DEFAULT} == {*RAISED, "files", "imports"}


def _chain(folder: Path, length: int) -> SourceFile:
    for i in range(length):
        (folder / f"f{i}.arch").write_text(f'from "./f{i + 1}.arch" import b{i + 1}\nlet b{i} = b{i + 1}\n', "utf-8")
    (folder / f"f{length}.arch").write_text(f"let b{length} = 1\n", "utf-8")
    return DiskLoader(folder).source(folder / "f0.arch", read_text(folder / "f0.arch"))


@pytest.mark.parametrize(("name", "low"), [("files", 5), ("imports", 5)])
def test_chains_of_imports_end(name: str, low: int, tmp_path: Path) -> None:
    source = _chain(tmp_path, 10)
    for limits, codes in ((replace(DEFAULT, **{name: low}), {"too-many-files"}), (DEFAULT, set[str]())):
        program = Program(source, DiskLoader(tmp_path), limits)
        program.check()
        assert {d.code for d in program.diagnostics} == codes
        assert all(f"--limit {name}=" in d.help[0] for d in program.diagnostics)


def test_a_long_chain_of_imports_ends_by_itself(tmp_path: Path) -> None:
    source = _chain(tmp_path, 500)
    program = Program(source, DiskLoader(tmp_path))
    program.check()
    assert [d.code for d in program.diagnostics] == ["too-many-files"]


def test_a_cycle_of_imports_names_its_files(tmp_path: Path) -> None:
    for here, there in (("a", "b"), ("b", "c"), ("c", "a")):
        text = f'from "./{there}.arch" import {there}\nlet {here} = {there}\n'
        (tmp_path / f"{here}.arch").write_text(text, encoding="utf-8")
    source = DiskLoader(tmp_path).source(tmp_path / "a.arch", read_text(tmp_path / "a.arch"))
    program = Program(source, DiskLoader(tmp_path))
    program.check()
    assert "imports form a cycle: a.arch -> b.arch -> c.arch -> a.arch" in [d.text for d in program.diagnostics]


def test_python_takes_limits() -> None:
    text = model("repeat 300 { relu }")
    with pytest.raises(ArchError, match="graph-too-large"):
        load_text(text, limits=Limits(nodes=200))
    assert len(load_text(text, limits=Limits(nodes=300)).graph) == 300


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "9"])
def test_a_limit_is_a_positive_integer(value: object) -> None:
    with pytest.raises(ValueError, match="positive integer"):
        Limits(nodes=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("nodez=3", "did you mean `nodes`?"),
        ("nodes", "write `--limit name=value`"),
        ("=3", "write `--limit name=value`"),
        ("nodes=", "a limit is a positive whole number"),
        ("nodes=0", "a limit is a positive whole number"),
        ("nodes=1e9", "a limit is a positive whole number"),
        ("nodes=-1", "a limit is a positive whole number"),
        (f"nodes={'9' * 10_000}", "a limit is a positive whole number"),
    ],
)
def test_wrong_limits_are_refused(option: str, words: str) -> None:
    result = CliRunner().invoke(cli, ["check", "resnet50", "--limit", option])
    assert result.exit_code == 2
    assert words in result.output


def test_a_limit_may_be_beyond_what_python_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()
    monkeypatch.setattr(sys, "setrecursionlimit", asked.append)
    huge = [part for limit in DEFAULT for part in ("--limit", f"{limit.name}={'9' * 20}")]
    assert CliRunner().invoke(cli, ["check", "lenet5", *huge]).exit_code == 0
    assert max(asked) < 2**31


def test_every_command_that_takes_a_spec_takes_limits() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if any(isinstance(p.type, SpecType) for p in command.params):
            assert any("--limit" in p.opts for p in command.params), name


def test_a_limit_reaches_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(model("repeat 300 { relu }"), encoding="utf-8")
    for command in (["check"], ["summary"], ["compile", "--to", "json"], ["render", "-o", "x.dot"]):
        for most, code in (("0.2k", 2), ("100", 1), ("1k", 0)):
            result = CliRunner().invoke(cli, [command[0], "net.arch", *command[1:], "--limit", f"nodes={most}"])
            assert result.exit_code == code, result.output


def test_explain_lists_the_limits() -> None:
    output = CliRunner().invoke(cli, ["explain", "limits"]).output
    assert all(re.search(rf"^{limit.name} +{limit.most:_} ", output, re.MULTILINE) for limit in DEFAULT)


def test_text_shows_the_first_problems_and_counts_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text("\n".join(f"let x{i} = y{i}" for i in range(80)), encoding="utf-8")
    short = CliRunner().invoke(cli, ["check", "net.arch"]).output
    assert short.count("error[") == 50
    assert "… and 30 more\n\nnet.arch: 80 errors" in short
    assert CliRunner().invoke(cli, ["check", "net.arch", "--max-errors", "80"]).output.count("error[") == 80
    found = json.loads(CliRunner().invoke(cli, ["check", "net.arch", "--format", "json"]).output)
    assert len(found["specs"][0]["diagnostics"]) == 80


def test_long_texts_lose_their_middle() -> None:
    (problem,) = _check(f"let x = {'a' * 10_000}")
    assert len(problem.text) < 500
    assert len(render_all([problem], colour=False)) < 1_500


def test_work_may_grow_with_the_text() -> None:
    text = "model Net() :: [8] -> [8] {\n" + "\n-> ".join(["relu"] * 60_000) + "\n}"
    assert len(load_text(text).graph) == 60_000


def test_a_limit_is_what_is_allowed() -> None:
    limits = Limits(length=100)
    for text in ("let x = range(100)", 'let x = "a" * 100', "let x = [range(50), range(50)]"):
        assert _check(text, limits) == ()
    for text in ("let x = range(101)", 'let x = "a" * 101', "let x = [range(50), range(51)]"):
        assert [d.code for d in _check(text, limits)] == ["value-too-long"]
