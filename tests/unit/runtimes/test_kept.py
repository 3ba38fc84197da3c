"""Times that a file keeps: nothing is measured twice, and nothing that is not what was asked for is taken from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.comparison import Entry
from archdsl.runtimes import measure as measuring
from archdsl.runtimes.kept import Kept, OtherTimes
from archdsl.runtimes.measure import Subject, measure, subject
from archdsl.runtimes.registry import RUNTIMES, Runtime
from archdsl.study.speed import Failure, Speed, Timing

NET = "model {name}() :: [8, 8, 3] -> [8, 8, {width}] {{ conv({width}) }}"


def net(name: str, width: int = 4) -> Subject:
    return subject(archdsl.load_text(NET.format(name=name, width=width)).graph, "net.arch")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that were measured, by a measurement that only pretends; every runtime is installed."""
    names: list[str] = []

    def pretend(
        subject: Subject, runtimes: Sequence[Runtime], batches: Sequence[int], *_: Any
    ) -> Iterator[Timing | Failure]:
        name = subject.entry.name
        names.append(name)
        for batch in batches:
            for runtime in runtimes:
                place = (name, runtime.name, runtime.title, batch)
                if runtime.name == "litert":
                    yield Failure(*place, "no kernel")
                else:
                    yield Timing(*place, (0.25, 0.5, 0.125), 0.75, 4_000, 3_000, 1e-6)

    monkeypatch.setattr(measuring, "_measured", pretend)
    monkeypatch.setattr(measuring, "installed", lambda given: (tuple(RUNTIMES[name] for name in given), ()))
    return names


def run(file: Path, *subjects: Subject, names: Sequence[str] = ("onnx", "litert"), **how: Any) -> Speed:
    return measure(subjects, names, **({"threads": 1} | how), kept=Kept(file))


def test_it_goes_on_where_it_stopped(measured: list[str], tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    first = run(file, net("One"))
    both = run(file, net("One"), net("Two"))
    assert measured == ["One", "Two"]
    assert both.timings[:1] == first.timings
    assert both.timings[0].seconds == (0.25, 0.5, 0.125)
    assert both.failures == (
        Failure("One", "litert", "LiteRT", 1, "no kernel"),
        Failure("Two", "litert", "LiteRT", 1, "no kernel"),
    )
    assert {*both.entries} == {"One", "Two"}


def test_what_is_kept_is_of_the_model_as_it_was(measured: list[str], tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    run(file, net("One"))
    run(file, net("One", width=5))
    run(file, net("One"))
    assert measured == ["One"] * 3


def test_a_runtime_or_a_batch_that_is_not_kept_is_measured(measured: list[str], tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    run(file, net("One"))
    run(file, net("One"), batches=(1, 8))
    run(file, net("One"), batches=(8,))
    run(file, net("One"), names=("onnx", "openvino"), batches=(8,))
    assert measured == ["One"] * 3


@pytest.mark.parametrize(("how", "said"), [({"threads": 2}, "threads 1, not 2"), ({"clock": "cpu"}, "clock wall")])
def test_times_under_other_conditions_are_refused(
    how: dict[str, Any], said: str, measured: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "times.json"
    run(file, net("One"))
    with pytest.raises(OtherTimes, match=said):
        run(file, net("Two"), **how)
    document = json.loads(file.read_text(encoding="utf-8"))
    document["machine"]["processor"] = "another"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(OtherTimes, match="another processor"):
        run(file, net("Two"))


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "archdsl-compare", "version": 1}'])
def test_a_file_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OtherTimes, match="no file of kept times"):
        Kept(file)
    assert file.read_text(encoding="utf-8") == text


def test_the_zoo_from_the_command_line(measured: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"LeNet5": 416_520, "ResNet18": 1_814_073_344, "MobileNetV2": 300_774_272}
    entries = [Entry(name, name, "", (), {"params": 1, "macs": macs}) for name, macs in sizes.items()]
    monkeypatch.setattr("archdsl.cli.surveys.gather", lambda *_, **__: (entries, []))
    file = tmp_path / "times.json"
    asked = ["bench", "--all", "--at-most", "1G", "--with", "onnx", "--keep", str(file)]
    for _ in range(2):
        result = CliRunner().invoke(cli, asked)
        assert result.exit_code == 0, result.output
    assert measured == ["LeNet5", "MobileNetV2"], "the smallest first, each once"
    assert "MobileNetV2" in result.output


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "--all stands for all bundled models"),
        (("lenet5", "--at-most", "1M"), "give it too"),
        (("--all", "--set", "size=8"), "without --all"),
        (("--all", "--weights", "w.safetensors"), "of one model"),
    ],
)
def test_options_that_do_not_go_together(asked: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(cli, ["bench", *asked])
    assert result.exit_code == 2
    assert said in result.output
