"""``archdsl study``: what is refused before anything is trained, and what is shown of what was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.engine import Local
from archdsl.training.latency import Latency
from tests.unit.cli.conftest import Run
from tests.unit.training.test_study import rows

TEXT = """model Net(width: int = 4, act: op = relu) :: [8, 8, 1] -> [3] {
  conv(width, k=3) -> act -> global_avg_pool -> dense(3) as head
}
model Wide = Net(width=8)
"""


@pytest.fixture(autouse=True)
def _files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("net.arch").write_text(TEXT, encoding="utf-8")
    x, y = np.random.default_rng(0).integers(0, 256, (9, 8, 8), np.uint8), np.arange(9) % 3
    np.savez("data.npz", x_train=x, y_train=y, x_test=x, y_test=y)

    def played(self: Local, folder: Path, trials: list[str], hear: object) -> dict[str, str]:
        failed = {}
        for name in trials:
            if plans.load(folder).trial(name).variant == "Wide" and name.endswith("-1"):
                failed[name] = "no space left on device"
                continue
            store.add(folder, name, *rows(0.5, 0.8 - 0.1 * int(name[:3])))
            store.end(folder, name, 0.002)
        return failed

    monkeypatch.setattr(Local, "run", played)


def test_training_one(run: Run) -> None:
    result = run("study", "train", "net.arch:Net", "--data", "data.npz", "--into", "out")
    assert result.exit_code == 0, result.output
    assert "80.00%" in result.output
    again = run("study", "train", "net.arch:Net", "--data", "data.npz", "--into", "out")
    assert again.exit_code == 2
    assert "`--resume` goes on with it" in again.output
    assert run("study", "train", "net.arch:Net", "--data", "data.npz", "--into", "out", "--resume").exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--data", "nothing"), "no data is called `nothing`"),
        (("--data", "digits"), "digits has 10 classes, and Net gives [3]"),
        (("--data", "data.npz", "--set", "width=-1"), "width"),
        (("--data", "data.npz", "--with", "epochs=0"), "`epochs`: input should be greater"),
        (("--data", "data.npz", "--recipe", "none.toml"), "cannot read none.toml: no such file"),
    ],
)
def test_what_is_refused(run: Run, options: tuple[str, ...], said: str) -> None:
    result = run("study", "train", "net.arch:Net", *options, "--into", "out")
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert not Path("out").exists()


def test_variants_and_a_trial_that_fails(run: Run) -> None:
    result = run("study", "ablate", "net.arch", "--data", "data.npz", "--into", "out", "--seeds", "2")
    assert result.exit_code == 1
    assert "error: Wide, seed 1: no space left on device" in result.output
    assert "3 of 4 trials are done" in result.output
    assert "-10.00" in result.output


def test_variants_of_values(run: Run) -> None:
    options = ("--data", "data.npz", "--seeds", "1", "--baseline", "width=8, act=relu")
    result = run(
        *("study", "ablate", "net.arch:Net", "--over", "width=[4, 8]", "--over", "act=[relu, gelu]"),
        *(*options, "--into", "out", "--format", "json"),
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert [variant["name"] for variant in found["variants"]] == [
        "width=8, act=relu",
        "width=4, act=relu",
        "width=4, act=gelu",
        "width=8, act=gelu",
    ]
    assert [variant["params"] for variant in found["variants"]] == [107, 55, 55, 107]


def test_several_specs(run: Run) -> None:
    Path("other.arch").write_text(TEXT.replace("Net", "Other").replace("Wide", "Broad"), encoding="utf-8")
    options = ("--data", "data.npz", "--seeds", "1", "--format", "json")
    result = run("study", "ablate", "net.arch:Net", "other.arch:Broad", *options, "--into", "out")
    assert result.exit_code == 0, result.output
    assert [variant["name"] for variant in json.loads(result.output)["variants"]] == ["Net", "Broad"]
    result = run("study", "ablate", "net.arch:Net", "net.arch", *options, "--into", "more")
    assert (result.exit_code, "two variants are called `Net`" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--variants", "Wid"), "did you mean `Wide`"),
        (("--variants", "Net", "--over", "width=[4]"), "give one of them"),
        (("--baseline", "Other"), "there are Net, Wide"),
        (("--over", "width=[4, 8]", "--set", "width=3"), "`width` has a value already"),
    ],
)
def test_variants_that_are_refused(run: Run, options: tuple[str, ...], said: str) -> None:
    result = run("study", "ablate", "net.arch", "--data", "data.npz", "--into", "out", *options)
    assert result.exit_code == 2
    assert said in result.output


def test_what_is_shown(run: Run) -> None:
    run("study", "ablate", "net.arch", "--data", "data.npz", "--into", "out", "--seeds", "1")
    assert "filters 4 → 8" in run("study", "show", "out", "--format", "csv").output
    for name, said, times in (
        ("a.html", "<figure><svg", 4),
        ("a.md", "| Net |", 1),
        ("a.json", '"archdsl-ablation"', 1),
    ):
        assert run("study", "show", "out", "-o", name).exit_code == 0
        assert Path(name).read_text(encoding="utf-8").count(said) == times
    for kind in ("curves", "params"):
        assert run("study", "show", "out", "--plot", f"{kind}.svg", "--as", kind).exit_code == 0
        assert "Wide" in Path(f"{kind}.svg").read_text(encoding="utf-8")
    for name in ("nowhere", "net.arch"):
        result = run("study", "show", name)
        assert result.exit_code == 2
        assert "is no folder of a study" in result.output


def test_a_space_that_the_spec_states(run: Run) -> None:
    head = "width: int in range(1, 41) = 4, act: op in [relu, gelu] = relu) where width > 2 or act == gelu"
    Path("space.arch").write_text(TEXT.replace("width: int = 4, act: op = relu)", head), encoding="utf-8")
    space = ("study", "search", "space.arch:Net", "--max-params", "200", "--dry-run")
    result = run(*space)
    assert result.exit_code == 0, result.output
    assert "80 of 80 candidates" in result.output
    assert "28 pass" in result.output
    assert "2 dropped: a condition does not hold" in result.output
    assert "13 pass" in run(*space, "--set", "act=relu").output
    assert "4 dropped: a value is not allowed" in run(*space, "--over", "width=38..42").output
    result = run("study", "search", "net.arch:Net", "--dry-run")
    assert result.exit_code == 2
    assert "lists no values" in result.output


def test_a_search(run: Run) -> None:
    space = ("study", "search", "net.arch:Net", "--over", "width=1..40", "--max-params", "200", "--where", "width > 2")
    result = run(*space, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "13 pass" in result.output
    assert "dropped: more params than allowed" in result.output
    assert run(*space).exit_code == 2
    result = run(*space, "--data", "data.npz", "--into", "out", "--trials", "4", "--jobs", "2")
    assert result.exit_code == 0, result.output
    assert "Pareto front" in result.output
    assert run("check", "out/winner.arch").exit_code == 0
    result = run(*space, "--where", "width >", "--dry-run")
    assert result.exit_code == 1
    result = run(*space, "--where", "widht > 2", "--dry-run")
    assert (result.exit_code, "name `widht` is not defined" in result.output) == (1, True)
    result = run(*space, "--max-macs", "1", "--data", "data.npz", "--into", "none")
    assert (result.exit_code, "no candidate is left to train" in result.output) == (2, True)
    assert not Path("none").exists()


def test_a_search_goes_on(run: Run) -> None:
    """With more trials: as one that had so many from the start."""
    space = ("study", "search", "net.arch:Net", "--over", "width=1..40", "--data", "data.npz", "--jobs", "2")
    for into, trials, *more in (("whole", "7"), ("parts", "3"), ("parts", "7", "--resume")):
        result = run(*space, "--set", "act=gelu", "--into", into, "--trials", trials, *more)
        assert result.exit_code == 0, result.output
    assert plans.load(Path("parts")) == plans.load(Path("whole"))
    assert len(plans.load(Path("whole")).variants) == 8
    assert "NetWinner = Net(act=gelu)" in Path("whole/winner.arch").read_text(encoding="utf-8")
    assert run("check", "whole/winner.arch").exit_code == 0
    run("study", "show", "whole", "-o", "a.html")
    assert "Pareto front" in Path("a.html").read_text(encoding="utf-8")
    assert "multiply-adds" in run("study", "show", "whole").output
    assert "fewer parameters" in run("study", "show", "whole", "--cost", "params").output


def test_a_baseline_outside_the_budget(run: Run) -> None:
    space = ("study", "search", "net.arch:Wide", "--over", "width=1..5", "--max-params", "80", "--trials", "3")
    result = run(*space, "--data", "data.npz", "--into", "out", "--jobs", "2")
    assert result.exit_code == 0, result.output
    assert "Wide as its defaults make it is not trained: more params than allowed" in result.output
    assert len(plans.load(Path("out")).variants) == 3


def test_a_search_for_fast_models(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def allows(self: Latency, name: str, *_: object) -> bool:
        self.measured[name] = 0.001 * int(name.partition("=")[2])
        return self.measured[name] <= self.most

    monkeypatch.setattr(Latency, "allows", allows)
    search = (
        "study",
        "search",
        "net.arch:Net",
        "--over",
        "width=1..8",
        "--data",
        "data.npz",
        "--jobs",
        "2",
        "--set",
        "act=gelu",
    )
    result = run(*search, "--into", "out", "--max-latency", "4.5ms", "--prune", "median", "--round", "3")
    assert result.exit_code == 0, result.output
    assert "4 of 7 candidates took longer than 4.5 ms" in result.output
    names = {variant.name for variant in plans.load(Path("out")).variants}
    assert names == {"Net", "width=1", "width=2", "width=3"}
    assert "= Net(act=gelu, width=" in Path("out/winner.arch").read_text(encoding="utf-8")
    for options, words in (
        (("--max-latency", "5"), "`5` is no time such as 5ms or 0.8s"),
        (("--max-latency", "-1ms"), "is no time"),
        (("--max-latency", "5ms", "--latency-on", "onyx"), "no runtime is called `onyx`"),
        (("--max-latency", "5ms", "--latency-on", "onnx,keras"), "one runtime is measured"),
        (("--prune", "halving", "--sampler", "nsga2"), "behind by accuracy alone"),
    ):
        result = run(*search, "--into", "more", *options)
        assert result.exit_code == 2, result.output
        assert words in result.output
    assert not Path("more/results.sqlite").exists()
