"""Where the time goes: ``python -m benchmarks.profile`` prints tables; ``--write`` puts them into the page."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import measure, pages

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"

_SPARE = "import archdsl.cli.main as m, gc; m._spare_imports(); gc.disable()"
_FIND = "import archdsl.files; f = archdsl.files.locate('resnet50')"
_LEAVE = "import os; os._exit(0)"
"""As the command ends; to take the interpreter apart would count as part of every step."""
_START: Sequence[tuple[str, str]] = (
    ("Python itself", ""),
    ("click", "import click"),
    ("the command line", _SPARE),
    ("pydantic", "import pydantic, pydantic.types"),
    ("the compiler", "import archdsl.cli.commands.check, archdsl.compiler"),
    ("the parser's tables", "from archdsl.syntax.tables import load; load().scanner"),
    ("finding and reading the spec, and what it imports", f"{_FIND}; p = archdsl.compiler.Program(f.source, f.loader)"),
    ("elaborating and checking, ops included", "p.check()"),
)
"""What `archdsl check resnet50` does, one after another; each step stands on those before it."""


def start() -> str:
    """The steps of a cold check, as differences between processes that go one step further each."""
    codes = [code for _, code in _START if code]
    programs = ["; ".join([*codes[:n], _LEAVE]) for n in range(len(_START))]
    whole = measure.cold(*(["-c", program] for program in programs), repeats=15, clock=measure.children)
    rows = ["| step | CPU ms | in all |", "|---|---|---|"]
    for (step, _), before, after in zip(_START, [0.0, *whole], whole, strict=False):
        rows.append(f"| {step} | {(after - before) * 1000:.0f} | {after * 1000:.0f} |")
    return "\n".join(rows)


def build() -> str:
    """The steps of building ResNet-50, beside what keras.applications takes for the same model."""
    import keras

    import archdsl

    architecture = archdsl.load("resnet50_v1")

    def layers() -> None:
        from archdsl.backends.keras.build import _model

        with keras.StatelessScope(initialize_variables=False):
            _model(architecture.graph)

    def scoped() -> None:
        with keras.StatelessScope():
            keras.applications.ResNet50(weights=None)

    def afresh() -> None:
        keras.utils.clear_session()
        gc.collect()

    works: dict[str, Callable[[], object]] = {
        "spec to graph: `archdsl.load`": lambda: archdsl.load("resnet50_v1"),
        "graph to layers, variables without values": layers,
        "graph to model: `Architecture.build`": architecture.build,
        "`keras.applications.ResNet50(weights=None)`": lambda: keras.applications.ResNet50(weights=None),
        "the same in a `StatelessScope`": scoped,
    }
    taken = measure.alternating(*works.values(), repeats=9, prepare=afresh)
    rows = ["| what | ms |", "|---|---|"]
    rows += [f"| {what} | {seconds * 1000:.0f} |" for what, seconds in zip(works, taken, strict=True)]
    return "\n".join(rows)


def main(arguments: Sequence[str]) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for part, table in (("start", start), ("build", build)):
        text = table()
        print(f"{part}\n\n{text}\n", flush=True)
        if "--write" in arguments:
            pages.replace(PAGE, part, text)


if __name__ == "__main__":
    main(sys.argv[1:])
