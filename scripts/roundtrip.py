"""Specs to Keras and back: the second table of docs/import.md. ``python -m scripts.roundtrip [SPEC…]``.

Each model of each bundled spec is built as one of Keras without values, its configuration is imported, and what was
read is compared with the graph of the spec, node for node, after the rewrites that an import makes. Lines are those of
the imported spec; written those of the bundled file, and of other files of the zoo whose models it is made of. Kinds of
blocks are those that the spec calls, and those of the imported spec. Specs that are not named keep their rows.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from archdsl.architecture import Architecture
from archdsl.bundled import zoo
from archdsl.diagnostics.error import ArchError
from archdsl.graph.model import Graph
from archdsl.intake.errors import Unreadable
from scripts.configurations import configuration
from scripts.tables import Table, lines

TABLE: Final = Table(
    Path(__file__).parent.parent / "docs/import.md",
    "round trip",
    ("model", "nodes", "the same", "lines", "written", "kinds of blocks", "found again", "s"),
)


@dataclass(frozen=True, slots=True)
class Returned:
    """A spec that came back from Keras."""

    text: str
    differences: list[str]
    blocks: tuple[int, int]
    """Kinds of blocks in the spec and in what was imported."""
    seconds: float
    """Of one core, for reading, finding structure and proving."""


def returned(architecture: Architecture, kept: Path | None = None) -> Returned:
    """An architecture as a model of Keras, imported again. ``kept`` is a file for its configuration."""
    from archdsl.intake.files import import_document
    from archdsl.intake.keras.walk import read
    from archdsl.intake.likeness import differences, flat

    data = configuration(lambda: _built(architecture), kept)
    start = time.process_time()
    found = import_document(data, f"{architecture.name}.keras")
    seconds = time.process_time() - start
    same = differences(flat(architecture.graph), read(data, architecture.name))
    return Returned(found.text, same, (kinds(architecture.graph), kinds(found.graph)), seconds)


def _built(architecture: Architecture) -> Any:
    from archdsl.backends.keras.build import build

    return build(architecture.graph)


def kinds(graph: Graph) -> int:
    """How many blocks a graph was made of, each counted once."""
    return len({instance.block for instance in graph.instances if instance.kind == "block"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specs", nargs="*", help="names of files of the zoo")
    parser.add_argument("--first", action="store_true", help="the first model of each file alone")
    parser.add_argument("--configs", metavar="FOLDER", type=Path, help="keep configurations there, and read those")
    asked = parser.parse_args()
    for spec in asked.specs or sorted(path.stem for path in zoo().glob("*.arch")):
        for name, architecture in islice(_models(spec), 1 if asked.first else None):
            kept = asked.configs / f"{spec}.{name}.json" if asked.configs else None
            TABLE.put(_row(name, spec, architecture, kept))
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()


def _models(spec: str) -> Iterator[tuple[str, Architecture]]:
    """The models of a file that need no arguments."""
    from archdsl.api import load

    file = zoo() / f"{spec}.arch"
    for name in re.findall(r"^model[ \t]+(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE):
        try:
            yield name, load(f"{file}:{name}")
        except (ArchError, TypeError):
            continue


def written(spec: str) -> int:
    """The lines of a file of the zoo, with those of the files whose models it gives arguments to."""
    text = (zoo() / f"{spec}.arch").read_text(encoding="utf-8")
    return lines(text) + sum(
        written(other) for other in re.findall(r"^from zoo\.(\w+) import [A-Z]", text, re.MULTILINE)
    )


def _row(name: str, spec: str, architecture: Architecture, kept: Path | None) -> list[str]:
    try:
        found = returned(architecture, kept)
    except Unreadable as error:
        problem = error.problems[0]
        return [name, str(len(architecture.graph)), str(problem), *[""] * 5]
    ours, theirs = found.blocks
    is_same = "yes" if not found.differences else f"{len(found.differences)} differ"
    again = "yes" if abs(ours - theirs) <= 1 else "no"
    return [
        name,
        str(len(architecture.graph)),
        is_same,
        str(lines(found.text)),
        str(written(spec)),
        f"{ours} → {theirs}",
        again,
        f"{found.seconds:.1f}",
    ]


if __name__ == "__main__":
    main()
