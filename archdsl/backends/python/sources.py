"""Copies layers and functions of archdsl into a file, as source with everything that they use.

The text is taken from the modules that build models, so that there is one definition of each.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from archdsl import resources
from archdsl.backends.code.text import docstring
from archdsl.backends.code.wrap import WIDTH, signature, wrapped
from archdsl.backends.python.pruning import pruned

_LAYERS = (
    "functions",
    "normalisation",
    "positions",
    "learned",
    "convolution",
    "likeness",
    "sources",
    "tiling",
    "attention",
)
_FILES = (("tables.py",), *(("keras", "layers", f"{name}.py") for name in _LAYERS))
_PACKAGE = 'package="archdsl"'


class Taken(NamedTuple):
    """The copied definitions, in dependency order, and their imports."""

    texts: list[str]
    imports: list[str]
    """Statements."""
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Definition:
    lines: tuple[str, ...]
    uses: frozenset[str]
    imports: tuple[tuple[str, str], ...]
    """Names that it uses, and the statements that import them."""


def taken(names: Collection[str], package: str, given: Mapping[str, Collection[str]] | None = None) -> Taken:
    """The definitions of some names with their dependencies. Layers are registered under the name of ``package``.

    ``given`` are the arguments with which classes are called: options that have none are left out.
    """
    known = dict(_definitions())
    for name, arguments in (given or {}).items():
        known[name] = _pruned(known[name], arguments)
    found: dict[str, None] = {}

    def add(name: str) -> None:
        for other in sorted(known[name].uses - {name}):
            if other not in found:
                add(other)
        found[name] = None

    for name in sorted(names):
        add(name)
    texts = ["\n".join(known[name].lines).replace(_PACKAGE, f'package="{package}"') for name in found]
    imports = {statement for name in found for _, statement in known[name].imports}
    return Taken(texts, sorted(imports), frozenset(found))


def _pruned(definition: _Definition, given: Collection[str]) -> _Definition:
    text = pruned("\n".join(definition.lines), given)
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    imports = tuple((name, statement) for name, statement in definition.imports if name in used)
    return _Definition(tuple(text.splitlines()), definition.uses & used, imports)


def names() -> list[str]:
    """All names that may be copied."""
    return [*_definitions()]


@cache
def _definitions() -> Mapping[str, _Definition]:
    """Every definition of the modules by its name, which is unique."""
    modules: list[tuple[str, ast.Module]] = []
    owned: set[str] = set()
    for parts in _FILES:
        file = resources.directory("backends")
        for part in parts:
            file = file / part
        text = file.read_text(encoding="utf-8")
        modules.append((text, ast.parse(text)))
    for _, module in modules:
        names = {name for statement in module.body for name in _defined(statement)}
        assert not names & owned, f"two definitions of {names & owned}"
        owned |= names
    found: dict[str, _Definition] = {}
    for text, module in modules:
        found |= _of(text, module, owned)
    return found


def _of(text: str, module: ast.Module, owned: Collection[str]) -> dict[str, _Definition]:
    imports: dict[str, str] = {}
    found: dict[str, _Definition] = {}
    lines = text.splitlines()
    for place, statement in enumerate(module.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports |= _imported(statement)
            continue
        for name in _defined(statement):
            used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            used -= {name, *dir(builtins)}
            following = module.body[place + 1] if place + 1 < len(module.body) else None
            found[name] = _Definition(
                tuple(_narrow(lines, statement, _is_text(following) and following)),
                frozenset(used & {*owned}),
                tuple((each, imports[each]) for each in sorted(used) if each in imports),
            )
    return found


def _imported(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Names and their import statements, except for those from archdsl, whose definitions are copied."""
    if isinstance(statement, ast.Import):
        return {alias.asname or alias.name: f"import {_alias(alias)}" for alias in statement.names}
    if statement.module is None or statement.module.startswith(("archdsl", "__future__")):
        return {}
    return {alias.asname or alias.name: f"from {statement.module} import {_alias(alias)}" for alias in statement.names}


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _defined(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
    return []


def _is_text(statement: ast.stmt | None) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


# --- lines of 88 ------------------------------------------------------------------------------------------------------


def _narrow(lines: Sequence[str], statement: ast.stmt, after: Any) -> Iterator[str]:
    """The lines of a definition, and of the text after it, reformatted to 88 columns."""
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    texts = {node.lineno: node for node in ast.walk(statement) if isinstance(node, ast.Expr) and _is_text(node)}
    place, end = first, statement.end_lineno or first
    if after:
        texts[after.lineno], end = after, after.end_lineno
    while place <= end:
        line = lines[place - 1]
        if place in texts:
            indent = line[: len(line) - len(line.lstrip())]
            yield from docstring(_plain(texts[place].value.value), indent)  # type: ignore[attr-defined]  # a text
            place = (texts[place].end_lineno or place) + 1
            continue
        yield from _broken(line.partition("  # noqa")[0])
        place += 1


def _plain(text: str) -> str:
    """A docstring without its examples."""
    parts = textwrap.dedent(f"    {text}").strip().split("\n\n")
    return "\n\n".join(part for part in parts if not part.lstrip().startswith(">>>"))


def _broken(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    bare = line.lstrip()
    indent = line[: len(line) - len(bare)]
    if bare.startswith("#"):
        return textwrap.wrap(bare[2:], WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
    return signature(line) if bare.startswith("def ") else wrapped(line)
