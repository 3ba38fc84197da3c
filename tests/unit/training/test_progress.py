"""The line that says how far a study is."""

from __future__ import annotations

import pytest

from archdsl.study.learning import Run
from archdsl.training import progress
from archdsl.training.progress import Progress
from tests.unit.training.test_study import plan, rows


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as a list of one."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_trials_are_counted_when_they_end(clock: list[float]) -> None:
    lines: list[str] = []
    made = plan("Net", "Wide", seeds=2, epochs=4)
    hear = Progress(made, {"000-0": Run(rows(0.1, 0.2), 0.1, True), "001-0": Run(rows(0.3))}, lines.append)
    assert lines == ["1 of 4 trials done; starting"]
    clock[0] += 10
    hear("001-0", rows(0.3, 0.4)[1])
    assert lines[-1] == "1 of 4 trials done, 100 s left; Wide, seed 0: epoch 2 of 4, accuracy 40.0%"
    clock[0] += 10
    hear("001-0", rows(0.3, 0.4, 0.5)[2])
    hear("001-0", None)  # before its last epoch
    assert lines[-1] == "2 of 4 trials done, 80 s left; Wide, seed 0: epoch 3 of 4, accuracy 50.0%"
    for name in ("000-1", "001-1"):
        for epoch in rows(0.1, 0.2, 0.3, 0.4):
            hear(name, epoch)
        hear(name, None)
    assert lines[-1] == "4 of 4 trials done; Wide, seed 1: epoch 4 of 4, accuracy 40.0%"


def test_trials_that_are_not_planned_yet_count(clock: list[float]) -> None:
    lines: list[str] = []
    hear = Progress(plan("Net", seeds=1, epochs=2), {}, lines.append, total=11)
    clock[0] += 5
    hear("000-0", rows(0.1)[0])
    assert lines[-1].startswith("0 of 11 trials done, 105 s left")
