"""The files of one compilation: each is read once, then linked with its imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import limits as limit_codes
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.suggest import closest, did_you_mean, respelt, suggested
from archdsl.elaborate.budget import Budget
from archdsl.elaborate.loader import Loader, Outside, Unreadable, library_home
from archdsl.elaborate.module import Evaluate, Module
from archdsl.elaborate.reporter import Reporter
from archdsl.elaborate.types import check_types
from archdsl.elaborate.values import POISON
from archdsl.graph.model import Origin
from archdsl.limits import Limits
from archdsl.names import diagnose
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

_PROJECT: Final = ("the project is the nearest folder above with a `.git`, a `pyproject.toml` or a file `.archdsl`",)
_SHOWN: Final = 60
"""Characters of the first line of a file that is too long."""


Read: TypeAlias = Callable[[SourceFile, Limits], tuple[ast.Module, tuple[Diagnostic, ...]]]
"""What a file is read as, and what is wrong with it."""


class Files:
    """Loaded files by their identity: a file imported in several ways is one module."""

    def __init__(self, loader: Loader, reporter: Reporter, budget: Budget, evaluate: Evaluate, read: Read) -> None:
        self.loader = loader
        self._reporter = reporter
        self._budget = budget
        self._evaluate = evaluate
        self._read = read
        self._modules: dict[object, Module] = {}
        self._sources: dict[str, SourceFile] = {}
        self._loading: list[SourceFile] = []

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The files that were read, the spec's own first."""
        return tuple(self._sources.values())

    @property
    def modules(self) -> tuple[Module, ...]:
        """The files as modules, in the order in which they were read."""
        return tuple(self._modules.values())

    def close(self) -> None:
        """Drops the modules and their values, which are reference cycles."""
        for module in self._modules.values():
            module.values.clear()
        self._modules.clear()

    def place(self, origin: Origin) -> Span:
        """The span of an origin in a graph."""
        return Span(self._sources[origin.file], origin.start, origin.end)

    def module(self, tree: ast.Module) -> Module:
        """A module whose imports are not linked yet."""
        return Module(tree, self._evaluate)

    def load(self, source: SourceFile, *, is_library: bool = False) -> Module:
        """The module of a file, parsed and linked with its imports on the first call."""
        known = self._modules.get(source.identity)
        if known is not None:
            return known
        if not self._budget.has_room(len(source.text)):
            self._reporter.report(self._too_long(source))
            return self.module(ast.Module(source, (), ()))
        tree, problems = self._read(source, self._budget.limits)
        self._reporter.report(*problems)
        self._reporter.read(tree, is_library=is_library)
        module = self._modules[source.identity] = self.module(tree)
        module.values.update(dict.fromkeys(tree.broken, POISON))
        self._sources[source.name] = source
        self._reporter.report(*(diagnose.repeated(name, first.span) for name, first in module.names.repeated))
        for declaration in tree.declarations:
            if isinstance(declaration, ast.Function | ast.Block):
                self._reporter.report(*check_types(declaration.params))
        self._loading.append(source)
        for declaration in tree.declarations:
            if isinstance(declaration, ast.Import):
                self._link(module, declaration)
        self._loading.pop()
        return module

    def _link(self, module: Module, node: ast.Import) -> None:
        """Resolves an import to the module that it names."""
        other = self._imported(node, module.source)
        for imported in node.names:
            bound = (imported.alias or imported.name).id
            if bound in module.imports or bound in module.values:
                continue  # reported; the first one counts
            if other is not None and module.names.link(imported, other.names):
                module.imports[bound] = (other, imported.name.id)
                continue
            module.values[bound] = POISON
            if other is not None:
                self._reporter.report(_unknown_import(imported.name, other, node.module))

    def _imported(self, node: ast.Import, importer: SourceFile) -> Module | None:
        """The module that an import names, or ``None`` after reporting why there is none."""
        try:
            source = self.loader.file(node.module, importer) if node.is_path else self.loader.module(node.module)
        except Outside:
            self._reporter.report(codes.OutsideProject(span=node.place, module=node.module, help=_PROJECT))
            return None
        except Unreadable as error:
            self._reporter.report(codes.UnknownModule(span=node.place, module=node.module, hint=str(error)))
            return None
        problem = self._unknown_module(node) if source is None else self._unfit(source, node.place)
        if source is None or problem is not None:
            self._reporter.report(*([problem] if problem else []))
            return None
        return self.load(source, is_library=not node.is_path or self._reporter.is_library(importer))

    def _unfit(self, source: SourceFile, span: Span) -> Diagnostic | None:
        """The reason why a file cannot be imported, if there is one."""
        limits = self._budget.limits
        around = [s.identity for s in self._loading]
        if source.identity in around:
            names = [s.name for s in self._loading[around.index(source.identity) :]]
            help_ = ("what both files need stands in a third",)
            return codes.ImportCycle(span=span, cycle=" -> ".join([*names, names[0]]), help=help_)
        if len(self._modules) >= limits.files:
            most = f"{limits.files:_} files"
            return limit_codes.TooManyFiles(span=span, most=most, help=limits.advice("files"))
        if len(self._loading) >= limits.imports:
            most = f"{limits.imports:_} that import each other"
            return limit_codes.TooManyFiles(span=span, most=most, help=limits.advice("imports"))
        return None

    def _too_long(self, source: SourceFile) -> Diagnostic:
        limits = self._budget.limits
        start = SourceFile(source.name, source.text[:_SHOWN].split("\n", 1)[0])  # all that need be looked at
        span, most = Span(start, 0, len(start.text)), f"{limits.source:_}"
        return limit_codes.SourceTooLong(span=span, file=source.name, most=most, help=limits.advice("source"))

    def _unknown_module(self, node: ast.Import) -> Diagnostic:
        if node.is_path:
            hint = "no such file, seen from the folder of this one"
            return codes.UnknownModule(span=node.place, module=node.module, hint=hint)
        package = node.module.partition(".")[0]
        modules = self.loader.modules(package)
        if not modules:
            hint = (
                "modules are of the library, `std.conv`, of the zoo, `zoo.vit`, of an installed package or of a folder "
                'that `pyproject.toml` names, or files in quotes: `"./blocks.arch"`'
            )
            help_ = did_you_mean(package, self.loader.packages()) or ()
            return codes.UnknownModule(span=node.place, module=node.module, hint=hint, help=help_)
        homes = (library_home(imported.name.id, self.loader) for imported in node.names if package in ("std", "zoo"))
        if home := next(filter(None, homes), None):
            help_ = (f"the library has it in `{home}`",)
            return codes.UnknownModule(span=node.place, module=node.module, help=help_, fix=Fix(node.place, home))
        near = closest(node.module, modules)
        if near:
            help_, fix = (f"did you mean `{near[0]}`?",), respelt(node.place, node.module, near)
            return codes.UnknownModule(span=node.place, module=node.module, help=help_, fix=fix)
        hint = f"`{package}` has {', '.join(modules)}"
        return codes.UnknownModule(span=node.place, module=node.module, hint=hint)


def _unknown_import(name: ast.Name, module: Module, module_name: str) -> Diagnostic:
    near = closest(name.id, module.exports())
    help_ = suggested(near) or (f"it defines {', '.join(module.exports())}",)
    fix = respelt(name.span, name.id, near)
    return codes.UnknownImport(span=name.span, name=name.id, module=module_name, help=help_, fix=fix)
