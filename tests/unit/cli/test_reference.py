"""``archdsl ops``, ``archdsl explain`` and ``archdsl completion``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archdsl import load_text
from archdsl.backends.keras.counterparts import COUNTERPARTS
from archdsl.diagnostics.explain import catalogue
from archdsl.graph.dims import show
from archdsl.ops.docs import by_family, document
from archdsl.ops.registry import OPS
from tests.unit.cli.conftest import Run


def test_ops_lists_every_op(run: Run) -> None:
    result = run("ops")
    assert result.exit_code == 0
    words = set(result.stdout.split())
    assert set(OPS) <= words


def test_op(run: Run) -> None:
    result = run("ops", "conv")
    assert result.exit_code == 0
    for words in (
        "conv(filters, k=3, stride=1",
        "a positive int; required",
        "how the weights start",
        "conv(128, k=3, stride=2)",
        "[56, 56, 64] -> [28, 28, 128]",
        "73_856 parameters, 57_802_752 MACs",
        "Conv1D, Conv2D or Conv3D",
    ):
        assert words in result.stdout


@pytest.mark.parametrize("name", OPS)
def test_every_op_is_documented(name: str) -> None:
    page = document(OPS[name])
    assert page.summary
    assert page.family in by_family()
    assert COUNTERPARTS[name]
    assert all(argument.description and argument.wanted for argument in page.arguments)


@pytest.mark.parametrize("name", OPS)
def test_every_example_holds(name: str) -> None:
    example = document(OPS[name]).example
    graph = load_text(example.source).graph
    assert show(graph.outputs[0].shape) == example.output
    assert name in {node.op.name for node in graph}


def test_foreign_op(run: Run) -> None:
    result = run("ops", "Conv2D")
    assert result.exit_code == 2
    assert "did you mean `conv`?" in result.stderr


def test_ops_as_json(run: Run) -> None:
    document = json.loads(run("ops", "dense", "--format", "json").stdout)
    assert (document["schema"], document["version"]) == ("archdsl-ops", 1)
    assert document["op"]["example"]["params"] == 2_049_000
    assert [a["name"] for a in document["op"]["arguments"] if a["required"]] == ["units"]
    listed = json.loads(run("ops", "--format", "json").stdout)["ops"]
    assert [op["name"] for op in listed] == [page.name for pages in by_family().values() for page in pages]


def test_explain(run: Run) -> None:
    result = run("explain", "shape-mismatch")
    assert result.exit_code == 0
    assert result.stdout.startswith("error[shape-mismatch]\n")
    for written in ("shape_mismatch", "error[shape-mismatch]", "Shape-Mismatch"):
        assert run("explain", written).stdout == result.stdout


def test_explain_lists_all(run: Run) -> None:
    result = run("explain")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(catalogue())


def test_unknown_code(run: Run) -> None:
    result = run("explain", "shape-mismatched")
    assert result.exit_code == 2
    assert "did you mean `shape-mismatch`" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_ARCHDSL_COMPLETE={shell}_complete" in result.stdout
    assert "archdsl" in result.stdout


def test_unknown_shell(run: Run) -> None:
    assert run("completion", "tcsh").exit_code == 2


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("archdsl comp", {"compile", "completion"}),
        ("archdsl check ne", {"net.arch"}),
        ("archdsl check resnet1", {"resnet18", "resnet101", "resnet152"}),
        ("archdsl ops soft", {"softmax", "softplus"}),
        ("archdsl explain shape-", {"shape-mismatch"}),
    ],
)
def test_completion(run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, offered: set[str]) -> None:
    assert run("--version").exit_code == 0  # `run` made the folder with net.arch
    environment = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")), "_ARCHDSL_COMPLETE": "bash_complete"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code = "from archdsl.cli.main import main; main()"
    paths = os.pathsep.join(filter(None, (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", paths)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    lines = [line.split(",", 1) for line in done.stdout.splitlines()]
    assert offered <= {value for kind, value in lines if kind == "plain"}, done.stdout + done.stderr
