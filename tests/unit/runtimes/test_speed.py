"""Times on runtimes: medians and quartiles, fair turns, answers that are compared, and failures that are told."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.comparison import Entry
from archdsl.runtimes import RUNTIMES
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.measure import installed, measure, subject
from archdsl.runtimes.race import Entrant, Result, difference, prepare, race, take_turns
from archdsl.study.speed import Absent, Failure, Speed, Timing, best, to_json
from archdsl.tabular import render

NET = """
model Net() :: [8, 8, 3] -> [4] {
  conv(8, k=3, stride=2) -> batch_norm -> relu -> global_avg_pool -> dense(4)
}
"""
needs_onnx = pytest.mark.skipif(
    find_spec("onnx") is None or find_spec("onnxruntime") is None, reason="onnx or onnxruntime is not installed"
)


def _timing(model: str, runtime: str, *ms: float, batch: int = 1) -> Timing:
    seconds = tuple(each / 1000 for each in ms)
    return Timing(model, runtime, RUNTIMES[runtime].title, batch, seconds, 0.25, 300_000_000, 100_000_000, 2e-6)


def _entry(name: str, params: int, top1: float | None = None) -> Entry:
    return Entry(name, name, "a.arch", ((8, 8, 3),), {"params": params}, {"imagenet_top1": top1} if top1 else {})


def _speed() -> Speed:
    timings = (
        _timing("Small", "onnx", 2, 1, 3, 100, 2),
        _timing("Small", "openvino", 1, 1, 1),
        _timing("Large", "onnx", 20, 21, 22, batch=1),
        _timing("Large", "onnx", 80, 80, 80, batch=8),
    )
    entries = {"Small": _entry("Small", 1_500_000, 70.5), "Large": _entry("Large", 25_000_000)}
    absent = (Absent("torch", "PyTorch", "torch"),)
    failures = (Failure("Large", "openvino", "OpenVINO", 1, "no such op"),)
    return Speed(timings, 2, 10, failures, absent, entries)


def test_one_slow_call_moves_neither_the_median_nor_the_quartiles() -> None:
    timing = _speed().timings[0]
    assert timing.latency == 0.002
    assert timing.quartiles == (0.002, 0.003)
    assert timing.throughput == 500
    assert _timing("Large", "onnx", 80, 80, batch=8).throughput == pytest.approx(100)


def test_the_table_says_how_it_was_measured_and_what_was_not() -> None:
    lines = render(_speed().table()).splitlines()
    assert lines[0].split() == [
        "model",
        "runtime",
        "batch",
        "latency",
        "quartiles",
        "images/s",
        "first",
        "call",
        "memory",
        "params",
        "top-1",
    ]
    assert lines[1].split() == [
        "Small",
        "ONNX",
        "Runtime",
        "1",
        "2.00",
        "ms",
        "2.00",
        "ms–3.00",
        "ms",
        "500",
        "250",
        "ms",
        "300",
        "MB",
        "1.50",
        "M",
        "70.5",
    ]
    assert lines[4].split()[-3:] == ["25.0", "M", "–"]
    bare = render(replace(_speed(), entries={}).table())
    assert "params" not in bare
    notes = "\n".join(lines)
    assert "2 threads" in notes
    assert "in 10 rounds" in notes
    assert "answers agree to 2e-06" in notes
    assert "PyTorch is not installed: `pip install torch`" in notes
    assert "Large on OpenVINO, batch 1: no such op" in notes


def test_json_has_seconds_and_bytes() -> None:
    document = json.loads(to_json(_speed()))
    assert document["schema"] == "archdsl-bench"
    first = document["timings"][0]
    assert first["latency"] == 0.002
    assert first["quartiles"] == [0.002, 0.003]
    assert first["calls"] == 5
    assert (first["memory"], first["memory_before"], first["first_call"]) == (300_000_000, 100_000_000, 0.25)
    assert document["models"] == [
        {"model": "Small", "params": 1_500_000, "macs": None, "top1": 70.5},
        {"model": "Large", "params": 25_000_000, "macs": None, "top1": None},
    ]
    assert "models" not in json.loads(to_json(_speed(), kept={}))
    assert document["absent"] == [{"runtime": "torch", "install": "torch"}]


def test_the_best_of_each_model() -> None:
    found = best(_speed().timings)
    assert {name: timing.runtime for name, timing in found.items()} == {"Small": "openvino", "Large": "onnx"}


def test_plots_show_every_model_and_runtime(tmp_path: Path) -> None:
    from archdsl.plots import speed as plots

    for name, draw, wanted in (
        ("bars", plots.bars, ["Small", "Large", "1.50 M", "25.0 M", "2.00 ms", "1.00 ms", "21.0 ms", "OpenVINO"]),
        ("accuracy", plots.accuracy, ["Small", "top-1, percent"]),
    ):
        draw(_speed()).save(tmp_path / f"{name}.svg", ".svg")
        root = ET.parse(tmp_path / f"{name}.svg").getroot()
        texts = ["".join(e.itertext()).strip() for e in root.iter("{http://www.w3.org/2000/svg}text")]
        assert not set(wanted) - set(texts)
    with pytest.raises(ValueError, match="nothing was measured"):
        plots.bars(Speed((), 1, 1))
    with pytest.raises(ValueError, match="none of these models states an accuracy"):
        plots.accuracy(Speed(_speed().timings[2:], 1, 1, entries=_speed().entries))


def test_runtimes_take_turns_in_both_directions() -> None:
    asked: list[str] = []

    class Worker:
        def __init__(self, name: str, seconds: float) -> None:
            self.name, self.seconds = name, seconds

        def ask(self, **request: int) -> dict[str, object]:
            asked.append(f"{self.name}{request['calls']}")
            return {"times": [self.seconds] * request["calls"], "memory": 7}

    net = Entrant(RUNTIMES["onnx"], Path())
    running = [(Worker("a", 0.01), Result(net, 1)), (Worker("b", 1.0), Result(net, 1))]
    take_turns(running, rounds=3)  # type: ignore[arg-type]  # what it needs of a worker
    assert asked == ["a1", "b1", "b1", "a5", "a5", "b1", "b1", "a5"]
    assert [len(result.seconds) for _, result in running] == [15, 3]


def test_a_difference_is_seen() -> None:
    right = [np.array([[1.0, -4.0]]), np.array([2.0])]
    assert difference(right, right) == 0
    assert difference([right[0] + 0.004, right[1]], right) == pytest.approx(1e-3)
    assert difference([right[0], np.array([np.nan])], right) == float("inf")
    assert difference([right[0].T, right[1]], right) == float("inf")


def test_examples_are_rows_for_tables_and_noise_for_images() -> None:
    words = archdsl.load_text("model M() :: [8] -> [8, 4] { embedding(100, 4) }").graph
    (tokens,) = examples(words, 3)
    assert tokens.dtype == np.int32
    assert tokens.shape == (3, 8)
    assert 0 <= tokens.min() <= tokens.max() < 100
    (image,) = examples(archdsl.load_text(NET).graph, 2)
    assert (image.shape, image.dtype) == ((2, 8, 8, 3), np.float32)
    with pytest.raises(ValueError, match="`input` is left open"):
        examples(archdsl.load_text("model M() :: [?, ?, 3] -> [?, ?, 4] { conv(4) }").graph, 1)


def _agree(names: list[str], batches: tuple[int, ...]) -> None:
    graph = archdsl.load_text(NET).graph
    found = measure([subject(graph, "net.arch")], names, batches=batches, threads=1, rounds=2)
    assert not found.failures
    assert [(t.runtime, t.batch) for t in found] == [(name, batch) for batch in sorted(batches) for name in names]
    for timing in found:
        assert timing.error < 1e-5
        assert 0 < timing.latency < timing.first < 60
        assert timing.memory >= timing.imported > 10_000_000


@needs_onnx
def test_a_runtime_is_timed_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archdsl.runtimes.race._TURN", 0.001)
    _agree(["onnx"], (3, 1))


@pytest.mark.full
def test_all_runtimes_that_are_installed_give_the_same_answers() -> None:
    _agree([runtime.name for runtime in RUNTIMES.values() if not runtime.missing], (3, 1))


@needs_onnx
def test_a_runtime_that_fails_is_told_why(tmp_path: Path) -> None:
    graph = archdsl.load_text(NET).graph
    prepare(tmp_path, graph, {})
    (tmp_path / "net.onnx").write_bytes(b"no model")
    (broken,) = race([Entrant(RUNTIMES["onnx"], tmp_path)], [1], threads=1, rounds=1)
    assert "protobuf" in (broken.failure or "").lower()
    assert not broken.seconds


def test_runtimes_are_refused_by_name_and_told_when_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        installed(["onx"])
    monkeypatch.setattr("archdsl.runtimes.registry.find_spec", lambda _: None)
    found, absent = installed(["torch", "litert"])
    assert not found
    assert [each.install for each in absent] == ["torch", "tensorflow ai-edge-litert"]
    result = CliRunner().invoke(cli, ["bench", "lenet5"])
    assert result.exit_code == 2
    assert "OpenVINO is not installed: `pip install onnx openvino`" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lenet5", "--with", "onx"], "no runtime is called `onx`: did you mean `onnx`?"),
        (["lenet5", "--batch", "1,x"], "`1,x` is no list of sizes"),
        (["lenet5", "--accuracy"], "give it too"),
        (["lenet5", "alexnet", "--weights", "w.safetensors"], "--weights are of one model"),
        (["lenet5", "--weights", "there_is_none.safetensors"], "there_is_none.safetensors"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(cli, ["bench", *arguments])
    assert result.exit_code == 2, result.output
    assert words in result.output
