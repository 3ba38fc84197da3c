"""A measure that is added to the registry alone appears wherever figures are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import archdsl
from archdsl.measures import MEASURES
from archdsl.names.language import FIGURES

ADDED = """
from archdsl.measures import model, registry

registry.MEASURES += (
    model.Measure(
        "intensity",
        title="intensity",
        unit="ratio",
        noun="MACs a parameter",
        meaning="multiply-adds for each weight",
        of=lambda model: model.cost.macs / model.cost.params if isinstance(model.cost.macs, int) else None,
        of_part=lambda part: part.cost.macs / part.cost.params if part.cost.params else None,
        better="more",
        usual=True,
    ),
)
registry.BY_NAME = {measure.name: measure for measure in registry.MEASURES}
import archdsl.measures

archdsl.measures.MEASURES, archdsl.measures.BY_NAME = registry.MEASURES, registry.BY_NAME
from archdsl.cli.main import main

main()
"""
"""The command line, with one more entry in the registry and nothing else changed."""


def _archdsl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ADDED, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measures")
    (folder / "net.arch").write_text(
        "model Net(width: int = 4) :: [8, 8, 3] -> [8, 8, width] { conv(width, k=3) }\n"
        "check Net(), intensity > 60, intensity < 70\n"
    )
    (folder / "bad.arch").write_text("model Net() :: [8, 8, 3] -> [8, 8, 4] { conv(4) }\ncheck Net(), intensity < 1\n")
    (folder / "open.arch").write_text("model Net() :: [?, ?, 3] -> [?, ?, 4] { conv(4) }\n")
    return folder


def test_in_check_lines(folder: Path) -> None:
    assert _archdsl(folder, "check", "net.arch").returncode == 0
    failed = _archdsl(folder, "check", "bad.arch")
    assert failed.returncode == 1
    assert "`intensity` is 61.7" in failed.stdout + failed.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("summary", "net.arch"), "intensity"),
        (("summary", "net.arch", "--columns", "intensity"), "61.7"),
        (("summary", "net.arch", "--format", "json"), '"intensity": 61.7'),
        (("compare", "net.arch"), "61.7"),
        (("compare", "net.arch", "open.arch", "--sort", "intensity:desc"), "61.7"),
        (("compare", "net.arch", "--format", "json"), '"intensity": 61.7'),
        (("scale", "net.arch", "--over", "width=1..3", "--sort", "intensity"), "61.7"),
        (("scale", "net.arch", "--over", "width=1..3", "--format", "json"), '"intensity": 61.7'),
        (("scale", "net.arch", "--over", "width=1..3", "--max-intensity", "1"), "3 of 3 left out"),
        (("select", "net.arch", "--min-intensity", "60", "--prefer", "intensity"), "1. Net"),
        (("select", "net.arch", "--min-intensity", "100"), "61.7 MACs a parameter: 38.3 (38 %) too little"),
        (("select", "open.arch", "--min-intensity", "1"), "intensity depends on the input"),
        (("select", "--help"), "--min-intensity N"),
        (("diff", "net.arch", "net.arch"), ""),
    ],
)
def test_on_the_command_line(folder: Path, arguments: tuple[str, ...], shown: str) -> None:
    done = _archdsl(folder, *arguments)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


def test_names_are_told_apart() -> None:
    assert tuple(measure.name for measure in MEASURES) == FIGURES
    names = [name for measure in MEASURES for name in {measure.name, measure.key, *measure.aliases}]
    assert len(names) == len(set(names))
    assert not {"model", "input", "year", "top1", "source", "file", "output", "stride"} & set(names)


def test_every_measure_is_a_figure_of_a_summary_and_of_a_comparison() -> None:
    architecture = archdsl.load("lenet5")
    summary = architecture.summary()
    (entry,) = archdsl.compare(["lenet5"])
    document = json.loads(archdsl.summary.to_json(summary))
    for measure in MEASURES:
        assert entry[measure.name] == summary.figures[measure.name]
        assert measure.name in document
