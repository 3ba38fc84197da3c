"""The compiler: text and a loader in, graphs and diagnostics out. It reads no disk, prints nothing, exits nowhere."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import contracts as contract_codes
from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate.arguments import give_block, missing_arguments
from archdsl.elaborate.checks import file_checks, run_check
from archdsl.elaborate.declared import declared_value
from archdsl.elaborate.definitions import check_definitions
from archdsl.elaborate.expressions import domain, evaluate_or_poison
from archdsl.elaborate.failure import Exhausted, Failure, too_deep
from archdsl.elaborate.files import Read
from archdsl.elaborate.kept import Kept
from archdsl.elaborate.lint import check_names, lint
from archdsl.elaborate.loader import Loader
from archdsl.elaborate.models import model_graph
from archdsl.elaborate.module import Module
from archdsl.elaborate.operators import bounded
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Known, Observer, Session
from archdsl.elaborate.values import POISON, BlockRef, Given, Value, describe
from archdsl.graph.model import Graph
from archdsl.limits import Limits
from archdsl.names.closure import Closures
from archdsl.parameters import Expression, Parameter, parameter, plain
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.parser import parse, parse_once

if TYPE_CHECKING:
    from archdsl.elaborate.costs import Costs
    from archdsl.passes.sizes import Least

_SHOWN: Final = 60
"""Characters of a first line that a diagnostic marks."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pauses the garbage collector: all that a compilation makes lives on, and walking it again and again would make
    the cost of large models grow faster than the models.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Program:
    """A parsed spec, whose models are elaborated on request.

    >>> program = Program(SourceFile("net.arch", "model Net() :: [8] -> [4] { dense(4) }"))
    >>> program.graph("Net").outputs[0].shape
    (4,)
    """

    def __init__(
        self,
        source: SourceFile,
        loader: Loader | None = None,
        limits: Limits | None = None,
        read: Read = parse_once,
    ) -> None:
        """``read`` parses a file; the default reuses the results of earlier programs."""
        self.source = source
        self._session = Session(source, loader or NoFiles(), declared_value, limits, read)
        self._module: Module = self._session.files.module(ast.Module(source, (), ()))  # until the file is read
        with _uncollected(), self._reporting():
            self._module = self._session.files.load(source)

    def close(self) -> None:
        """Ends the use of a program, so that its memory is free at once."""
        self._session.close()
        self._module.values.clear()

    @property
    def _start(self) -> Span:
        """The first line of the spec, for diagnostics without a better place."""
        return Span(self.source, 0, len(self.source.text[:_SHOWN].split("\n", 1)[0]))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found so far, sorted by place."""
        return self._session.reporter.sink.sorted()

    @property
    def module(self) -> Module:
        """The spec itself, joined with what it imports."""
        return self._module

    @property
    def modules(self) -> tuple[Module, ...]:
        """The spec and all that it imports."""
        return self._session.files.modules

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The graphs that were elaborated so far."""
        return tuple(graph for graph in self._session.graphs.values() if graph is not None)

    def observe(self, observer: Observer) -> None:
        """Calls ``observer`` with every body that is elaborated from now on."""
        self._session.observer = observer

    def interrupt(self, look: Callable[[], None]) -> None:
        """Calls ``look`` regularly during compilations. What it raises ends them; the program is unusable then."""
        self._session.budget.interrupt(look)

    @property
    def has_errors(self) -> bool:
        return self._session.reporter.sink.has_errors

    @property
    def sources(self) -> dict[str, str]:
        """The texts of the spec and of all that it imports, by the names that places in them go by."""
        return {source.name: source.text for source in self._session.files.sources}

    @property
    def models(self) -> tuple[str, ...]:
        """The models and variants that the file declares, in its order."""
        return tuple(self._module.models)

    @property
    def open_sizes(self) -> Mapping[str, tuple[Least, ...]]:
        """For each elaborated model with open sizes, the least sizes for which its proof holds."""
        graphs = {graph.name: graph for graph in self._session.graphs.values() if graph is not None and graph.is_open}
        if not graphs:
            return {}
        from archdsl.passes.sizes import least_sizes

        return {name: least_sizes(graphs[name]) for name in self.models if name in graphs}

    @property
    def checks(self) -> int:
        """How many `check` lines the file has."""
        return len(file_checks(self._module))

    def parameters(self, model: str) -> dict[str, Parameter]:
        """The parameters of a model or variant by name; empty if there is no such model."""
        ref = self._module.find(model)
        if not isinstance(ref, BlockRef):
            return {}
        return {p.name.id: parameter(p, ref.arguments.get(p.name.id)) for p in ref.decl.params}

    def domains(self, model: str) -> dict[str, tuple[Given, ...]]:
        """The domain of each parameter whose definition lists its values, except for those that a variant sets."""
        ref, found = self._module.find(model), dict[str, tuple[Given, ...]]()
        if isinstance(ref, BlockRef):
            with self._reporting():
                for param in ref.decl.params:
                    if param.domain is not None and param.name.id not in ref.arguments:
                        values = domain(param, Scope(self._session, ref.module)) or ()
                        found[param.name.id] = tuple(Given(value, param.domain.span) for value in values)
        return found

    def ready(self, model: str | None = None) -> tuple[str, ...]:
        """The models that need no arguments: all in the file, or a model and its variants."""
        names = self.models if model is None else self._made_of(model)
        return tuple(n for n in names if all(p.default is not None for p in self.parameters(n).values()))

    def _made_of(self, model: str) -> Iterator[str]:
        ref = self._module.find(model)
        for name in self.models:
            other = self._module.find(name)
            if isinstance(ref, BlockRef) and isinstance(other, BlockRef) and other.decl is ref.decl:
                yield name

    def doc(self, model: str) -> str:
        """The `##` lines above a model or, if it has none, above the one that it is a variant of."""
        ref = self._module.find(model)
        return ref.doc if isinstance(ref, BlockRef) else ""

    def value(self, source: SourceFile) -> Given | None:
        """The value of a `let` line that stands outside the file and sees its names, or ``None`` after errors.

        This is how a command line sets a parameter to `[3, 4, 6, 3]`, `4.1G` or `leaky_relu(0.1)`.
        """
        expression = self.expression(source)
        value: Value = POISON
        if expression is not None:
            with self._reporting():
                value = evaluate_or_poison(expression, Scope(self._session, self._module))
        return None if expression is None or value is POISON else Given(value, expression.span)

    def graph(self, model: str, params: Mapping[str, Any] | None = None) -> Graph | None:
        """The graph of a model with some of its parameters set, or ``None`` when there are errors.

        Values of ``params`` are numbers, strings, truth values and lists of them, or what ``value`` returned.
        """
        with _uncollected():
            return self._graph(model, params)

    def expression(self, source: SourceFile) -> ast.Expr | None:
        """The expression of a `let` line that stands outside the file, or ``None`` after errors."""
        module, problems = parse(source, self._session.limits)
        for problem in problems:
            self._session.reporter.report(problem)
        line = module.declarations[0] if len(module.declarations) == 1 else None
        return line.value if isinstance(line, ast.Let) and not problems else None

    def costs(self, model: str) -> Costs:
        """The cost of a model as a function of its arguments, computed without making a graph."""
        from archdsl.elaborate.costs import Costs

        ref = self._module.find(model)
        assert isinstance(ref, BlockRef)
        return Costs(self._session, ref, self._module.models[model].name.span)

    def _graph(self, model: str, params: Mapping[str, Any] | None) -> Graph | None:
        found: Graph | None = None
        with self._reporting():
            ref = self._module.find(model)
            if isinstance(ref, BlockRef):
                span = self._module.models[model].name.span
                if params:
                    ref = give_block(ref, [(ast.Name(span, k), self._given(k, v, span)) for k, v in params.items()])
                missing = [p for p in ref.decl.params if p.default is None and p.name.id not in ref.arguments]
                if missing and (variants := self.ready(model)):
                    help_ = (f"name a variant, which has them: {', '.join(f'`{name}`' for name in variants)}",)
                    raise Failure(missing_arguments(model, missing, span, help_))
                found = model_graph(self._session, ref, span)
        return found

    def _given(self, name: str, value: Any, span: Span) -> Given:
        """A value from outside with a place that errors can point at."""
        if isinstance(value, Expression):
            return self._expressed(name, value)
        return value if isinstance(value, Given) else Given(self._plain(name, value, span), span)

    def _expressed(self, name: str, given: Expression) -> Given:
        source = SourceFile(f"<{name}>", f"let {name} = {given.text}")
        return self.value(source) or Given(POISON, Span(source, 0, 0))

    def _plain(self, name: str, value: Any, span: Span) -> Any:
        """A Python value as a value of the language. Its numbers are bounded as those that a spec computes."""
        if isinstance(value, list | tuple):
            return tuple(self._plain(name, element, span) for element in value)
        value = plain(name, value)
        if isinstance(value, Expression):
            return self._expressed(name, value).value
        if isinstance(value, float) and not isfinite(value):
            given = describe(value)
            raise Failure(value_codes.WrongType(span=span, what=f"`{name}`", wanted="a finite number", given=given))
        return bounded(value, span, self._session.limits)

    def checked(self) -> dict[str, Graph]:
        """The graph in the first `check` line about each block and model, by its name."""
        graphs: dict[str, Graph] = {}
        with _uncollected(), self._reporting():
            for line in file_checks(self._module):
                ref = evaluate_or_poison(line.subject, Scope(self._session, self._module))
                if not isinstance(ref, BlockRef) or (name := ref.name or ref.decl.name.id) in graphs:
                    continue
                graph = model_graph(self._session, ref, line.subject.span, line.signature)
                if graph is not None:
                    graphs[name] = graph
        return graphs

    def check(self) -> None:
        """Checks everything in the file: its values, its models that need no arguments, and its `check` lines."""
        for _ in self.checking():
            pass

    def checking(self) -> Generator[None]:
        """Like ``check``, step by step: one model, or one `check` line, at a time."""
        for piece in self._pieces():
            is_done = False
            with _uncollected(), self._reporting():
                piece()
                is_done = True
            if not is_done:
                break
            yield
        self.check_text()

    def check_text(self) -> None:
        """Checks without instantiating anything: names, definitions for all arguments, and lints of the text."""
        with _uncollected(), self._reporting(), self._session.budget.apart():
            check_names(self._session, self._module)
            check_definitions(self._session, self._module)
            lint(self._session, self._module)

    def _pieces(self) -> Iterator[Callable[[], object]]:
        yield self._values
        for name, model in self._module.models.items():
            yield partial(self._unless_known, model, partial(self._usual_graph, name))
        for check in file_checks(self._module):
            yield partial(self._unless_known, check, partial(run_check, check, self._session, self._module))

    def _unless_known(self, declaration: ast.Declaration, check: Callable[[], object]) -> None:
        """Checks a declaration, unless an earlier check with the same dependencies found nothing."""
        known, reporter = self._session.known, self._session.reporter
        if known is None or reporter.allowances:  # what is allowed must be met, lest it is said to be of no use
            check()
            return
        key = ("instance", known.key(declaration))
        if key in known.clean:
            return
        with reporter.recording() as found:
            check()
        if not found.found:
            known.clean.add(key)

    def graph_of_check(self, line: ast.Check) -> Graph | None:
        """The graph that a `check` line is about; ``None`` if it is about none, or after errors."""
        found: Graph | None = None
        with _uncollected(), self._reporting():
            ref = evaluate_or_poison(line.subject, Scope(self._session, self._module))
            if isinstance(ref, BlockRef):
                found = model_graph(self._session, ref, line.subject.span, line.signature)
        return found

    def key(self, declaration: ast.Declaration) -> bytes:
        """A hash of everything that a declaration of the file depends on."""
        return self._closures.of(declaration)

    @cached_property
    def _closures(self) -> Closures:
        return Closures(self._module.names, (module.source for module in self.modules if module is not self._module))

    def remember(self, clean: set[tuple[str, bytes]], kept: Kept) -> None:
        """Caches checks that find nothing by their dependencies, also across texts, and skips those in the cache.

        The same with what imported blocks make of their inputs.
        """
        self._session.known = Known(clean, self._closures.of)
        self._session.kept = kept

    def _values(self) -> None:
        for declaration in self._module.ast.declarations:
            if isinstance(declaration, ast.Let):
                self._module.find(declaration.name.id)

    def _usual_graph(self, model: str) -> Graph | None:
        """The graph of a model with its default arguments; ``None`` if some have no default, or after errors."""
        ref = self._module.find(model)
        if not isinstance(ref, BlockRef) or any(
            p.default is None and p.name.id not in ref.arguments for p in ref.decl.params
        ):
            return None
        return model_graph(self._session, ref, self._module.models[model].name.span)

    def usual_graph(self, model: str) -> Graph | None:
        """The graph of a model with its default arguments; ``None`` if some have no default, or after errors."""
        found: Graph | None = None
        with _uncollected(), self._reporting():
            found = self._usual_graph(model)
        return found  # noqa: RET504  # what ends the block early leaves none

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turns the exceptions that end an evaluation into diagnostics."""
        try:
            try:
                yield
            except Failure as failure:
                self._session.reporter.report(*failure.diagnostics)
        except Exhausted as end:
            self._session.reporter.sink.extend(end.diagnostics)
        except RecursionError:
            self._session.reporter.sink.add(too_deep(self._start))


def unknown_model(program: Program, model: str) -> Diagnostic:
    """The diagnostic for a model that a spec does not declare."""
    near = closest(model, program.models, {})
    declared = ", ".join(program.models) or "none"
    help_ = (f"did you mean `{near[0]}`?",) if near else (f"it declares {declared}",)
    span = Span(program.source, 0, 0)
    return name_codes.UnknownName(span=span, name=model, what="model", help=help_)


def needs_model(program: Program) -> Diagnostic:
    """The diagnostic for a spec with several models when none was named."""
    span = Span(program.source, 0, 0)
    if not program.models:
        return contract_codes.NoModel(span=span)
    file = program.source.name
    help_ = (f"name one: `{file}:{program.models[0]}`",)
    return contract_codes.AmbiguousModel(span=span, models=", ".join(program.models), help=help_)


class NoFiles:
    """A loader for texts that import nothing."""

    def module(self, name: str) -> SourceFile | None:
        return None

    def packages(self) -> tuple[str, ...]:
        return ()

    def modules(self, package: str) -> tuple[str, ...]:
        return ()

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        return None
