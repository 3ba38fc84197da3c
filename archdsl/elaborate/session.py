"""The state of one compilation: what was reported, what is being elaborated, what was made before, and the limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from archdsl.diagnostics import Diagnostic, Fix, Frame, Label, Sink
from archdsl.diagnostics.catalogue import limits as limit_codes
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.catalogue.contracts import CheckFailed
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate.allow import Allowances
from archdsl.elaborate.loader import Loader, Outside, Unreadable
from archdsl.elaborate.modules import Module
from archdsl.elaborate.operators import long
from archdsl.elaborate.scope import Exhausted, Failure
from archdsl.elaborate.template import Template
from archdsl.elaborate.values import BlockRef, FunctionRef, Value, name_of, nesting, show_value
from archdsl.elaborate.weight import PARTS, Scales
from archdsl.graph.dims import Dim, Monomial, Shape, Sym
from archdsl.graph.model import Graph, Origin
from archdsl.limits import DEFAULT, NODES_GROW, STEPS_GROW, Limits
from archdsl.ops.base import Misfit, Op
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.parser import ParseCache

_LABELS = 2
"""Second places that one diagnostic shows at most."""


# What is more than one compile-time step, by the time and memory it takes against an expression's.
OP: Final = 8
NEW_OP: Final = 16
CALL: Final = 8
REPORT: Final = 150
FUNCTION: Final = 12
TEMPLATE: Final = 40
NODE: Final = 3
LETTERS: Final = 25
"""Characters of a call or of names in a graph that cost one step: a long name is written wherever its block is used."""
_SHOWN: Final = 60
_WRITTEN: Final = 1_000
"""Parts of the arguments of a call that a trace writes out, at most."""


class Session:
    """One compilation. It knows no disk: files come from the loader, results are returned."""

    def __init__(self, loader: Loader, limits: Limits | None = None, parsed: ParseCache | None = None) -> None:
        self.loader = loader
        self.parsed = parsed or ParseCache()
        self.limits = limits or DEFAULT
        self.sink = Sink()
        self.allowances = Allowances()
        self.doubtful: list[Span] = []
        """Where a text was not read as it is written."""
        self.ops: dict[object, Op] = {}
        """Equal ops are one object; see ``arguments.make_op``."""
        self.shapes: dict[tuple[int, tuple[Shape, ...]], Shape] = {}
        """Output shapes by op and input shapes: models repeat few combinations many times."""
        self.doubts: dict[tuple[int, tuple[Shape, ...]], tuple[Misfit, ...]] = {}
        """What ops are warned of, by the same: few have any."""
        self.claimed: set[Span] = set()
        """Steps whose shape the spec states."""
        self.templates: dict[object, tuple[Template | None, tuple[Diagnostic, ...], int]] = {}
        """By what makes calls equal; each with what was found in it, and how many calls were around it."""
        self.graphs: dict[object, Graph | None] = {}
        self.figures: dict[int, dict[str, Value]] = {}
        """What conditions compare, by the identity of a graph in ``graphs``: measured once, however many ask."""
        self._main: SourceFile | None = None
        self._library: set[str] = set()
        """Names of files of the library."""
        self._modules: dict[object, Module] = {}
        """By the identity of their files: one that is imported in several ways is one module."""
        self._sources: dict[str, SourceFile] = {}
        self._loading: list[SourceFile] = []
        self._calls: list[tuple[BlockRef | FunctionRef, Span]] = []
        self._entered: dict[int, Span] = {}
        self._recorders: list[Sink] = []
        self._scales = Scales()
        self._characters = 0
        self._allowed_steps = self.limits.steps
        self._allowed_nodes = self.limits.nodes
        self._ticks = 0
        self._products: set[Monomial] = set()

    # --- diagnostics ---

    def report(self, diagnostic: Diagnostic) -> None:
        """Adds a diagnostic with the chain of instances that led to it."""
        diagnostic = self._traced(diagnostic)
        known = len(self.sink)
        self.add(diagnostic)
        # A warning ends nothing, so that a loop may give it a hundred thousand times.
        self.charge(REPORT if diagnostic.is_error or len(self.sink) > known else OP, diagnostic.span)
        if self._recorders:
            self._recorders[-1].add(diagnostic)

    def add(self, diagnostic: Diagnostic) -> None:
        """Adds a diagnostic as it is, unless it is a warning that its line allows."""
        if not diagnostic.is_error:
            diagnostic = self._brought_home(diagnostic)
            if self.allowances and self.allowances.allows(diagnostic.code, diagnostic.span):
                return
        elif self.doubtful and self._follows(diagnostic):
            return
        if len(self.sink) >= self.limits.problems and not self.sink.has(diagnostic):
            raise Exhausted(
                limit_codes.TooManyProblems(
                    span=diagnostic.span, most=f"{self.limits.problems:_}", help=self.limits.advice("problems")
                )
            )
        self.sink.add(diagnostic)

    def _follows(self, error: Diagnostic) -> bool:
        """Whether an error may be a consequence of one of syntax: a figure, or what stands where that is."""
        here = error.span
        return isinstance(error, CheckFailed) or any(
            here.source is part.source and here.start <= part.end and here.end >= part.start for part in self.doubtful
        )

    def is_library(self, source: SourceFile) -> bool:
        """Whether a file is of the library, which its users cannot mend."""
        return source.name in self._library

    def _brought_home(self, warning: Diagnostic) -> Diagnostic:
        """A warning that a block of the library gives at the call that led there: that is the line to mend."""
        if warning.span.source.name not in self._library:
            return warning
        call = next((frame.span for frame in warning.trace if frame.span.source.name not in self._library), None)
        return warning if call is None else replace(warning, span=call, labels=(Label(warning.span, "here"),))

    def _traced(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with the chain of instances, and where that chain left the user's own file."""
        if diagnostic.trace or not self._calls:
            return diagnostic
        frames = tuple(Frame(self._shown(ref), span) for ref, span in reversed(self._calls))
        labels = diagnostic.labels
        if diagnostic.span.source is not self._main and len(labels) < _LABELS:
            left = next((f.span for f in frames if f.span.source is self._main), None)
            labels += (Label(left, "called here"),) if left else ()
        return replace(diagnostic, trace=frames, labels=labels)

    def _shown(self, ref: BlockRef | FunctionRef) -> str:
        """A call as a reader would write it, who would not write out what is very long."""
        return show_value(ref) if self._scales.weigh(ref).parts <= _WRITTEN else f"{name_of(ref)}(…)"

    def report_failure(self, failure: Failure) -> None:
        for diagnostic in failure.diagnostics:
            self.report(diagnostic)

    def report_end(self, end: Exhausted) -> None:
        """Reports the limit that ended the compilation, whatever else was reported."""
        for diagnostic in end.diagnostics:
            self.sink.add(diagnostic)

    @contextmanager
    def recording(self) -> Iterator[Sink]:
        """Collects what is reported inside, so that it can be reported again for an equal instance."""
        found = Sink()
        self._recorders.append(found)
        try:
            yield found
        finally:
            self._recorders.pop()
            if self._recorders:
                self._recorders[-1].extend(found.found)

    def again(self, diagnostics: tuple[Diagnostic, ...], depth: int, span: Span) -> None:
        """Reports what an equal instance showed before, ``depth`` calls deep: the sink counts it.

        What the library's blocks warn of belongs to the call at ``span``, of the instance that is there now.
        """
        if any(d.span.source.name in self._library and not d.is_error for d in diagnostics):
            around = tuple(Frame(self._shown(ref), at) for ref, at in reversed(self._calls))
            diagnostics = tuple(_called_from(d, depth, span, around) for d in diagnostics)
        for diagnostic in diagnostics:
            self.add(diagnostic)
        if self._recorders:
            self._recorders[-1].extend(diagnostics)

    @property
    def depth(self) -> int:
        """How many calls are under way."""
        return len(self._calls)

    # --- limits and recursion ---

    def tick(self, span: Span) -> None:
        """Counts a unit of compile-time work."""
        self._ticks += 1
        if self._ticks > self._allowed_steps:
            most, help_ = f"{self._allowed_steps:_}", self.limits.advice("steps")
            raise Exhausted(limit_codes.TooMuchWork(span=span, most=most, help=help_))

    def charge(self, steps: int, span: Span) -> None:
        """Counts work of several units before it is done."""
        self._ticks += max(steps - 1, 0)
        self.tick(span)

    def weigh(self, value: Value, span: Span) -> None:
        """Bounds a value with all that it holds, and counts the work of using it."""
        parts, depth = self._scales.weigh(value)
        if parts > self.limits.length:
            what = "the string" if isinstance(value, str) else "the list" if isinstance(value, tuple) else "the value"
            long(parts, what, span, self.limits)
        if depth > self.limits.depth:
            help_ = self.limits.advice("depth")
            raise Failure(
                limit_codes.NestedTooDeeply(span=span, most=f"{self.limits.depth:_} lists within lists", help=help_)
            )
        if parts >= PARTS:
            self.charge(parts // PARTS, span)

    def count_nodes(self, nodes: int, span: Span) -> None:
        """Bounds the ops of a model that is being put together."""
        if nodes > self._allowed_nodes:
            most, help_ = f"{self._allowed_nodes:_}", self.limits.advice("nodes")
            raise Exhausted(limit_codes.GraphTooLarge(span=span, most=most, help=help_))

    def add_size(self, size: Dim, span: Span) -> None:
        """Notes how large a tensor is. Sums over a model have a term for each product of run-time sizes in it."""
        if isinstance(size, Sym):
            self._products.update(size.monomials)
            self.charge(size.size, span)

    def charge_graph(self, template: Template, span: Span) -> None:
        """Counts the work of making a graph, and of what is asked of it then: figures of each node, names in texts."""
        each = NODE + len(self._products) // 2
        self.charge(each * template.size + template.letters // LETTERS, span)

    @contextmanager
    def entering(self, decl: ast.Node, name: str, span: Span, *, again: bool = False) -> Iterator[None]:
        """Marks a definition as being evaluated. Raises ``Failure`` when it is so already and may not be ``again``."""
        around = self._entered.get(id(decl))
        if around is not None and not again:
            raise Failure(self._recursion(decl, name, span))
        self._entered[id(decl)] = span
        try:
            yield
        finally:
            del self._entered[id(decl)]
            if around is not None:
                self._entered[id(decl)] = around

    def _recursion(self, decl: ast.Node, name: str, span: Span) -> Diagnostic:
        if isinstance(decl, ast.Block):
            help_ = (
                "`repeat n { … }` and `for x in list { … }` chain blocks",
                "what lies within a block of its own kind can be its argument, of type `op`",
            )
            return codes.RecursiveDefinition(span=span, name=name, help=help_)
        if isinstance(decl, ast.Function):
            return codes.RecursiveDefinition(span=span, name=name)
        since = list(self._entered).index(id(decl)) + 1
        between = list(self._entered.values())[since:]
        labels = tuple(Label(s, "through this") for s in between[:_LABELS])
        return codes.RecursiveDefinition(span=span, name=name, use="", labels=labels)

    @contextmanager
    def calling(self, ref: BlockRef | FunctionRef, span: Span) -> Iterator[None]:
        """Marks a block or function as being elaborated, for traces and against recursion."""
        if len(self._calls) >= self.limits.depth:
            most, help_ = f"{self.limits.depth:_} calls within calls", self.limits.advice("depth")
            raise Exhausted(limit_codes.NestedTooDeeply(span=span, most=most, help=help_))
        if isinstance(ref, FunctionRef):
            self.charge(FUNCTION, span)
        with self.entering(ref.decl, ref.decl.name.id, span, again=self._lies_deeper(ref, span)):
            self._calls.append((ref, span))
            try:
                yield
            except (Failure, Exhausted) as failure:
                failure.diagnostics = tuple(map(self._traced, failure.diagnostics))
                raise
            finally:
                self._calls.pop()

    def _lies_deeper(self, ref: BlockRef | FunctionRef, span: Span) -> bool:
        """Whether a block came to itself as an argument: with fewer of its kind in it at each step, that ends."""
        if id(ref.decl) not in self._entered or not isinstance(ref, BlockRef):
            return False
        around = next((outer for outer, _ in reversed(self._calls) if outer.decl is ref.decl), None)
        if not isinstance(around, BlockRef):
            return False
        (mine, parts), (its, others) = nesting(ref), nesting(around)
        self.charge(parts + others, span)
        return mine < its

    @contextmanager
    def outside_calls(self) -> Iterator[None]:
        """Module-level values belong to no instance, whoever asks for them first."""
        calls, self._calls = self._calls, []
        try:
            yield
        finally:
            self._calls = calls

    # --- files ---

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The files that were read, the spec's own first."""
        return tuple(module.source for module in self._modules.values())

    def place(self, origin: Origin) -> Span:
        """The span that an origin in a graph was made of."""
        return Span(self._sources[origin.file], origin.start, origin.end)

    def main(self, source: SourceFile) -> Module:
        self._main = source
        return self._load(source)

    def _load(self, source: SourceFile) -> Module:
        known = self._modules.get(source.identity)
        if known is None:
            if not self._has_room(source):
                return Module(self, SourceFile(source.name, ""))
            known = self._modules[source.identity] = Module(self, source)
            self._sources[source.name] = source
            self.allowances.read(known.ast)
            self._loading.append(source)
            known.link()
            self._loading.pop()
        return known

    def _has_room(self, source: SourceFile) -> bool:
        """Counts the length of a file, which allows for more work; reports one that makes the spec too long."""
        self._characters += len(source.text)
        if self._characters > self.limits.source:
            start = SourceFile(source.name, source.text[:_SHOWN].split("\n", 1)[0])  # all that need be looked at
            most, help_ = f"{self.limits.source:_}", self.limits.advice("source")
            span = Span(start, 0, len(start.text))
            self.report(limit_codes.SourceTooLong(span=span, file=source.name, most=most, help=help_))
            return False
        self._allowed_steps = self.limits.steps + self.limits.steps * self._characters // STEPS_GROW
        self._allowed_nodes = self.limits.nodes + self.limits.nodes * self._characters // NODES_GROW
        return True

    def imported(self, node: ast.Import, importer: Module) -> Module | None:
        """The module that an import names, or ``None`` after reporting why there is none."""
        span = node.place
        try:
            source = (
                self.loader.file(node.module, importer.source) if node.is_path else self.loader.library(node.module)
            )
        except Outside:
            self.report(codes.OutsideProject(span=span, module=node.module))
            return None
        except Unreadable as error:
            self.report(codes.UnknownModule(span=span, module=node.module, hint=str(error)))
            return None
        if source is None:
            self.report(self._unknown_module(node))
            return None
        if not node.is_path:
            self._library.add(source.name)
        around = [s.identity for s in self._loading]
        if source.identity in around:
            names = [s.name for s in self._loading[around.index(source.identity) :]]
            cycle = " -> ".join([*names, names[0]])
            self.report(codes.ImportCycle(span=span, cycle=cycle))
            return None
        if len(self._modules) >= self.limits.files:
            self.report(self._too_many_files("files", f"{self.limits.files:_} files", span))
            return None
        if len(self._loading) >= self.limits.imports:
            self.report(self._too_many_files("imports", f"{self.limits.imports:_} that import each other", span))
            return None
        return self._load(source)

    def _too_many_files(self, limit: str, most: str, span: Span) -> Diagnostic:
        return limit_codes.TooManyFiles(span=span, most=most, help=self.limits.advice(limit))

    def _unknown_module(self, node: ast.Import) -> Diagnostic:
        if node.is_path:
            hint = "no such file, seen from the folder of this one"
            return codes.UnknownModule(span=node.place, module=node.module, hint=hint)
        if not node.module.startswith("std."):
            hint = 'modules are the library\'s, such as `std.conv`, or files in quotes: `"./blocks.arch"`'
            return codes.UnknownModule(span=node.place, module=node.module, hint=hint)
        near = closest(node.module, self.loader.modules())
        if near:
            help_, fix = (f"did you mean `{near[0]}`?",), Fix(node.place, near[0])
            return codes.UnknownModule(span=node.place, module=node.module, help=help_, fix=fix)
        hint = f"the library has {', '.join(self.loader.modules())}"
        return codes.UnknownModule(span=node.place, module=node.module, hint=hint)


def _called_from(diagnostic: Diagnostic, depth: int, span: Span, around: tuple[Frame, ...]) -> Diagnostic:
    """A diagnostic from within a call, ``depth`` calls deep, as it is for an equal call at ``span``."""
    inside = diagnostic.trace[: len(diagnostic.trace) - depth]
    if not inside:
        return diagnostic
    return replace(diagnostic, trace=(*inside[:-1], inside[-1]._replace(span=span), *around))
