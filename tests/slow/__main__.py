"""A search for inputs that take long or much memory for their length: ``python -m tests.slow --seconds 600``.

It climbs: what takes the most a byte is changed again. What takes more than it may is made smaller and kept in
``tests/slow/found``, where it is a test from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.fuzz.minimise import minimise
from tests.patience import patience
from tests.slow.growth import grown, seeds
from tests.slow.measure import COMMANDS, Cost, measure

FOUND: Final = Path(__file__).parent / "found"
_KEPT: Final = 8
"""Inputs of a climb."""
_STEPS: Final = 60
"""Inputs that a climb tries before another begins elsewhere."""
_TRIES: Final = 80
"""Inputs that are tried to make a find smaller."""


class Tried(NamedTuple):
    ratio: float
    text: str
    before: str


def judge(command: str, text: str, before: str, folder: Path, pace: float) -> Cost:
    """What a command takes for a text; ``diff`` compares it with what it was ``before`` its last change."""
    files = []
    for name, each in (("b", before), ("a", text)) if command == "diff" else (("a", text),):
        files.append(folder / f"{name}{'.json' if each.startswith('{') else '.arch'}")
        files[-1].write_text(each, encoding="utf-8", errors="replace")
    cost = measure(command, files, give_up=4 * pace)
    return cost._replace(time=cost.time / pace)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.slow", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="of processor time (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other inputs (%(default)s)")
    options = parser.parse_args()
    _warm()
    random, inputs, finds, worst = Random(options.seed), 0, 0, dict.fromkeys(COMMANDS, 0.0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while _spent() < options.seconds:
            command, pace = random.choice([*COMMANDS]), patience(1.0)
            climb = [Tried(0.0, text, text) for text in random.sample(seeds(), _KEPT)]
            for _ in range(_STEPS):
                before = random.choice(climb[: random.choice((1, 3, _KEPT))]).text
                text = grown(before, random)
                cost = judge(command, text, before, folder, pace)
                inputs += 1
                if cost.ratio > 1 or cost.code not in (0, 1, 2):  # once more: the machine may have been busy
                    pace = patience(1.0)
                    cost = judge(command, text, before, folder, pace)
                if cost.ratio > 1 or cost.code not in (0, 1, 2):
                    finds += 1
                    kept = _keep(command, text, before, folder)
                    print(f"{command}: {cost.time:.1f} of the time, {cost.memory:.1f} of the memory, "
                          f"exit {cost.code}, {len(text):_} characters, kept as {kept}", flush=True)  # fmt: skip
                    break  # and elsewhere: what comes of it is the same
                worst[command] = max(worst[command], cost.ratio)
                climb = sorted([*climb, Tried(cost.ratio, text, before)], reverse=True)[:_KEPT]
                if _spent() > options.seconds:
                    break
    figures = ", ".join(f"{command} {ratio:.2f}" for command, ratio in worst.items())
    print(
        f"seed {options.seed}: {_spent():.0f} s, {inputs:_} inputs, {finds} finds; the worst of the others: {figures}"
    )
    return min(finds, 1)


def _keep(command: str, text: str, before: str, folder: Path) -> str:
    """Writes the smallest text that takes too much."""

    def fails(part: str) -> bool:
        cost = judge(command, part, before if command == "diff" else part, folder, patience(1.0))
        return cost.ratio > 1 or cost.code not in (0, 1, 2)

    small = minimise(text, fails, _TRIES)
    FOUND.mkdir(exist_ok=True)
    if command == "diff":
        small = f"{before}\f{small}"
    digest = hashlib.sha256(small.encode(errors="replace")).hexdigest()[:8]
    path = FOUND / f"{command}-{digest}.txt"
    path.write_text(small, encoding="utf-8", errors="replace")
    return path.name


def _spent() -> float:
    """Seconds of processor time, of this process and of all that it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _warm() -> None:
    """Imports what the commands need, once and not in every child."""
    import importlib

    for command in ("check", "compile", "summary", "compare", "diff", "render"):
        importlib.import_module(f"archdsl.cli.commands.{command}")
    for name in ("compiler", "summary", "difference", "graph.json", "backends.graphviz.layout", "survey"):
        importlib.import_module(f"archdsl.{name}")
    importlib.import_module("networkx")


if __name__ == "__main__":
    started = time.perf_counter()
    code = main()
    print(f"{time.perf_counter() - started:.0f} s by the clock")
    sys.stdout.flush()
    os._exit(code)
