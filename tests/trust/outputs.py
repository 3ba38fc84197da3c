"""Prints a digest of every text that archdsl makes of bundled models: run in processes that differ.

A model of each file with ``all``, of each third one without.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from archdsl import load
from archdsl.api import check_text
from archdsl.backends.graphviz.layout import draw
from archdsl.backends.html import to_html
from archdsl.backends.html import to_json as page_json
from archdsl.backends.mermaid import to_mermaid
from archdsl.bundled import bundled
from archdsl.comparison import Criteria, select
from archdsl.comparison.json import to_json as compare_json
from archdsl.comparison.note import to_json as select_json
from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic, sarif
from archdsl.diagnostics.json import to_json as diagnostic_json
from archdsl.diagnostics.terminal import render_all
from archdsl.diagram import Options
from archdsl.files import locate
from archdsl.graph.json import to_json as graph_json
from archdsl.graph.text import to_text as graph_text
from archdsl.summary import to_json as summary_json
from archdsl.survey import compare

ERRORS = Path(__file__).parent.parent / "cases" / "errors"
DRAWN = ("resnet50", "googlenet", "swint")
"""Models whose layout is computed too, by Graphviz, which takes a second each."""


def outputs(models: list[str]) -> Iterator[tuple[str, str | bytes]]:
    for name in models:
        architecture = load(name)
        summary, graph = architecture.summary(), architecture.graph
        yield f"{name} graph json", graph_json(graph)
        yield f"{name} graph text", graph_text(graph)
        yield f"{name} layers", "\n".join(node.layer for node in graph)
        yield f"{name} summary json", summary_json(summary)
        yield f"{name} summary text", str(summary)
        yield f"{name} dot", draw(graph, "dot")
        yield f"{name} mermaid", to_mermaid(graph)
        yield f"{name} page", page_json(graph, sources=architecture.sources)
        if name in DRAWN:
            for form in ("svg", "png"):
                yield f"{name} {form}", draw(graph, form, Options(depth=1))
            yield f"{name} html", to_html(graph, sources=architecture.sources)
    entries = compare(sorted(models))
    yield "comparison", compare_json(entries)
    yield "selection", select_json(select(entries, Criteria(params=30e6)))
    for path in sorted(ERRORS.glob("*.arch")):
        if path.stat().st_size < 2_000:
            found = check_text(path.read_text(encoding="utf-8"), name=path.name)
            yield f"{path.name} diagnostics", _diagnostics(found)


def _is_whole(name: str, model: str) -> bool:
    """Whether a model needs no arguments."""
    located = locate(name)
    return all(p.default is not None for p in Program(located.source, located.loader).parameters(model).values())


def _diagnostics(found: tuple[Diagnostic, ...]) -> str:
    return "\n".join(
        [json.dumps([diagnostic_json(d) for d in found]), sarif.render_all(found), render_all(found, colour=False)]
    )


if __name__ == "__main__":
    files: dict[str, list[str]] = {}
    for name, (file, model) in sorted(bundled().items()):
        if model is not None and _is_whole(name, model):
            files.setdefault(file, []).append(name)
    names = sorted(models[-1] for models in files.values())
    if "all" not in sys.argv:
        names = sorted({*names[::3], *DRAWN})
    if "reversed" in sys.argv:  # whatever was compiled before must not matter
        names.reverse()
    made = {
        name: hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()
        for name, data in outputs(names)
    }
    print("\n".join(f"{name} {made[name]}" for name in sorted(made)))
