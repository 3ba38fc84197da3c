"""Runs ``check`` on specs, and reports the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from archdsl.cli.limits import chosen
from archdsl.cli.project import kept
from archdsl.cli.terminal import colour

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostic
    from archdsl.files import Located
    from archdsl.passes.sizes import Least

SCHEMA = "archdsl-check"
VERSION = 1


class Report(NamedTuple):
    """The result of checking one spec."""

    spec: str
    """As it was asked for, but no absolute path: what is written for tools names nothing of the machine."""
    file: str
    models: tuple[str, ...]
    checks: int
    diagnostics: tuple[Diagnostic, ...]
    seconds: float
    sizes: Mapping[str, tuple[Least, ...]]
    """Of each model that leaves sizes open, what these must be at least."""
    fixed: int | None = None
    """How many problems were mended before, if that was asked for."""


def examine(located: Located) -> Report:
    """Checks everything in a spec, or proves every shape of a saved graph again."""
    started = perf_counter()
    if located.is_graph:
        return _graph(located, started)
    from archdsl.compiler import Program, unknown_model

    program = Program(located.source, located.loader, chosen())
    program.check()
    found = program.diagnostics
    if located.model is not None and located.model not in program.models and not program.has_errors:
        found = (unknown_model(program, located.model), *found)
    seconds = perf_counter() - started
    name, sizes = located.source.name, program.open_sizes
    return Report(located.asked, name, program.models, program.checks, kept(found, located), seconds, sizes)


def _graph(located: Located, started: float) -> Report:
    from archdsl.api import read_graph
    from archdsl.diagnostics import ArchError

    models: tuple[str, ...] = ()
    sizes: dict[str, tuple[Least, ...]] = {}
    found: tuple[Diagnostic, ...] = ()
    try:
        graph = read_graph(located.source)
        models = (graph.name,)
        if graph.is_open:
            from archdsl.passes.sizes import least_sizes

            sizes = {graph.name: least_sizes(graph)}
    except ArchError as error:
        found = tuple(error.diagnostics)
    return Report(located.asked, located.source.name, models, 0, found, perf_counter() - started, sizes)


def as_text(reports: Sequence[Report], most: int) -> str:
    """The report for people: at most ``most`` problems per spec, a summary of each, and one of all if there are
    several.

    What is wrong with a file that several specs import is shown once.
    """
    shown: dict[tuple[object, ...], Diagnostic] = {}
    parts: list[str] = []
    for report in reports:
        new = [d for d in report.diagnostics if shown.setdefault(_key(d), d) is d]
        parts += _text(report, new, most)
    if len(reports) > 1:
        seconds = sum(report.seconds for report in reports)
        parts.append(f"{len(reports)} specs: {_count(list(shown.values()))} ({seconds * 1000:.0f} ms)")
    return "\n".join((*parts, *_fixable(list(shown.values()))))


def _fixable(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """The number of problems with fixes, and the option that applies them."""
    fixes = Counter(d.fix.is_safe for d in diagnostics if d.fix)
    if safe := fixes[True]:
        yield f"{safe} can be mended by `--fix`; `--diff` shows how"
    if others := fixes[False]:
        yield f"{others} can be mended by `--fix --unsafe`, if that is what is meant; `--diff --unsafe` shows how"


def _key(diagnostic: Diagnostic) -> tuple[object, ...]:
    span = diagnostic.span
    return diagnostic.code, span.source.name, span.start, span.end


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    if not diagnostics:
        return "no problems"
    from archdsl.diagnostics.terminal import count

    return count(diagnostics)


def _text(report: Report, new: Sequence[Diagnostic], most: int) -> Iterator[str]:
    if new:
        from archdsl.diagnostics.terminal import left_out, render

        yield from (render(d, colour=colour()) + "\n" for d in new[:most])
        yield from (line + "\n" for line in left_out(new, most))
    parts = [
        f"{n} {word}{'s' * (n != 1)}" for n, word in ((len(report.models), "model"), (report.checks, "check")) if n
    ]
    if parts or report.diagnostics:
        known = len(report.diagnostics) - len(new)
        parts.append(_count(report.diagnostics) + (f" ({known} of them above)" if known else ""))
    else:
        parts.append("no problems, but nothing to compile: a `check` line compiles a block")
    if report.fixed:
        parts.append(f"{report.fixed} fixed")
    yield f"{report.file}: {', '.join(parts)} ({report.seconds * 1000:.0f} ms)"
    yield from (f"  {model} is proved for {', '.join(map(str, sizes))}" for model, sizes in report.sizes.items())


def as_json(reports: Sequence[Report]) -> str:
    """The report for programs: a document with all diagnostics of each spec."""
    from archdsl.jsontext import dumps

    return dumps({"schema": SCHEMA, "version": VERSION, "specs": [_object(report) for report in reports]}, indent=2)


def _object(report: Report) -> dict[str, Any]:
    from archdsl.diagnostics.json import to_json

    sizes = {model: [least._asdict() for least in sizes] for model, sizes in report.sizes.items()}
    return {
        "spec": report.spec,
        "file": report.file,
        "models": list(report.models),
        "checks": report.checks,
        **({"sizes": sizes} if sizes else {}),
        **({} if report.fixed is None else {"fixed": report.fixed}),
        "errors": sum(d.is_error for d in report.diagnostics),
        "warnings": sum(not d.is_error for d in report.diagnostics),
        "diagnostics": [to_json(d) for d in report.diagnostics],
    }
