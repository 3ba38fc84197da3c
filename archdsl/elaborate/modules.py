"""Files as modules: what each declares, and where its imports come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import contracts as contract_codes
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.suggest import closest, did_you_mean
from archdsl.elaborate.evaluate import evaluate_or_poison
from archdsl.elaborate.scope import MISSING, Failure, Scope
from archdsl.elaborate.types import check_types
from archdsl.elaborate.values import POISON, BlockRef, FunctionRef, Value, describe
from archdsl.names import Index, diagnose
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaborate.session import Session


class Module:
    """One file: its declarations by name, each given a value when it is first asked for."""

    def __init__(self, session: Session, source: SourceFile) -> None:
        self.session = session
        self.source = source
        self.ast, problems = session.parsed.parse(source, session.limits)
        for problem in problems:
            session.report(problem)
        session.doubtful += self.ast.doubtful
        self._values: dict[str, Value] = dict.fromkeys(self.ast.broken, POISON)
        self.names = Index(self.ast)
        self._declarations: dict[str, ast.Let | ast.Function | ast.Block | ast.Variant] = {}
        self._imports: dict[str, tuple[Module, ast.ImportName]] = {}
        for repeated in self.names.repeated:
            session.report(diagnose.repeated(repeated.name, repeated.first.span))
        for declaration in self.ast.declarations:
            if isinstance(declaration, ast.Let | ast.Function | ast.Block | ast.Variant):
                self._declarations.setdefault(declaration.name.id, declaration)
            if isinstance(declaration, ast.Function | ast.Block):
                for problem in check_types(declaration.params):
                    session.report(problem)

    def link(self) -> None:
        """Loads what the file imports; after all of the module's own names are known."""
        for declaration in self.ast.declarations:
            if isinstance(declaration, ast.Import):
                module = self.session.imported(declaration, self)
                for imported in declaration.names:
                    self._import(imported, module, declaration.module)

    def _import(self, imported: ast.ImportName, module: Module | None, name: str) -> None:
        bound = (imported.alias or imported.name).id
        if bound in self._imports or bound in self._values:
            return  # reported; the first one counts
        if module is None:
            self._values[bound] = POISON
        elif self.names.link(imported, module.names):
            self._imports[bound] = (module, imported)
        else:
            self._values[bound] = POISON
            self.session.report(_unknown_import(imported.name, module, name))

    def exports(self) -> tuple[str, ...]:
        """The names that other files may import: those that the file declares."""
        return tuple(self._declarations)

    def import_fix(self, line: str) -> Fix:
        """Adds an import after those that the file has, or at its start."""
        ends = [d.span.end for d in self.ast.declarations if isinstance(d, ast.Import)]
        at = Span(self.source, ends[-1], ends[-1]) if ends else Span(self.source, 0, 0)
        return Fix(at, f"\n{line}" if ends else f"{line}\n")

    @property
    def models(self) -> dict[str, ast.Block | ast.Variant]:
        """The models and variants that the file declares, in order."""
        return {
            name: d
            for name, d in self._declarations.items()
            if isinstance(d, ast.Variant) or (isinstance(d, ast.Block) and d.is_model)
        }

    def constant(self, name: str) -> Value:
        """The value of a ``let`` of this file or an imported one, or ``MISSING``: dimensions see no other names."""
        if name in self._imports:
            module, imported = self._imports[name]
            return module.constant(imported.name.id)
        declared = self._declarations.get(name)
        return self.find(name) if declared is None or isinstance(declared, ast.Let) else MISSING

    def find(self, name: str) -> Value:
        """The value of a declared or imported name, or ``MISSING``."""
        if name in self._values:
            return self._values[name]
        if name in self._imports:
            module, imported = self._imports[name]
            return module.find(imported.name.id)
        declaration = self._declarations.get(name)
        if declaration is None:
            return MISSING
        value = self._values[name] = self._value(declaration)
        return value

    def _value(self, declaration: ast.Let | ast.Function | ast.Block | ast.Variant) -> Value:
        match declaration:
            case ast.Function():
                return FunctionRef(declaration, self)
            case ast.Block():
                return BlockRef(declaration, self, about=declaration.body.about, doc=declaration.doc)
        name = declaration.name
        try:
            with self.session.entering(declaration, name.id, name.span), self.session.outside_calls():
                value = evaluate_or_poison(declaration.value, Scope(self))
        except Failure as failure:
            self.session.report_failure(failure)
            return POISON
        if isinstance(declaration, ast.Let) or value is POISON:
            return value
        if not isinstance(value, BlockRef) or not value.decl.is_model:
            self.session.report(
                contract_codes.NotAModel(span=declaration.value.span, value=describe(value), wanted="a call of a model")
            )
            return POISON
        about = declaration.about or value.about
        doc = declaration.doc or value.doc
        return replace(value, name=name.id, own=value.arguments, about=about, doc=doc)


def _unknown_import(name: ast.Name, module: Module, module_name: str) -> Diagnostic:
    near = closest(name.id, module.exports())
    help_ = did_you_mean(name.id, module.exports()) or (f"it defines {', '.join(module.exports())}",)
    fix = Fix(name.span, near[0]) if near else None
    return codes.UnknownImport(span=name.span, name=name.id, module=module_name, help=help_, fix=fix)
