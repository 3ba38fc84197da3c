"""The syntax tree as text in which every grouping shows: what the parser tests compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.parser import parse


def declaration(text: str) -> ast.Declaration:
    """The only declaration of a text that parses without a mistake."""
    module, found = parse(SourceFile("<text>", text))
    assert [d.text for d in found] == []
    (only,) = module.declarations
    return only


def expression(text: str) -> str:
    """``1 + 2 * 3`` as ``(1 + (2 * 3))``."""
    let = declaration(f"let x = {text}")
    assert isinstance(let, ast.Let)
    return dump(let.value)


def flow(text: str) -> str:
    """The flow of a body: its steps in ``<`` and ``>``, each tap and claim around its step."""
    block = declaration(f"block A() {{\n{text}\n}}")
    assert isinstance(block, ast.Block)
    return dump(block.body)


def dump(node: Any) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Literal():
            return repr(node.value)
        case ast.Spread():
            return f"...{dump(node.value)}"
        case ast.ListOf():
            return f"[{_all(node.items)}]"
        case ast.Comprehension():
            return f"[{dump(node.element)}{''.join(map(dump, node.clauses))}]"
        case ast.Clause():
            condition = f" if {dump(node.condition)}" if node.condition else ""
            return f" for {_all(node.targets)} in {dump(node.iterable)}{condition}"
        case ast.Table():
            return "table " + "; ".join(" ".join(map(dump, row)) for row in node.rows)
        case ast.Conditional():
            return f"({dump(node.then)} if {dump(node.condition)} else {dump(node.otherwise)})"
        case ast.Logic() | ast.Binary():
            return f"({dump(node.left)} {node.operator} {dump(node.right)})"
        case ast.Not():
            return f"(not {dump(node.value)})"
        case ast.Unary():
            return f"({node.operator}{dump(node.value)})"
        case ast.Compare():
            links = (f" {o} {dump(v)}" for o, v in zip(node.operators, node.operands[1:], strict=True))
            return f"({dump(node.operands[0])}{''.join(links)})"
        case ast.Argument():
            return f"{node.name.id}={dump(node.value)}" if node.name else "..." * node.spread + dump(node.value)
        case ast.Call():
            return f"{dump(node.callee)}({_all(node.arguments)})"
        case ast.Field():
            return f"{dump(node.value)}.{node.name.id}"
        case ast.Item():
            return f"{dump(node.value)}[{dump(node.index)}]"
        case ast.Slice():
            return ":".join("" if part is None else dump(part) for part in (node.start, node.stop, node.step))
        case ast.Body():
            items = [dump(s) for s in node.statements]
            return "{" + "; ".join([*items, *([dump(node.flow)] if node.flow else [])]) + "}"
        case ast.Let():
            return f"let {node.name.id} = {dump(node.value)}"
        case ast.Shared():
            return f"shared {node.name.id} = {dump(node.value)}"
        case ast.Flow():
            return " -> ".join(map(dump, node.steps))
        case ast.Apply():
            arguments = f"({_all(node.arguments)})" if node.arguments is not None else ""
            return f"<{dump(node.target)}{arguments}{_branches(node.branches)}>"
        case ast.Send():
            return f"<ports{_branches(node.branches)}>"
        case ast.Branch():
            return (f"{node.label.id}: " if node.label else "") + dump(node.flow)
        case ast.Several():
            return f"...{dump(node.step)}"
        case ast.Choose():
            otherwise = f" else {dump(node.otherwise)}" if node.otherwise else ""
            return f"if {dump(node.condition)} {dump(node.then)}{otherwise}"
        case ast.Each():
            return f"for {_all(node.targets)} in {dump(node.iterable)} {dump(node.body)}"
        case ast.Repeat():
            index = f" as {node.index.id}" if node.index else ""
            return f"repeat {dump(node.count)}{index} {dump(node.body)}"
        case ast.Nest():
            return dump(node.body)
        case ast.Tap():
            return f"({dump(node.step)} as {node.name.id})"
        case ast.Claim():
            return f"({dump(node.step)} :: {dump(node.shape)})"
        case ast.ShapeOf():
            return f"[{_all(node.dims)}]"
        case ast.Broken():
            return "!"
        case ast.Unknown():
            return "?"
        case ast.Rest():
            return "..."
        case ast.Signature():
            return f"{_ports(node.inputs)} -> {_ports(node.outputs)}"
        case ast.Type():
            return " | ".join(map(dump, node.alternatives))
        case ast.TypeName():
            return node.name + (f"[{dump(node.item)}]" if node.item else "")
        case ast.Param():
            domain = f" in {dump(node.domain)}" if node.domain else ""
            return f"{node.name.id}: {dump(node.type)}{domain}" + (f" = {dump(node.default)}" if node.default else "")
        case _:
            raise AssertionError(f"no dump of {node!r}")


def _all(nodes: Iterable[Any]) -> str:
    return ", ".join(map(dump, nodes))


def _branches(branches: tuple[ast.Branch, ...] | None) -> str:
    return "" if branches is None else f" {{{'; '.join(map(dump, branches))}}}"


def _ports(ports: tuple[ast.Port, ...]) -> str:
    if ports[0].name is None:
        return dump(ports[0].shape)
    shown = (f"{p.key}: {'...' if p.is_open else ''}{dump(p.shape)}" for p in ports)
    return f"({', '.join(shown)})"
