"""The cases: what is measured, against what, and the ratio to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archdsl.api import check_text
from archdsl.compiler import Program
from archdsl.files import locate
from archdsl.source import SourceFile
from benchmarks import measure

ROOT = Path(__file__).parent.parent


class Line(NamedTuple):
    """One row of the report. ``ratio`` is ours over the alternative's; ``limit`` is what it must not pass."""

    what: str
    ours: str
    against: str
    theirs: str
    ratio: float
    limit: float


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def cold_commands() -> Iterator[Line]:
    """Commands in fresh processes against the import that every Keras program begins with."""
    spec = "specs/resnet50.arch"
    commands = {
        f"archdsl check {spec}": (["-m", "archdsl", "check", spec], 1 / 10),
        "archdsl summary resnet50": (["-m", "archdsl", "summary", "resnet50"], 1 / 10),
        "archdsl render resnet50": (["-m", "archdsl", "render", "resnet50", "-o", "out/bench.svg"], 1 / 8),
    }
    (ROOT / "out").mkdir(exist_ok=True)
    theirs, *ours = measure.cold(["-c", "import keras"], *(command for command, _ in commands.values()))
    for (what, (_, limit)), taken in zip(commands.items(), ours, strict=True):
        yield Line(what, _ms(taken), 'python -c "import keras"', _ms(theirs), taken / theirs, limit)


def warm_check() -> Iterator[Line]:
    """Checking ResNet-152 from text, in a process that has checked something before."""
    located = locate("resnet152")

    def check() -> None:
        program = Program(SourceFile(located.source.name, located.source.text), located.loader)
        assert program.graph("ResNet152") is not None

    taken = measure.here(check, repeats=9)
    yield Line("check ResNet-152, warm", _ms(taken), "60 ms", "60 ms", taken / 0.060, 1.0)


def _chain(nodes: int) -> str:
    """A model of that many ops in nested blocks of ten."""
    return (
        "block Ten() { repeat 5 { conv(8, k=1) -> relu } }\n"
        "block Hundred() { repeat 10 { Ten } }\n"
        f"model Chain() :: [4, 4, 8] -> [4, 4, 8] {{ repeat {nodes // 100} {{ Hundred }} }}"
    )


def _flat(nodes: int) -> str:
    """A model of that many different ops, so that no template is used twice."""
    rows = "\n".join(f"  -> conv({8 + i % 97}, k=1) -> relu" for i in range(nodes // 2))
    return f"model Flat() :: [4, 4, 8] -> [4, 4, _] {{\n  id\n{rows}\n}}"


def growth() -> Iterator[Line]:
    """Time per node as models grow; proportional growth is 1.0."""
    for name, text, sizes in (
        ("nested blocks", _chain, (1_000, 10_000, 100_000)),
        ("written out", _flat, (1_000, 10_000, 100_000)),
    ):
        each = {n: measure.here(partial(_clean, text(n)), repeats=3 if n > 50_000 else 5) / n for n in sizes}
        base = sizes[0]
        for n in sizes[1:]:
            per = f"{each[n] * 1e6:.1f} us/node"
            against = f"{base:,} nodes"
            yield Line(
                f"check {n:,} nodes, {name}", per, against, f"{each[base] * 1e6:.1f} us/node", each[n] / each[base], 1.2
            )


def _clean(text: str) -> None:
    assert not check_text(text)


def build() -> Iterator[Line]:
    """``load(...).build()`` against keras.applications in the same process."""
    import keras

    import archdsl

    def ours() -> None:
        keras.utils.clear_session()
        archdsl.load("resnet50").build()

    def theirs() -> None:
        keras.utils.clear_session()
        keras.applications.ResNet50(weights=None)

    mine, reference = measure.alternating(ours, theirs, repeats=7)
    against = "keras.applications.ResNet50(weights=None)"
    yield Line("load and build ResNet-50", _ms(mine), against, _ms(reference), mine / reference, 1.1)


def lines() -> Iterator[Line]:
    """Lines of spec, comments and blank ones included."""
    for name, models, limit in (("resnet50", "the ResNet family, 5 models", 60), ("vgg16", "VGG-16", 25)):
        count = len((ROOT / "specs" / f"{name}.arch").read_text(encoding="utf-8").splitlines())
        yield Line(f"lines for {models}", str(count), f"{limit} lines", str(limit), count / limit, 1.0)


CASES: tuple[Callable[[], Iterator[Line]], ...] = (cold_commands, warm_check, growth, lines, build)
