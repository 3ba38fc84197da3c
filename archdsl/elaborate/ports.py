"""Ports that take a list of tensors: ``maps: ...[h, w, c]``. Each tensor of the list flows as ``maps.0``, ``maps.1``.

In the shape of such a port, a name binds the list of the sizes in its place; a list stands for its element of the same
number, also where an output states it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import type_of
from archdsl.elaborate.values import ANY_NUMBER, Unknown, group_of
from archdsl.graph.symbols import Var
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

_LIST: Final = Type.named("list")


def takes(port: ast.Port, key: str) -> bool:
    """Whether a tensor belongs to a port: it is the port's own, or one of its list."""
    return key != port.key == group_of(key) if port.is_open else key == port.key


def entered(ports: Sequence[ast.Port], keys: Iterable[str]) -> list[ast.Port]:
    """The ports with a list port expanded to one for each tensor; ``keys`` are those of the tensors."""
    found: list[ast.Port] = []
    for port in ports:
        held = [key for key in keys if port.is_open and takes(port, key)]
        numbers = [int(key.rpartition(".")[2]) for key in held if not key.endswith(ANY_NUMBER)]
        found += [port.replaced(index=number) for number in numbers] or [port]
    return found


def stated(ports: Sequence[ast.Port], scope: Scope) -> list[ast.Port]:
    """The ports with a list port expanded where lists in its shape fix the number of tensors."""
    found: list[ast.Port] = []
    for port in ports:
        lists = _lists(port, scope)
        counts = {name: len(value) for name, value in lists.items() if isinstance(value, tuple)}
        if len(set(counts.values())) > 1:
            (one, first), (other, second) = ((name, counts[name]) for name in _differing(counts))
            wanted, given = f"as many elements in `{other}` as in `{one}`, {first}", f"{second}"
            raise Failure(codes.PortsMismatch(span=port.shape.span, what=f"`{port.key}`", wanted=wanted, given=given))
        is_known = bool(lists) and len(counts) == len(lists)
        found += [port.replaced(index=i) for i in range(next(iter(counts.values())))] if is_known else [port]
    return found


def _differing(counts: Mapping[str, int]) -> tuple[str, str]:
    first = next(iter(counts))
    return first, next(name for name, count in counts.items() if count != counts[first])


def element_scope(port: ast.Port, scope: Scope) -> Scope:
    """The scope for the shape of one tensor: that of the block, with the element in place of each list."""
    if not port.is_open:
        return scope
    inner = scope.inner()
    for name, value in _lists(port, scope).items():
        if not isinstance(value, tuple) or port.index is None:
            inner.names[name] = Var.some(1)
        elif port.index < len(value):
            inner.names[name] = value[port.index]
        else:
            raise Failure(_other_length(port, name, value, port.index + 1, port.shape.span))
    return inner


def check_length(port: ast.Port, count: int, scope: Scope, span: Span) -> None:
    """Raises ``Failure`` unless the lists in a port's shape are as long as its list of tensors."""
    for name, value in _lists(port, scope).items():
        if isinstance(value, tuple) and len(value) != count:
            raise Failure(_other_length(port, name, value, count, span))


def _other_length(port: ast.Port, name: str, value: tuple[object, ...], count: int, span: Span) -> Diagnostic:
    wanted, given = f"{len(value)} tensors, as `{name}` has elements", str(count)
    labels = (Label(port.shape.span, "the signature"),) if span != port.shape.span else ()
    what = f"`{group_of(port.key)}`"
    return codes.PortsMismatch(span=span, what=what, wanted=wanted, given=given, labels=labels)


def _lists(port: ast.Port, scope: Scope) -> dict[str, tuple[object, ...] | Unknown]:
    """The lists that the shape of a list port mentions, by name."""
    if not port.is_open:
        return {}
    written = sorted((n for n in walk(port.shape) if isinstance(n, ast.Name)), key=lambda n: n.span.start)
    names = dict.fromkeys(name.id for name in written)
    values = {name: scope.local(name) for name in names}
    values |= {name: scope.module.constant(name) for name, value in values.items() if value is MISSING}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, tuple) or (isinstance(value, Unknown) and type_of(value).overlaps(_LIST))
    }


def told(keys: Iterable[str]) -> str:
    """The names of flowing tensors for a message, lists with their lengths."""
    counts: dict[str, int] = {}
    for key in keys:
        group = group_of(key)
        counts[group] = counts.get(group, 0) + (group != key and not key.endswith(ANY_NUMBER))
    return ", ".join(f"`{name}` of {count}" if count else f"`{name}`" for name, count in counts.items())
