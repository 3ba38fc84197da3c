"""Runs the benchmarks and prints them as a Markdown table: ``python -m benchmarks [--write] [NAME…]``.

``--write`` also puts the table of a whole run that missed nothing into README.md, with its date and machine.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import pages
from benchmarks.cases import CASES
from benchmarks.measure import Line

_README = Path(__file__).parent.parent / "README.md"
_HEAD = ("| what | archdsl | against | its figure | ratio | limit | |", "|---|---|---|---|---|---|---|")


def main(arguments: list[str]) -> int:
    """Prints a row as soon as it is measured. Exits with 1 if a ratio passes its limit, with 2 on wrong usage."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    names = [name for name in arguments if name != "--write"]
    if unknown := [name for name in names if name not in CASES]:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(CASES)}", file=sys.stderr)
        return 2
    if names and "--write" in arguments:
        print("--write is for a run of all benchmarks", file=sys.stderr)
        return 2
    passed, rows = True, list(_HEAD)
    print(*_HEAD, sep="\n", flush=True)
    for line in _measured(names or list(CASES)):
        passed &= line.ratio <= line.limit
        rows.append(_row(line))
        print(rows[-1], flush=True)
    if passed and "--write" in arguments:
        pages.replace(_README, "benchmarks", "\n".join([_machine(), "", *rows]))
    return 0 if passed else 1


def _measured(names: list[str]) -> Iterator[Line]:
    for name in names:
        yield from CASES[name]()


def _machine() -> str:
    """Where and when it was measured, in general words."""
    python, keras, tensorflow = platform.python_version(), version("keras"), version("tensorflow")
    day = datetime.now(UTC).date()
    return f"{day}, {os.cpu_count()} cores, Python {python}, Keras {keras} on TensorFlow {tensorflow}:"


def _row(line: Line) -> str:
    verdict = "ok" if line.ratio <= line.limit else "missed"
    cells = (line.what, line.ours, line.against, line.theirs, f"{line.ratio:.3f}", f"{line.limit:.3f}", verdict)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
