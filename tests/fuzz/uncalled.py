"""Mistakes planted in blocks and functions that nothing calls: each is one, as a call that the file had shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final, NamedTuple
from unittest.mock import patch

from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic
from archdsl.elaborate.builtins import FUNCTIONS
from archdsl.ops.registry import OPS
from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.parser import parse
from archdsl.syntax.walk import walk
from tests.fuzz.corpus import ROOT, MemoryLoader

Definition = ast.Block | ast.Function
SPECS: Final = [*sorted((ROOT / "specs").glob("*.arch")), *sorted((ROOT / "archdsl" / "std").glob("*.arch"))]


class Plant(NamedTuple):
    """A change of a text at a place."""

    start: int
    end: int
    replacement: str

    def into(self, text: str) -> str:
        return text[: self.start] + self.replacement + text[self.end :]


def _over(node: ast.Node, replacement: str) -> Plant:
    return Plant(node.span.start, node.span.end, replacement)


def _after(node: ast.Node, addition: str) -> Plant:
    return Plant(node.span.end, node.span.end, addition)


# --- kinds of mistakes ------------------------------------------------------------------------------------------------


def _arguments(decl: Definition) -> Iterator[ast.Argument]:
    return (n for n in walk(decl) if isinstance(n, ast.Argument) and not n.spread)


def _calls(decl: Definition) -> Iterator[ast.Apply | ast.Call]:
    return (n for n in walk(decl) if isinstance(n, ast.Apply | ast.Call) and n.arguments)


def _applied(decl: Definition) -> Iterator[ast.Apply]:
    return (n for n in walk(decl) if isinstance(n, ast.Apply) and isinstance(n.target, ast.Name))


def _dims(decl: Definition) -> Iterator[ast.Node]:
    """What a signature or a claim states, in outputs."""
    for node in walk(decl):
        if isinstance(node, ast.Claim):
            yield from node.shape.dims
        elif isinstance(node, ast.Signature):
            yield from (dim for port in node.outputs for dim in port.shape.dims)


def argument_name(decl: Definition) -> Iterator[Plant]:
    return (_over(a.name, f"{a.name.id}zz") for a in _arguments(decl) if a.name)


def argument_string(decl: Definition) -> Iterator[Plant]:
    return (_over(a.value, '"wide"') for a in _arguments(decl))


def argument_list(decl: Definition) -> Iterator[Plant]:
    return (_over(a.value, f"[[{a.value.span.text}]]") for a in _arguments(decl))


def argument_bound(decl: Definition) -> Iterator[Plant]:
    return (_over(a.value, "-3") for a in _arguments(decl))


def argument_more(decl: Definition) -> Iterator[Plant]:
    return (Plant(c.span.end - 1, c.span.end - 1, ", 1, 1, 1, 1") for c in _calls(decl) if c.span.text.endswith(")"))


def argument_lost(decl: Definition) -> Iterator[Plant]:
    for call in _calls(decl):
        for one, other in zip(call.arguments or (), (call.arguments or ())[1:], strict=False):
            yield Plant(one.span.start, other.span.start, "")


def operand(decl: Definition) -> Iterator[Plant]:
    return (_over(n.right, '"a"') for n in walk(decl) if isinstance(n, ast.Binary))


def comparison(decl: Definition) -> Iterator[Plant]:
    return (
        _over(n.operands[-1], "[1]") for n in walk(decl) if isinstance(n, ast.Compare) and "=" not in n.operators[0]
    )


def condition(decl: Definition) -> Iterator[Plant]:
    found = (n.condition for n in walk(decl) if isinstance(n, ast.Choose | ast.Conditional))
    return (_over(n, "(2 + 1)") for n in found)


def branches(decl: Definition) -> Iterator[Plant]:
    names = [n for n in _applied(decl) if n.branches is None and n.target.span.text in OPS]
    return (_after(n, " { id }") for n in names if not OPS[n.target.span.text].joins)


def join_alone(decl: Definition) -> Iterator[Plant]:
    for node in _applied(decl):
        if node.branches and node.target.span.text in OPS:
            yield _over(node, node.target.span.text)


def after_ports(decl: Definition) -> Iterator[Plant]:
    return (_after(n, " -> relu") for n in walk(decl) if isinstance(n, ast.Send))


def label(decl: Definition) -> Iterator[Plant]:
    return (
        _over(b.label, f"{b.label.id}x") for n in walk(decl) if isinstance(n, ast.Send) for b in n.branches if b.label
    )


def dimension_more(decl: Definition) -> Iterator[Plant]:
    return (_after(dim, " + 1") for dim in _dims(decl) if not isinstance(dim, ast.Rest | ast.Unknown))


def dimension_half(decl: Definition) -> Iterator[Plant]:
    return (_over(d, f"({d.span.text}) / 2") for d in _dims(decl) if not isinstance(d, ast.Rest | ast.Unknown))


def dimension_lost(decl: Definition) -> Iterator[Plant]:
    for node in walk(decl):
        shapes = [node.shape] if isinstance(node, ast.Claim) else []
        shapes += [port.shape for port in node.outputs] if isinstance(node, ast.Signature) else []
        for shape in shapes:
            if len(shape.dims) > 1:
                yield Plant(shape.dims[0].span.start, shape.dims[1].span.start, "")


def collapse(decl: Definition) -> Iterator[Plant]:
    steps = (step for n in walk(decl) if isinstance(n, ast.Flow) for step in n.steps[:-1])
    return (_after(step, " -> global_avg_pool") for step in steps)


def step_lost(decl: Definition) -> Iterator[Plant]:
    for node in walk(decl):
        if isinstance(node, ast.Flow):
            for one, other in zip(node.steps, node.steps[1:], strict=False):
                yield Plant(one.span.start, other.span.start, "")


def stride(decl: Definition) -> Iterator[Plant]:
    named = (a for a in _arguments(decl) if a.name and a.name.id == "stride")
    return (_over(a.value, f"2 * ({a.value.span.text})") for a in named)


def width(decl: Definition) -> Iterator[Plant]:
    first = (c.arguments[0] for c in _calls(decl) if isinstance(c, ast.Apply) and c.arguments)
    return (_over(a.value, f"{a.value.span.text} + 1") for a in first if a.name is None and not a.spread)


def field(decl: Definition) -> Iterator[Plant]:
    return (_after(n, "zz") for n in walk(decl) if isinstance(n, ast.Field))


def index(decl: Definition) -> Iterator[Plant]:
    return (_over(n.index, '"0"') for n in walk(decl) if isinstance(n, ast.Item) and not isinstance(n.index, ast.Slice))


def function_argument(decl: Definition) -> Iterator[Plant]:
    for node in walk(decl):
        if isinstance(node, ast.Call) and node.callee.span.text in FUNCTIONS and node.arguments:
            yield _over(node.arguments[0].value, "relu")


def default(decl: Definition) -> Iterator[Plant]:
    return (_over(p.default, "[relu]") for p in decl.params if p.default)


def parameter_type(decl: Definition) -> Iterator[Plant]:
    return (_over(p.type, "str" if p.type.span.text != "str" else "int") for p in decl.params)


def count(decl: Definition) -> Iterator[Plant]:
    return (_over(n.count, '"3"') for n in walk(decl) if isinstance(n, ast.Repeat))


def callee(decl: Definition) -> Iterator[Plant]:
    return (_over(n.target, f"{n.target.span.text}zz") for n in _applied(decl))


KINDS: Final[Sequence[Callable[[Definition], Iterator[Plant]]]] = (
    *(argument_name, argument_string, argument_list, argument_bound, argument_more, argument_lost),
    *(operand, comparison, condition, branches, join_alone, after_ports, label),
    *(dimension_more, dimension_half, dimension_lost, collapse, step_lost, stride, width),
    *(field, index, function_argument, default, parameter_type, count, callee),
)


# --- what is told of them ---------------------------------------------------------------------------------------------


class Spec(NamedTuple):
    """A sound file, and the same without anything that calls what it defines."""

    name: str
    called: str
    uncalled: str
    definitions: tuple[Definition, ...]


def read(path: Path) -> Spec:
    text = path.read_text("utf-8")
    tree, problems = parse(SourceFile(path.name, text))
    assert not problems
    uncalled, definitions = text, list[Definition]()
    for decl in tree.declarations:
        if isinstance(decl, ast.Check | ast.Variant) or (isinstance(decl, ast.Block) and decl.is_model):
            blank = "".join(c if c == "\n" else " " for c in decl.span.text)
            uncalled = _over(decl, blank).into(uncalled)
        elif isinstance(decl, Definition):
            definitions.append(decl)
    return Spec(path.name, text, uncalled, tuple(definitions))


def errors(text: str, *, by_calls: bool = False) -> list[Diagnostic]:
    """The errors of a text; ``by_calls`` those alone that a call shows."""
    program = Program(SourceFile("<text>", text), MemoryLoader({}))
    if by_calls:
        with patch("archdsl.compiler.check_definitions"):
            program.check()
    else:
        program.check()
    return [found for found in program.diagnostics if found.is_error]


class Share(NamedTuple):
    """How many mistakes of each kind were planted, and how many of them were told of."""

    planted: Counter[str]
    found: Counter[str]
    missed: list[str]

    @property
    def total(self) -> float:
        return self.found.total() / self.planted.total()


def share(rounds: int, seed: int) -> Share:
    """Plants ``rounds`` mistakes, one a text."""
    random, result = Random(seed), Share(Counter(), Counter(), [])
    specs = [spec for spec in map(read, SPECS) if spec.definitions]
    while result.planted.total() < rounds:
        spec, kind = random.choice(specs), random.choice(KINDS)
        decl = random.choice(spec.definitions)
        plants = [*kind(decl)]
        if not plants:
            continue
        plant = random.choice(plants)
        end = decl.span.end + len(plant.replacement) - (plant.end - plant.start)
        told = errors(plant.into(spec.called), by_calls=True)
        if not any(decl.span.start <= found.span.start < end for found in told):
            continue  # no mistake, or one of whoever calls it: a figure, an argument
        result.planted[kind.__name__] += 1
        if errors(plant.into(spec.uncalled)):
            result.found[kind.__name__] += 1
        else:
            line = spec.called.count("\n", 0, plant.start) + 1
            written = " ".join(spec.called[plant.start : plant.end].split())
            result.missed.append(f"{kind.__name__}: {spec.name}:{line}: `{written}` -> `{plant.replacement}`")
    return result
