"""Commands in fresh processes, against what else a process would begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import measure
from benchmarks.measure import Line

_IMPORT = 'python -c "import keras"'


def commands() -> Iterator[Line]:
    """Commands against the import that every program with Keras begins with."""
    with TemporaryDirectory() as folder:
        limits = {
            "check resnet50": 1 / 12,
            "summary resnet50": 1 / 10,
            f"render resnet50 -o {Path(folder) / 'x.svg'}": 1 / 8,
            "compare --all": 1 / 2,
        }
        theirs, *ours = measure.cold(["-c", "import keras"], *(["-m", "archdsl", *c.split()] for c in limits))
    for (command, limit), taken in zip(limits.items(), ours, strict=True):
        shown = command.replace(f"{folder}/", "")
        yield measure.against(f"`archdsl {shown}`, cold", taken, f"`{_IMPORT}`", theirs, limit)


def summary() -> Iterator[Line]:
    """The table with multiply-adds against Keras's table and TensorFlow's profiler."""
    theirs, ours = measure.cold(
        ["-m", "benchmarks.keras_summary"], ["-m", "archdsl", "summary", "resnet50_v1"], repeats=3
    )
    yield measure.against(
        "`archdsl summary resnet50_v1`", ours, "Keras: import, build, `summary`, profiler", theirs, 1 / 10
    )
