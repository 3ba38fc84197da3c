"""Removes options that a file never uses from layers: constants are propagated and dead code is eliminated.

This is partial evaluation of one class: arguments of ``__init__`` that no call gives are their defaults, attributes
that are made of these alone are constants, and so are conditions over them.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from archdsl.backends.code.text import docstring, literal
from archdsl.backends.code.wrap import WIDTH, signature, wrapped

_UNKNOWN: Final = object()
_KINDS: Final[Mapping[str, type]] = {"bool": bool, "str": str}


def pruned(text: str, given: Collection[str]) -> str:
    """The source of a class whose calls give only these of the arguments that have defaults."""
    made = ast.parse(text).body[0]
    assert isinstance(made, ast.ClassDef), "a class"
    init = next((part for part in made.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"), None)
    if init is None:
        return text
    defaults = {name: value for name, value in _defaults(init).items() if name not in given}
    if not defaults:
        return text
    return "\n".join(_Pruner(text, made, init, defaults).lines())


def _defaults(init: ast.FunctionDef) -> dict[str, Any]:
    """Arguments with constant defaults."""
    arguments = init.args
    last = len(arguments.defaults)
    pairs = [
        *zip(arguments.args[len(arguments.args) - last :], arguments.defaults, strict=True),
        *((arg, value) for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value),
    ]
    found = {arg.arg: _value(value, {}) for arg, value in pairs}
    return {name: value for name, value in found.items() if value is not _UNKNOWN}


# --- values -----------------------------------------------------------------------------------------------------------


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """The constant value of an expression, or ``_UNKNOWN``. ``known`` are names, and attributes of ``self``."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return known.get(name, _UNKNOWN)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return known.get(f"self.{name}", _UNKNOWN)
        case ast.Tuple(elts=items):
            values = [_value(item, known) for item in items]
            return _UNKNOWN if _UNKNOWN in values else tuple(values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            value = _value(operand, known)
            return value if value is _UNKNOWN else not value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _value(operand, known)
            return value if value is _UNKNOWN else -value
        case ast.Subscript(value=whole, slice=ast.Constant(value=place)):
            value = _value(whole, known)
            return value if value is _UNKNOWN else value[place]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            value = _value(test, known)
            return value if value is _UNKNOWN else _value(body if value else orelse, known)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b = _value(left, known), _value(right, known)
            return _UNKNOWN if _UNKNOWN in (a, b) else _compared(op, a, b)
        case ast.BoolOp(op=op, values=parts):
            found = [_value(part, known) for part in parts]
            for value in found:  # the first that decides, if all before it are known
                if value is _UNKNOWN or bool(value) != isinstance(op, ast.And):
                    return value
            return found[-1]
        case ast.Call(func=ast.Name(id="any"), args=[argument]):
            value = _value(argument, known)
            return value if value is _UNKNOWN else any(value)
        case ast.Call(func=ast.Name(id="isinstance"), args=[argument, ast.Name(id=kind)]) if kind in _KINDS:
            value = _value(argument, known)
            return value if value is _UNKNOWN else isinstance(value, _KINDS[kind])
    return _UNKNOWN


def _compared(op: ast.cmpop, a: Any, b: Any) -> Any:
    match op:
        case ast.Is():
            return a is b
        case ast.IsNot():
            return a is not b
        case ast.Eq():
            return a == b
        case ast.NotEq():
            return a != b
    return _UNKNOWN


class _Folder(ast.NodeTransformer):
    """Constant propagation and folding, which removes decided conditions."""

    def __init__(self, known: Mapping[str, Any], passing: Mapping[str, int]) -> None:
        """``passing`` are methods that return one of their arguments unchanged, with its index."""
        self._known = known
        self._passing = passing
        self.changed = False

    def visit(self, node: ast.AST) -> Any:
        is_open = any(isinstance(each, ast.Name | ast.Attribute) for each in ast.walk(node))
        if isinstance(node, ast.expr) and is_open and not isinstance(node, ast.Tuple):
            value = _value(node, self._known)
            if value is not _UNKNOWN:
                self.changed = True
                return ast.parse(literal(value), mode="eval").body
        return super().visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        match node.func:
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in self._passing:
                self.changed = True
                return self.visit(node.args[self._passing[name]])
        return self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        value = _value(node.test, self._known)
        if value is _UNKNOWN:
            return self.generic_visit(node)
        self.changed = True
        return self.visit(node.body if value else node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """Removes neutral operands, and all operands after a decisive one."""
        is_and = isinstance(node.op, ast.And)
        left: list[ast.expr] = []
        for place, part in enumerate(node.values):
            value = _value(part, self._known)
            if value is not _UNKNOWN and bool(value) == is_and and place < len(node.values) - 1:
                self.changed = True
                continue
            left.append(part)
            if value is not _UNKNOWN and bool(value) != is_and:
                self.changed |= place < len(node.values) - 1
                break
        if len(left) > 1 and isinstance(last := _value(left[-1], self._known), bool) and last == is_and:
            left.pop()  # a condition that holds anyway
            self.changed = True
        if len(left) == 1:
            return self.visit(left[0])
        return ast.BoolOp(node.op, [self.visit(part) for part in left])


# --- the class --------------------------------------------------------------------------------------------------------


class _Pruner:
    def __init__(self, text: str, made: ast.ClassDef, init: ast.FunctionDef, defaults: Mapping[str, Any]) -> None:
        self._source = text.splitlines()
        self._class = made
        self._init = init
        self._known: dict[str, Any] = {}
        self._dropped: set[str] = set()
        """Arguments that are gone."""
        for statement in init.body:
            match statement:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value):
                    if name in defaults and (found := _value(value, defaults)) is not _UNKNOWN:
                        self._known[f"self.{name}"] = found
                        self._dropped.add(name)
        while self._decide():
            pass
        self._passing = dict(self._that_pass())
        self._drop_unread(defaults)

    def _decide(self) -> bool:
        """Notes attributes that are assigned once, with a constant; returns whether there was a new one."""
        made: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self._class):
            if isinstance(node, ast.Assign) and (name := _assigned(node)):
                made.setdefault(name, []).append(node.value)
        for name, values in made.items():
            if f"self.{name}" not in self._known and len(values) == 1:
                value = _value(values[0], self._known)
                if value is not _UNKNOWN:
                    self._known[f"self.{name}"] = value
                    return True
        return False

    def _that_pass(self) -> Iterator[tuple[str, int]]:
        """Methods that are reduced to ``return x`` for an argument ``x``, with its index."""
        for part in self._parts():
            names = [arg.arg for arg in part.args.args[1:]]
            match [statement for statement in self._done(part.body) if not isinstance(statement, ast.Expr)]:
                case [ast.Return(value=ast.Name(id=name))] if name in names and part.name.startswith("_"):
                    yield part.name, names.index(name)

    def _done(self, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
        """A body with decided statements removed; undecided conditions remain."""
        for statement in body:
            value = _value(statement.test, self._known) if isinstance(statement, ast.If) else _UNKNOWN
            if isinstance(statement, ast.If) and value is not _UNKNOWN:
                yield from self._done(statement.body if value else statement.orelse)
            else:
                yield statement
            if self._ends(statement):
                return

    def _drop_unread(self, defaults: Mapping[str, Any]) -> None:
        """Removes arguments whose attributes are dead."""
        read = self._read()
        for name in defaults:
            if name not in read and name not in self._dropped and self._is_kept_alone(name):
                self._dropped.add(name)

    def _is_kept_alone(self, name: str) -> bool:
        """Whether an argument is used only to assign the attribute of its name."""
        uses = [node for node in ast.walk(self._init) if isinstance(node, ast.Name) and node.id == name]
        own = [statement for statement in self._init.body if _assigned(statement) == name]
        return len(own) == 1 and len(uses) == sum(
            isinstance(node, ast.Name) and node.id == name for node in ast.walk(own[0])
        )

    def _parts(self) -> list[ast.FunctionDef]:
        return [part for part in self._class.body if isinstance(part, ast.FunctionDef)]

    def _read(self) -> set[str]:
        """Attributes of ``self`` that live code other than ``get_config`` reads."""
        found: set[str] = set()
        waiting = [part.name for part in self._parts() if not part.name.startswith("_") and part.name != "get_config"]
        methods = {part.name: part for part in self._parts()}
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in methods or name == "get_config":
                continue
            seen.add(name)
            for node in ast.walk(ast.parse(textwrap.dedent("\n".join(self._method(methods[name]))))):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                    found.add(node.attr)
                    waiting.append(node.attr)
        return found

    def lines(self) -> list[str]:
        read = self._read()
        first = self._class.body[0]
        start = min([self._class.lineno, *(d.lineno for d in self._class.decorator_list)])
        found = self._source[start - 1 : first.lineno - 1] if not isinstance(first, ast.FunctionDef) else []
        if not found:
            found = self._source[start - 1 : self._class.lineno]
        before_method = True
        for part in self._class.body:
            if not isinstance(part, ast.FunctionDef):
                found += self._source[part.lineno - 1 : part.end_lineno]
                continue
            is_private = part.name.startswith("_") and not part.name.startswith("__")
            made = [] if is_private and part.name not in read else self._method(part)
            if made:
                found += ["", *made] if before_method else made
        return found

    def _method(self, part: ast.FunctionDef) -> list[str]:
        decorators = [self._source[d.lineno - 1] for d in part.decorator_list]
        if part is self._init:
            body = [statement for statement in part.body if _assigned(statement) not in self._dropped]
            head = self._head(part)
        elif part.name == "get_config":
            return self._config(part)
        else:
            body, head = part.body, self._source[part.lineno - 1 : part.body[0].lineno - 1]
            head = [line for line in head if not line.lstrip().startswith("#")]
        return [*decorators, *head, *self._statements(body, "        ")]

    def _head(self, part: ast.FunctionDef) -> list[str]:
        """The signature of ``__init__`` without removed arguments."""
        arguments = part.args
        last = len(arguments.args) - len(arguments.defaults)
        texts: list[str] = []
        for place, arg in enumerate(arguments.args):
            value = arguments.defaults[place - last] if place >= last else None
            texts += [_argument(arg, value)] if arg.arg not in self._dropped else []
        if any(arg.arg not in self._dropped for arg in arguments.kwonlyargs):
            texts.append("*")
        for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            texts += [_argument(arg, value)] if arg.arg not in self._dropped else []
        if arguments.kwarg:
            texts.append(f"**{_argument(arguments.kwarg, None)}")
        return signature(f"    def __init__({', '.join(texts)}) -> None:")

    def _config(self, part: ast.FunctionDef) -> list[str]:
        """``get_config`` without removed arguments."""
        match part.body:
            case [ast.Return(value=ast.Dict(keys=keys, values=values) as made)]:
                pairs = [
                    (key, value)
                    for key, value in zip(keys, values, strict=True)
                    if not (isinstance(key, ast.Constant) and key.value in self._dropped)
                ]
                if len(pairs) == 1:
                    return []
                if len(pairs) < len(made.keys):
                    changed = ast.Return(ast.Dict([key for key, _ in pairs], [value for _, value in pairs]))
                    return [self._source[part.lineno - 1], *_text(changed, "        ")]
        return self._source[part.lineno - 1 : part.end_lineno]

    def _statements(self, body: Sequence[ast.stmt], indent: str) -> Iterator[str]:
        for statement in body:
            yield from self._statement(statement, indent)
            if self._ends(statement):
                return  # what follows is never reached

    def _ends(self, statement: ast.stmt) -> bool:
        """Whether the statements after a statement are unreachable."""
        if not isinstance(statement, ast.If):
            return isinstance(statement, ast.Return)
        value = _value(statement.test, self._known)
        return value is not _UNKNOWN and any(map(self._ends, statement.body if value else statement.orelse))

    def _statement(self, statement: ast.stmt, indent: str) -> Iterator[str]:
        """A statement, unchanged unless a part of it is decided."""
        if f"self.{_assigned(statement)}" in self._known:
            return
        if isinstance(statement, ast.If):
            value = _value(statement.test, self._known)
            if value is not _UNKNOWN:
                yield from self._statements(statement.body if value else statement.orelse, indent)
                return
        folder = _Folder(self._known, self._passing)
        folded = folder.visit(ast.parse(ast.unparse(statement)).body[0])
        inner = any(
            isinstance(each, ast.If) and _value(each.test, self._known) is not _UNKNOWN for each in ast.walk(statement)
        )
        if not folder.changed and not inner:
            yield from self._original(statement, indent)
        elif isinstance(statement, ast.If):
            assert isinstance(folded, ast.If), "a condition that is not decided"
            yield from _text(ast.If(folded.test, [ast.Pass()], []), indent, heads=1)
            yield from self._statements(statement.body, f"{indent}    ")
            if statement.orelse:
                yield f"{indent}else:"
                yield from self._statements(statement.orelse, f"{indent}    ")
        else:
            yield from _text(folded, indent)

    def _original(self, statement: ast.stmt, indent: str) -> Iterator[str]:
        lines = self._source[statement.lineno - 1 : statement.end_lineno]
        own = len(lines[0]) - len(lines[0].lstrip())
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if is_text and own != len(indent):
            yield from docstring(str(statement.value.value), indent)  # type: ignore[attr-defined]  # a text
            return
        place = statement.lineno - 2
        while self._source[place].lstrip().startswith("#"):
            lines, place = [self._source[place], *lines], place - 1
        if lines[0].lstrip().startswith("elif "):
            lines = [lines[0].replace("elif ", "if ", 1), *lines[1:]]
        for line in lines:
            yield f"{indent}{line[own:]}" if line.strip() else line


def _assigned(statement: ast.stmt) -> str:
    """The attribute of ``self`` that a statement assigns."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
            return name
    return ""


def _argument(arg: ast.arg, value: ast.expr | None) -> str:
    kind = f": {_double(ast.unparse(arg.annotation))}" if arg.annotation else ""
    return f"{arg.arg}{kind}" + (f" = {_double(ast.unparse(value))}" if value else "")


def _text(statement: ast.AST, indent: str, heads: int = 0) -> list[str]:
    """A statement at 88 columns; only the first ``heads`` of its lines, if given."""
    if isinstance(statement, ast.Assign | ast.Return) and isinstance(statement.value, ast.Tuple):
        bare = ", ".join(map(ast.unparse, statement.value.elts))  # Python's own text has brackets around it
        text = ast.unparse(ast.fix_missing_locations(statement)).replace(ast.unparse(statement.value), bare)
        if len(indent) + len(text) <= WIDTH:
            return [f"{indent}{_double(text)}"]
    lines = ast.unparse(ast.fix_missing_locations(statement)).splitlines()
    return [part for line in lines[: heads or None] for part in wrapped(f"{indent}{_double(line)}")]


def _double(text: str) -> str:
    return (text.replace("'", '"') if '"' not in text else text).replace(" ** (-0.5)", "**-0.5")
