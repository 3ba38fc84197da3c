"""No modules import each other in a ring, imports in functions and for type checkers included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import networkx as nx

import archdsl

PACKAGE = Path(archdsl.__file__).parent


def rings(sources: Mapping[str, str]) -> list[set[str]]:
    """Strongly connected components of more than one module; ``sources`` by the modules' names."""
    edges = ((name, used) for name, text in sources.items() for used in _used(name, text, sources))
    return [part for part in nx.strongly_connected_components(nx.DiGraph(edges)) if len(part) > 1]


def _used(name: str, text: str, sources: Mapping[str, str]) -> Iterator[str]:
    """What a module imports. A package that exports what its own modules define is no ring with them."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [module if module in sources else node.module for module in inner]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            continue
        yield from (module for module in found if module in sources and not name.startswith(f"{module}."))


def test_no_ring() -> None:
    modules = {
        ".".join(("archdsl", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    assert rings({name: path.read_text(encoding="utf-8") for name, path in modules.items()}) == []


def test_a_ring_is_seen_wherever_its_imports_stand() -> None:
    late = "def f():\n    from p.a import g"
    typed = "if TYPE_CHECKING:\n    from p import a"
    for closing in (late, typed, "import p.a"):
        assert rings({"p": "from p.a import g", "p.a": "from p import b", "p.b": closing}) == [{"p.a", "p.b"}]
    assert rings({"p": "from p.a import g", "p.a": "from p import b", "p.b": ""}) == []
