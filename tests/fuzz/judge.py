"""What archdsl must do with any text: end soon, with a result or with diagnostics that can be shown."""

from __future__ import annotations

import json as python_json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, ModuleType

from archdsl.backends.graphviz.dot import to_dot
from archdsl.cli import settings
from archdsl.cli.exits import Refusal
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError, Diagnostic, github, json, sarif, terminal
from archdsl.graph.json import GraphError, from_json, to_json
from archdsl.graph.model import Graph
from archdsl.importer import SpecLoader
from archdsl.source import SourceFile, Span
from archdsl.summary import summarise
from tests.fuzz.corpus import MemoryLoader

SECONDS = 1.0
"""Processor time that one input may take,"""
PER_NODE = 1e-3
"""and more for each node of the graphs that it is a sound spec of: a result is no hang."""
_GIVE_UP = 20.0
"""When an input is stopped, so that a loop without an end ends."""

_LARGE = 300
"""Nodes up to which a graph is written, read and drawn too: that is a check of its own, and takes its time."""

NAME = "fuzz.arch"
TINY = "block Tiny() :: [h, w, c] -> [h, w, c] { relu }\nlet width = 8\n"
ALL_TYPES = """
from std.conv import ConvBNAct
model Net(n: int = 4, f: float = 0.5, b: bool = true, s: str = "same", l: list[int] = [1, 2], o: op = relu,
          i: init = he_normal, x: int | list[int] = 3, any: list = []) :: [8, 8, n] -> [_, _, _] {
  for k in l { conv(n, k=x, pad=s, bias=b, init=i) -> o -> dropout(f) } -> repeat len(any) { ConvBNAct(n) }
}
"""


Check = Callable[[str], int]
"""Looks at what archdsl makes of a text, and returns how many nodes that has."""


class Fault(Exception):
    """What archdsl did with an input is not what it promises."""


class _Stopped(BaseException):
    """No ``Exception``, so that nothing on its way takes it for an error of the spec."""


@contextmanager
def _stopped_in_time() -> Iterator[None]:
    """Raises ``Fault`` in a block that takes far too much processor time."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _GIVE_UP)
    try:
        yield
    except _Stopped:
        raise Fault(f"hang: stopped after {_GIVE_UP:.0f} s") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def faults(check: Check, text: str, seconds: float = SECONDS) -> str | None:
    """Why a text is a fault, on one line, or ``None`` if all is well. An exception that came through is one."""
    start = time.process_time()
    try:
        with _stopped_in_time():
            nodes = check(text)
    except Fault as fault:
        return str(fault)
    except Exception as error:  # noqa: BLE001  # finding those is what this is for
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = "" if place is None else f" in {place.tb_frame.f_code.co_name}, line {place.tb_lineno}"
        return f"{type(error).__name__}: {error}{where}".split("\n", 1)[0]
    taken = time.process_time() - start
    return f"slow: {taken:.1f} s" if taken > seconds + PER_NODE * nodes else None


def check_spec(text: str) -> int:
    """A file as ``archdsl check`` reads it, and each of its models; it may import itself and a sound neighbour."""
    program = Program(SourceFile(NAME, text), MemoryLoader({NAME: text, "tiny.arch": TINY}))
    program.check()
    check_diagnostics(program.diagnostics)
    nodes = 0
    for model in program.models:
        graph = program.graph(model)
        if graph is None and not program.has_errors:
            raise Fault(f"{model} has no graph and no error")
        if graph is not None:
            nodes += len(graph.nodes)
            if len(graph.nodes) < _LARGE:
                check_graph(graph)
    check_diagnostics(program.diagnostics)
    return nodes


def check_graph(graph: Graph) -> None:
    """A graph is written and read back, counted and drawn."""
    if from_json(to_json(graph)) != graph:
        raise Fault("the graph is another after a round trip through JSON")
    str(summarise(graph))
    to_dot(graph)


def check_json(text: str) -> int:
    """A graph from outside: refused with a reason, or as good as one of our own."""
    try:
        graph = from_json(text)
    except GraphError as error:
        if not all(problem.strip() for problem in error.problems) or not error.problems:
            raise Fault("a graph is refused without a reason") from error
        return 0
    check_graph(graph)
    return len(graph.nodes)


def check_setting(setting: str) -> int:
    """``--set`` of a model that has a parameter of each type."""
    program, nodes = Program(SourceFile(NAME, ALL_TYPES), MemoryLoader({})), 0
    try:
        values = settings.parse(program, "Net", [setting])
        graph = program.graph("Net", values)
        nodes = 0 if graph is None else len(graph.nodes)
    except Refusal as refusal:
        if not str(refusal).strip():
            raise Fault("a setting is refused without a reason") from refusal
    except ArchError as error:
        if not error.diagnostics:
            raise Fault("a setting is refused without a diagnostic") from error
    check_diagnostics(program.diagnostics)
    return nodes


def check_import(text: str) -> int:
    """A file that is imported as a Python module, and each of its models that needs no arguments."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "net.arch")
        file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
        module = ModuleType("net")
        try:
            SpecLoader(file).exec_module(module)
        except ArchError as error:
            check_diagnostics(error.diagnostics)
            return 0
        nodes = 0
        for name in vars(module)["__all__"]:
            model = vars(module)[name]
            needed = [
                p for p in model.__signature__.parameters.values() if p.default is p.empty and p.kind != p.VAR_KEYWORD
            ]
            repr(model)
            if not needed:
                try:
                    nodes += len(model.load().graph.nodes)
                except ArchError as error:
                    check_diagnostics(error.diagnostics)
        return nodes


def check_diagnostics(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Every place is a place, and every renderer shows it."""
    for found in diagnostics:
        spans = [found.span, *(label.span for label in found.labels), *(frame.span for frame in found.trace)]
        if found.fix is not None:
            spans.append(found.fix.span)
        for span in spans:
            _check_span(span, found)
        if not found.text.strip():
            raise Fault(f"{found.code} says nothing")
    for colour in (True, False):
        shown = terminal.render_all(diagnostics, colour=colour)
        if not colour and any(not (c.isprintable() or c == "\n") for c in shown):
            raise Fault("a message has control characters")
    python_json.loads(json.render_all(diagnostics))
    python_json.loads(sarif.render_all(diagnostics))
    lines = github.render_all(diagnostics).splitlines()
    if len(lines) != len(diagnostics) or not all(line.startswith("::") for line in lines):
        raise Fault("GitHub would take part of a message for something else")


def _check_span(span: Span, found: Diagnostic) -> None:
    """Within its text. It may be empty: where something is missing, the place is between two characters."""
    if not 0 <= span.start <= span.end <= len(span.source.text):
        raise Fault(f"{found.code} at {span.start}:{span.end} of {len(span.source.text)} characters")
