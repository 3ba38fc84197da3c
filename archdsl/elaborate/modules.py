"""Files as modules: what each declares, and where its imports come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import contracts as contract_codes
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.catalogue.syntax import RepeatedName
from archdsl.diagnostics.suggest import closest, did_you_mean
from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.evaluate import evaluate_or_poison
from archdsl.elaborate.scope import MISSING, Failure, Scope
from archdsl.elaborate.types import check_types
from archdsl.elaborate.values import POISON, BlockRef, FunctionRef, Value, describe
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaborate.session import Session


class Outside(Exception):
    """A path that leaves the project."""


class Unreadable(Exception):
    """A file that is there and cannot be read. Says why, for a reader who knows which file it is."""


class Loader(Protocol):
    """Where imports are read from. The compiler itself touches no disk."""

    def library(self, module: str) -> SourceFile | None:
        """The text of a library module such as ``std.conv``, or ``None``."""
        ...

    def modules(self) -> tuple[str, ...]:
        """The names of all library modules."""
        ...

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        """The text of a path relative to the importing file, or ``None``. Raises ``Outside``, ``Unreadable``."""
        ...


class Module:
    """One file: its declarations by name, each given a value when it is first asked for."""

    def __init__(self, session: Session, source: SourceFile) -> None:
        self.session = session
        self.source = source
        self.ast, problems = session.parsed.parse(source, session.limits)
        for problem in problems:
            session.report(problem)
        self._values: dict[str, Value] = dict.fromkeys(self.ast.broken, POISON)
        self._declarations: dict[str, ast.Let | ast.Function | ast.Block | ast.Variant] = {}
        self._imports: dict[str, tuple[Module, ast.ImportName]] = {}
        first: dict[str, ast.Name] = {}
        for declaration in self.ast.declarations:
            for name in _defined(declaration):
                if first.setdefault(name.id, name) is not name:
                    label = Label(first[name.id].span, "first defined here")
                    session.report(RepeatedName(span=name.span, what="name", name=name.id, labels=(label,)))
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
        elif imported.name.id in module:
            self._imports[bound] = (module, imported)
        else:
            self._values[bound] = POISON
            self.session.report(_unknown_import(imported.name, module, name))

    def __contains__(self, name: str) -> bool:
        """Whether the file declares the name itself: what it imports it does not pass on."""
        return name in self._declarations or name in self.ast.broken

    def knows(self, name: str) -> bool:
        """Whether a name means something in this file, whatever that is."""
        return name in self or name in self._imports or name in self._values or name in LANGUAGE

    def exports(self) -> tuple[str, ...]:
        """The names that other files may import: those that the file declares."""
        return tuple(self._declarations)

    def names(self) -> Iterator[str]:
        yield from self._declarations
        yield from self._imports

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


def _defined(declaration: ast.Declaration) -> Iterator[ast.Name]:
    """The names that a declaration gives a meaning to."""
    if isinstance(declaration, ast.Import):
        yield from (imported.alias or imported.name for imported in declaration.names)
    elif not isinstance(declaration, ast.Check):
        yield declaration.name


def _unknown_import(name: ast.Name, module: Module, module_name: str) -> Diagnostic:
    near = closest(name.id, module.exports())
    help_ = did_you_mean(name.id, module.exports()) or (f"it defines {', '.join(module.exports())}",)
    fix = Fix(name.span, near[0]) if near else None
    return codes.UnknownImport(span=name.span, name=name.id, module=module_name, help=help_, fix=fix)
