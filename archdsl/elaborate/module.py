"""Files as modules: their declarations, imports and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from archdsl.diagnostics import Fix
from archdsl.names import Index
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

MISSING: Final[Any] = object()
"""The value of an unknown name."""

Declared: TypeAlias = ast.Let | ast.Function | ast.Block | ast.Variant
Evaluate: TypeAlias = "Callable[[Module, Declared], Any]"


class Module:
    """One file: its declarations by name, evaluated on first use."""

    def __init__(self, tree: ast.Module, evaluate: Evaluate) -> None:
        self.ast = tree
        self.names = Index(tree)
        self.imports: dict[str, tuple[Module, str]] = {}
        """The module and the name of each imported declaration."""
        self.values: dict[str, Any] = {}
        self._evaluate = evaluate

    @property
    def source(self) -> SourceFile:
        return self.ast.source

    def exports(self) -> tuple[str, ...]:
        """The names that other files may import: those declared in the file."""
        return tuple(name for name, found in self.names.declared.items() if found.kind != "import")

    def import_fix(self, line: str) -> Fix:
        """The fix that adds an import after the existing ones, or at the start of the file."""
        ends = [d.span.end for d in self.ast.declarations if isinstance(d, ast.Import)]
        at = Span(self.source, ends[-1], ends[-1]) if ends else Span(self.source, 0, 0)
        return Fix(at, f"\n{line}" if ends else f"{line}\n", is_safe=True)

    @property
    def models(self) -> dict[str, ast.Block | ast.Variant]:
        """The models and variants that the file declares, in order."""
        found = {
            name: definition.node for name, definition in self.names.declared.items() if definition.kind == "model"
        }
        return {name: node for name, node in found.items() if isinstance(node, ast.Block | ast.Variant)}

    def constant(self, name: str) -> Any:
        """The value of a ``let`` of this file or an imported one, or ``MISSING``: dimensions see no other names."""
        if name in self.imports:
            module, imported = self.imports[name]
            return module.constant(imported)
        declared = self.names.declared.get(name)
        return self.find(name) if declared is None or declared.kind in ("let", "import") else MISSING

    def find(self, name: str) -> Any:
        """The value of a declared or imported name, or ``MISSING``."""
        if name in self.values:
            return self.values[name]
        if name in self.imports:
            module, imported = self.imports[name]
            return module.find(imported)
        declared = self.names.declared.get(name)
        if declared is None or not isinstance(declared.node, Declared):
            return MISSING
        value = self.values[name] = self._evaluate(self, declared.node)
        return value
