"""The state of one compilation: what was reported, what is being elaborated, what was made before, and the limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from archdsl.diagnostics import Diagnostic, Fix, Frame, Label, Sink
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate.modules import Loader, Module, Outside
from archdsl.elaborate.scope import Exhausted, Failure
from archdsl.elaborate.template import Template
from archdsl.elaborate.values import BlockRef, FunctionRef, show_value
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.ops.base import Op
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.walk import definitions, walk

_LABELS = 2
"""Second places that one diagnostic shows at most."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one compilation may do, far above any real architecture and below what hurts a machine."""

    steps: int = 300_000
    """Expressions and steps evaluated."""
    nodes: int = 1_000_000
    """Ops in one model."""
    files: int = 200
    """Files read."""


class Session:
    """One compilation. It knows no disk: files come from the loader, results are returned."""

    def __init__(self, loader: Loader, limits: Limits | None = None) -> None:
        self.loader = loader
        self.limits = limits or Limits()
        self.sink = Sink()
        self.ops: dict[object, Op] = {}
        """Equal ops are one object; see ``arguments.make_op``."""
        self.shapes: dict[tuple[int, tuple[Shape, ...]], Shape] = {}
        """Output shapes by op and input shapes: models repeat few combinations many times."""
        self.templates: dict[object, tuple[Template | None, tuple[Diagnostic, ...]]] = {}
        self.graphs: dict[object, Graph | None] = {}
        self._main: SourceFile | None = None
        self._modules: dict[str, Module] = {}
        self._loading: list[SourceFile] = []
        self._calls: list[tuple[BlockRef | FunctionRef, Span]] = []
        self._entered: dict[int, Span] = {}
        self._recorders: list[list[Diagnostic]] = []
        self._ticks = 0

    # --- diagnostics ---

    def report(self, diagnostic: Diagnostic) -> None:
        """Adds a diagnostic with the chain of instances that led to it."""
        diagnostic = self._traced(diagnostic)
        self.sink.add(diagnostic)
        if self._recorders:
            self._recorders[-1].append(diagnostic)

    def _traced(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with the chain of instances, and where that chain left the user's own file."""
        if diagnostic.trace or not self._calls:
            return diagnostic
        frames = tuple(Frame(show_value(ref), span) for ref, span in reversed(self._calls))
        labels = diagnostic.labels
        if diagnostic.span.source is not self._main and len(labels) < _LABELS:
            left = next((f.span for f in frames if f.span.source is self._main), None)
            labels += (Label(left, "called here"),) if left else ()
        return replace(diagnostic, trace=frames, labels=labels)

    def report_failure(self, failure: Failure | Exhausted) -> None:
        for diagnostic in failure.diagnostics:
            self.report(diagnostic)

    @contextmanager
    def recording(self) -> Iterator[list[Diagnostic]]:
        """Collects what is reported inside, so that it can be reported again for an equal instance."""
        found: list[Diagnostic] = []
        self._recorders.append(found)
        try:
            yield found
        finally:
            self._recorders.pop()
            if self._recorders:
                self._recorders[-1].extend(found)

    def again(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Reports what an equal instance showed before: the sink counts it."""
        for diagnostic in diagnostics:
            self.sink.add(diagnostic)
        if self._recorders:
            self._recorders[-1].extend(diagnostics)

    # --- limits and recursion ---

    def tick(self, span: Span) -> None:
        """Counts a unit of compile-time work."""
        self._ticks += 1
        if self._ticks > self.limits.steps:
            raise Exhausted(
                value_codes.TooLarge(span=span, what="the work", limit=f"{self.limits.steps:,} compile-time steps")
            )

    def count_nodes(self, nodes: int, span: Span) -> None:
        if nodes > self.limits.nodes:
            raise Exhausted(value_codes.TooLarge(span=span, what="the graph", limit=f"{self.limits.nodes:,} ops"))

    @contextmanager
    def entering(self, decl: ast.Node, name: str, span: Span) -> Iterator[None]:
        """Marks a definition as being evaluated. Raises ``Failure`` when it is so already."""
        if id(decl) in self._entered:
            raise Failure(self._recursion(decl, name, span))
        self._entered[id(decl)] = span
        try:
            yield
        finally:
            del self._entered[id(decl)]

    def _recursion(self, decl: ast.Node, name: str, span: Span) -> Diagnostic:
        if isinstance(decl, ast.Block):
            help_ = ("`repeat n { … }` and `for x in list { … }` chain blocks",)
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
        with self.entering(ref.decl, ref.decl.name.id, span):
            self._calls.append((ref, span))
            try:
                yield
            except (Failure, Exhausted) as failure:
                failure.diagnostics = tuple(map(self._traced, failure.diagnostics))
                raise
            finally:
                self._calls.pop()

    @contextmanager
    def outside_calls(self) -> Iterator[None]:
        """Module-level values belong to no instance, whoever asks for them first."""
        calls, self._calls = self._calls, []
        try:
            yield
        finally:
            self._calls = calls

    # --- files ---

    def main(self, source: SourceFile) -> Module:
        self._main = source
        return self._load(source)

    def _load(self, source: SourceFile) -> Module:
        known = self._modules.get(source.name)
        if known is None:
            known = self._modules[source.name] = Module(self, source)
            self._loading.append(source)
            known.link()
            self._loading.pop()
        return known

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
        if source is None:
            self.report(self._unknown_module(node))
            return None
        names = [s.name for s in self._loading]
        if source.name in names:
            cycle = " -> ".join([*names[names.index(source.name) :], source.name])
            self.report(codes.ImportCycle(span=span, cycle=cycle))
            return None
        if len(self._modules) >= self.limits.files:
            self.report(value_codes.TooLarge(span=span, what="the project", limit=f"{self.limits.files} files"))
            return None
        return self._load(source)

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

    def defined_later(self, name: str, span: Span) -> Span | None:
        """Where the block under way defines a name, if that is further on than the span that asks for it."""
        first = self._first_definition(name)
        return first if first is not None and first.start > span.start else None

    def first_definition(self, name: ast.Name) -> Span | None:
        """Where the block under way gives a name its meaning, if that is not here."""
        first = self._first_definition(name.id)
        return first if first != name.span else None

    def _first_definition(self, name: str) -> Span | None:
        ref = self._calls[-1][0] if self._calls else None
        if not isinstance(ref, BlockRef):
            return None
        spans = [n.span for node in walk(ref.decl) for n in definitions(node) if n.id == name]
        return min(spans, key=lambda span: span.start, default=None)

    def library_home(self, name: str) -> str | None:
        """The library module that declares a name; asked only when a name is unknown."""
        for module in self.loader.modules():
            source = self.loader.library(module)
            if source is not None and any(
                line.startswith((f"block {name}(", f"block {name} ", f"fn {name}("))
                for line in source.text.splitlines()
            ):
                return module
        return None
