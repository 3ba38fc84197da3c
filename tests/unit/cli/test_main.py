"""What all commands share: help, versions, near names, internal errors, closed pipes, and what is imported."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from archdsl import api
from archdsl.cli.output import default_name
from archdsl.version import __version__
from tests.unit.cli.conftest import NET, Run

COMMANDS = [
    "check",
    "fmt",
    "compile",
    "import",
    "weights",
    "predict",
    "summary",
    "compare",
    "select",
    "scale",
    "study",
    "bench",
    "diff",
    "render",
    "view",
    "lsp",
    "show",
    "ops",
    "explain",
    "completion",
]
HEAVY = ("keras", "tensorflow", "torch", "jax", "numpy")
FreshPython = Callable[..., "subprocess.CompletedProcess[str]"]


def test_help(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert [line.split()[0] for line in result.stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines()] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_commands(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert f"archdsl {command}" in result.stdout


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"archdsl {__version__}\n"


def test_mistyped_command(run: Run) -> None:
    result = run("chek", "net.arch")
    assert result.exit_code == 2
    assert "did you mean `check`?" in result.stderr
    assert "there are check, fmt, compile" in run("xyzzy").stderr


@pytest.mark.parametrize("arguments", [("check",), ("--nope",), ("check", "--format", "xml", "net.arch")])
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def fail(*_: object) -> None:
    raise KeyError("lost")


def test_internal_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "elaborate", fail)
    result = run("summary", "net.arch")
    assert result.exit_code == 70
    assert not result.stdout
    assert "internal error: KeyError: 'lost'" in result.stderr
    assert f"archdsl {__version__}" in result.stderr
    assert "--debug" in result.stderr
    assert "Traceback" not in result.stderr


def test_internal_error_with_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "elaborate", fail)
    assert "Traceback" in run("--debug", "summary", "net.arch").stderr
    monkeypatch.setenv("ARCHDSL_DEBUG", "1")
    assert "Traceback" in run("summary", "net.arch").stderr


def test_interrupt(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "elaborate", interrupted)
    assert run("summary", "net.arch").exit_code == 130


def test_closed_pipe(fresh_python: FreshPython) -> None:
    """What a reader such as `head` leaves behind is neither an error nor a traceback."""
    code = """
import os, subprocess, sys
reading, writing = os.pipe()
os.close(reading)
command = [sys.executable, "-m", "archdsl", "explain"]
done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
assert (done.returncode, done.stderr) == (141, ""), done
"""
    fresh_python(code)


def test_default_names() -> None:
    assert default_name("ResNet50", "keras") == "resnet50.keras"
    assert default_name("a/b/net.arch:EfficientNetB0", "svg") == "efficientnetb0.svg"
    assert default_name("a.b/swin_t.arch", "svg") == "swin_t.svg"


def loaded_by(fresh_python: FreshPython, *arguments: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    code = f"""
import os, sys
from pathlib import Path
from archdsl.cli.main import main
Path("net.arch").write_text({NET!r}, encoding="utf-8")

def tell(code):
    print("loaded:", *(name for name, module in sys.modules.items() if module), file=sys.stderr)
    sys.exit(code)

os._exit = tell  # how a command ends, before anything else could be looked at
main()
"""
    return set(fresh_python(code, *arguments).stderr.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("check", "net.arch"),
        ("check", "--format", "json", "net.arch"),
        ("compile", "net.arch", "--to", "json"),
        ("summary", "net.arch"),
        ("compare", "net.arch", "resnet50"),
        ("render", "net.arch", "-o", "net.svg"),
        ("ops",),
        ("ops", "conv"),
        ("explain", "shape-mismatch"),
        ("completion", "fish"),
    ],
    ids=" ".join,
)
def test_starts_without_keras(fresh_python: FreshPython, arguments: tuple[str, ...]) -> None:
    assert loaded_by(fresh_python, *arguments) & set(HEAVY) == set()


UNNEEDED = {"networkx", "safetensors", "h5py", "rich", "matplotlib", "asyncio", "http", "interegular"}
"""Modules that take long to import, and that neither checking nor counting nor drawing has a use for."""


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (
            ("check", "net.arch"),
            {"email", "graphviz", "archdsl.summary", "archdsl.backends", "archdsl.cli.commands.compile"},
        ),
        (("fmt", "--check", "net.arch"), {"pydantic", "archdsl.compiler", "archdsl.ops", "archdsl.elaborate.session"}),
        (("summary", "net.arch"), {"email", "graphviz", "archdsl.backends", "archdsl.cli.commands.compile"}),
        (("render", "net.arch", "-o", "net.svg"), {"archdsl.backends.keras", "archdsl.cli.commands.compile"}),
    ],
)
def test_commands_import_only_what_they_need(
    fresh_python: FreshPython, arguments: tuple[str, ...], others: set[str]
) -> None:
    loaded = loaded_by(fresh_python, *arguments)
    assert f"archdsl.cli.commands.{arguments[0]}" in loaded
    assert loaded & (UNNEEDED | others) == set()


def test_module_runs(fresh_python: FreshPython) -> None:
    code = "import runpy; runpy.run_module('archdsl', run_name='__main__')"
    assert fresh_python(code, "--version").stdout == f"archdsl {__version__}\n"
