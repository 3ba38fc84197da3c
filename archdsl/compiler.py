"""The compiler: text and a loader in, graphs and diagnostics out. It reads no disk, prints nothing, exits nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import contracts as contract_codes
from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate.arguments import give_block
from archdsl.elaborate.lint import lint
from archdsl.elaborate.models import file_checks, model_graph, run_check
from archdsl.elaborate.modules import Loader
from archdsl.elaborate.scope import Failure
from archdsl.elaborate.session import Exhausted, Limits, Session
from archdsl.elaborate.values import BlockRef, Given
from archdsl.graph.model import Graph
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast


class Program:
    """One spec, read and ready to be asked for its models.

    >>> program = Program(SourceFile("net.arch", "model Net() :: [8] -> [4] { dense(4) }"))
    >>> program.graph("Net").outputs[0].shape
    (4,)
    """

    def __init__(self, source: SourceFile, loader: Loader | None = None, limits: Limits | None = None) -> None:
        self.source = source
        self._session = Session(loader or NoFiles(), limits)
        self._module = self._session.main(source)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found so far, sorted by place."""
        return self._session.sink.sorted()

    @property
    def has_errors(self) -> bool:
        return self._session.sink.has_errors

    @property
    def models(self) -> tuple[str, ...]:
        """The models and variants that the file declares, in its order."""
        return tuple(self._module.models)

    def parameters(self, model: str) -> dict[str, ast.Param]:
        """The parameters of a model or variant by name; empty if there is no such model."""
        ref = self._module.find(model)
        return {p.name.id: p for p in ref.decl.params} if isinstance(ref, BlockRef) else {}

    def graph(self, model: str, params: Mapping[str, Any] | None = None) -> Graph | None:
        """The graph of a model with some of its parameters set, or ``None`` when there are errors.

        Values of ``params`` are numbers, strings, truth values and lists of them.
        """
        try:
            ref = self._module.find(model)
            if not isinstance(ref, BlockRef):
                return None
            if params:
                span = self._module.models[model].name.span
                ref = give_block(ref, [(ast.Name(span, n), Given(_plain(v), span)) for n, v in params.items()])
                return model_graph(self._session, ref, span)
            return model_graph(self._session, ref, self._module.models[model].name.span)
        except Exhausted as limit:
            self._session.report_failure(limit)
        except Failure as failure:
            self._session.report_failure(failure)
        except RecursionError:
            self._too_deep(self._module.models[model].name.span)
        return None

    def check(self) -> None:
        """Checks everything in the file: its models that need no arguments, and its `check` lines."""
        for name in self.models:
            ref = self._module.find(name)
            if isinstance(ref, BlockRef) and all(
                p.default is not None or p.name.id in ref.arguments for p in ref.decl.params
            ):
                self.graph(name)
        for check in file_checks(self._module):
            try:
                run_check(check, self._module)
            except Failure as failure:
                self._session.report_failure(failure)
                if isinstance(failure, Exhausted):
                    return
            except RecursionError:
                self._too_deep(check.span)
        lint(self._module)

    def _too_deep(self, span: Span) -> None:
        self._session.report(value_codes.TooLarge(span=span, what="the nesting", limit="the compiler can follow"))


def _plain(value: Any) -> Any:
    """A Python value as the language has it."""
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


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

    def library(self, module: str) -> SourceFile | None:
        return None

    def modules(self) -> tuple[str, ...]:
        return ()

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        return None
