"""Terms as a spec: flows, blocks, tables, the model and its checks. The formatter gives it its lines."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.graph.dims import Shape, show
from archdsl.intake.names import VARIABLES, free
from archdsl.intake.numbers import fraction
from archdsl.intake.rates import rates
from archdsl.intake.repeated import repeated
from archdsl.intake.scope import taps
from archdsl.intake.terms import Hole, Ref, Usual, default, steps_of
from archdsl.ops.base import Op
from archdsl.ops.call import text as literal
from archdsl.ops.registry import OPS

_LINE: Final = 72
"""Characters of a flow within braces up to which it is one line."""
PARAMETER: Final = 1_000_000
"""The height of holes that are parameters of a block."""


@dataclass(frozen=True, slots=True)
class Block:
    """A definition: a flow with holes for its parameters."""

    name: str
    parameters: tuple[str, ...]
    types: tuple[str, ...]
    body: Hashable
    defaults: tuple[Any, ...]
    """Values of parameters that need not be given, ``None`` for the others."""
    doc: str = ""


@dataclass(slots=True)
class Spec:
    """A spec to be written: its declarations in the order of the text."""

    model: str
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    """A single one needs no name."""
    body: Hashable
    shared: Mapping[str, Term] = field(default_factory=dict)
    """The ops and calls of blocks whose weights are shared."""
    blocks: Sequence[Block] = ()
    library: Mapping[str, Block] = field(default_factory=dict)
    """The blocks of the library that are called, by their names."""
    imports: dict[str, list[str]] = field(default_factory=dict)
    """By the name of a module, what is imported from it."""
    head: Sequence[str] = ()
    """Lines of a comment."""
    doc: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    checks: Sequence[str] = ()

    def text(self) -> str:
        """The spec, not yet in its canonical form."""
        return _Writer(self).text()


Scope = dict[int, tuple[str, ...]]
"""For loops by their height, and for parameters, what the holes are called."""


class _Writer:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._blocks = {block.name: block for block in spec.blocks}
        self._tables: dict[str, str] = {}
        """The names of tables by their texts."""
        self._rates = rates([spec.body, *(block.body for block in spec.blocks)])
        self._local: set[str] = set()
        """Names of values in the definition that is being written."""
        self._taken = {block.name for block in spec.blocks} | {spec.model} | {*spec.library}
        texts = [spec.body, *(block.body for block in spec.blocks)]
        values = {name for text in texts for name in taps(text)} | {*spec.inputs, *spec.shared}
        self._ops = repeated(texts, self._taken | values | {p for block in spec.blocks for p in block.parameters})
        """The names of ops that are repeated."""

    def text(self) -> str:
        spec = self._spec
        blocks = [self._block(block) for block in spec.blocks]
        about = ", ".join(f"{name} = {literal(value)}" for name, value in spec.about.items())
        self._local = {*spec.inputs, *spec.shared, *taps(spec.body)}
        shared = [f"shared {name} = {self._step(of, {}, set())}" for name, of in spec.shared.items()]
        body = self._flow(spec.body, {}, set())
        lines = [f"## {spec.doc}"] if spec.doc else []
        lines.append(f"model {spec.model}() :: {ports(spec.inputs)} -> {ports(spec.outputs)} {{")
        if about:
            lines += [f"about {{ {about} }}", ""]
        if shared:
            lines += [*shared, ""]
        model = "\n".join([*lines, body, "}"])
        tables = [f"let {name} = {table}" for table, name in self._tables.items()]
        ops = [f"let {name} = {self._said(step)}" for step, name in self._ops.items()]
        head = "".join(f"# {line}\n" for line in spec.head)
        imports = [f"from {module} import {', '.join(names)}" for module, names in spec.imports.items()]
        parts = [head, "\n".join(imports), "\n".join(ops), *tables, *blocks, model, "\n".join(spec.checks)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _said(self, step: Term) -> str:
        """An op without variables."""
        return self._op(str(step.head[1]), dict(step.children), {}, set())  # type: ignore[index]  # heads are tuples

    def _block(self, block: Block) -> str:
        names = tuple(
            f"{name}: {kind}" + ("" if usual is None else f" = {literal(usual)}")
            for name, kind, usual in zip(block.parameters, block.types, block.defaults, strict=True)
        )
        doc = f"## {block.doc}\n" if block.doc else ""
        self._local = {*block.parameters, *taps(block.body)}
        body = self._flow(block.body, {PARAMETER: block.parameters}, set(block.parameters))
        return f"{doc}block {block.name}({', '.join(names)}) {{\n{body}\n}}"

    # --- flows -------------------------------------------------------------------------------------------------------

    def _inside(self, flow: Hashable, scope: Scope, taken: set[str]) -> str:
        """A flow in braces."""
        said = self._short(flow, scope, taken)
        return f"{{\n{said}\n}}" if "\n" in said else f"{{ {said} }}"

    def _short(self, flow: Hashable, scope: Scope, taken: set[str]) -> str:
        """A flow, in one line if its steps are short."""
        said = self._flow(flow, scope, taken)
        line = said.replace("\n-> ", " -> ")
        return line if "\n" not in line and len(line) <= _LINE else said

    def _flow(self, flow: Hashable, scope: Scope, taken: set[str]) -> str:
        said: list[str] = []
        before: Term | None = None
        steps = steps_of(flow)
        for step, after in zip_longest(steps, steps[1:]):
            if tensors := _flows_given(step):
                said += self._apart(step, tensors, before, said, scope, taken)
            else:
                said.append(self._step(step, scope, taken, after))
            before = step
        return "\n-> ".join(said) or "id"

    def _apart(
        self,
        step: Term,
        tensors: Mapping[str, Term],
        before: Term | None,
        said: list[str],
        scope: Scope,
        taken: set[str],
    ) -> list[str]:
        """A step with tensor arguments that are flows: these come first and get names, as does what the step takes."""
        named = dict(before.children) if before is not None and before.head in (("tap",), ("start",)) else {}
        known = named.get("name", named.get("value"))
        made: list[str] = []
        takes = known.name if isinstance(known, Ref) else self._name("x")
        if not isinstance(known, Ref) and said:
            said[-1] += f" as {takes}"
        elif not isinstance(known, Ref):
            made.append(f"id as {takes}")
        names = {argument: self._name(argument) for argument in tensors}
        for argument, each in tensors.items():
            made.append(f"{self._inside(each, scope, taken)} as {names[argument]}")
        op = _inner(step) if step.head == ("tap",) else step
        plain = Term(op.head, tuple((n, Ref(names[n]) if n in names else c) for n, c in op.children))
        flow = f"{{ {takes} -> {self._step(plain, scope, taken)} }}"
        made.append(flow if op is step else f"{flow} as {self._value(dict(step.children)['name'], scope)}")
        return made

    def _name(self, wanted: str) -> str:
        """A name for a value that is unused in this definition."""
        name = free(wanted, self._local)
        self._local.add(name)
        return name

    def _step(self, step: Term, scope: Scope, taken: set[str], after: Term | None = None) -> str:
        children = dict(step.children)
        match step.head:
            case ("start",):
                return self._value(children.get("value", Ref("id")), scope)
            case ("use", str(name)):
                return name
            case ("tap",):
                return f"{self._step(_inner(step), scope, taken)} as {self._value(children['name'], scope)}"
            case ("claim", str(shape)):
                return f"{self._step(_inner(step), scope, taken)} :: {shape}"
            case ("nest",):
                return self._inside(children["body"], scope, taken)
            case ("ports",):
                flows = (self._short(child, scope, taken) for child in children.values())
                said = "\n".join(f"{label}: {flow}" for label, flow in zip(self._spec.outputs, flows, strict=True))
                return f"ports {{\n{said}\n}}"
            case ("give",):
                names = (self._value(child, scope) for child in children.values())
                return f"ports {{ {'  '.join(f'{name}: {name}' for name in names)} }}"
            case ("residual",):
                drop = children["drop"]
                rate = f"(drop={self._value(drop, scope)})" if drop != 0 else ""
                return f"residual{rate} {self._inside(children['body'], scope, taken)}"
            case ("repeat",):
                count = self._value(children["count"], scope)
                return f"repeat {count} {self._inside(children['body'], scope, taken)}"
            case ("for", tuple() as names, int(height)):
                return self._loop(names, height, children, scope, taken)
            case ("call", str(name)):
                block = self._blocks[name]
                usual = {n: d for n, d in zip(block.parameters, block.defaults, strict=True) if d is not None}
                return name + self._arguments(children, block.parameters[:1], usual, scope)
            case ("std", str(name)):
                block = self._spec.library[name]
                given = {n: v for n, v in children.items() if not isinstance(v, Usual)}
                first = [name for name in block.parameters[:1] if name in given]
                return name + self._arguments(given, first, {}, scope)
            case ("op", str(name)):
                return self._ops.get(step) or self._op(name, children, scope, taken, after)
        raise AssertionError(step.head)

    def _op(
        self,
        name: str,
        children: Mapping[str, Hashable],
        scope: Scope,
        taken: set[str],
        after: Term | None = None,
    ) -> str:
        """An op as a call. A bias is said where the op after it makes it idle, so that it is no oversight."""
        given = {n: v for n, v in children.items() if n in OPS[name].model_fields}
        refers = [self._value(v, scope) for n, v in children.items() if n.startswith("with")]
        tensors = {n: children[n] for n in OPS[name].tensors if n in children}
        inner = [child for n, child in children.items() if n.isdigit()]
        flows = [self._short(child, scope, taken) for child in inner]
        defaults = {n: default(name, n) for n in given}
        if after is not None and _subtracts_mean(after) and "bias" in defaults:
            defaults["bias"] = ...
        said = self._arguments(given | tensors, OPS[name].positional, defaults, scope, refers)
        if not flows:
            return f"{name}{said}"
        labels = self._labels(inner) if name == "add" else [""] * len(flows)
        if not any(labels) and (line := _beside(flows)):
            return f"{name}{said} {line}"
        branches = [f"{label}{flow}" for label, flow in zip(labels, flows, strict=True)]
        return f"{name}{said} {{\n" + "\n".join(branches) + "\n}"

    def _labels(self, flows: Sequence[Hashable]) -> Sequence[str]:
        """What the branches of a sum are called: of two, the one with more ops ``main`` and the other ``skip``."""
        sizes = [self._size(flow) for flow in flows]
        if len(flows) != 2 or sizes[0] == sizes[1] or not all(sizes):
            return [""] * len(flows)
        return ["skip: ", "main: "] if sizes[0] < sizes[1] else ["main: ", "skip: "]

    def _size(self, of: Hashable) -> int:
        """How many ops a term writes, with those of the blocks that it calls."""
        if not isinstance(of, Term):
            return 0
        if of.head[0] == "call":  # type: ignore[index]  # heads are tuples
            return self._size(self._blocks[str(of.head[1])].body)  # type: ignore[index]
        return (of.head[0] in ("op", "residual")) + sum(self._size(child) for _, child in of.children)  # type: ignore[index]

    def _arguments(
        self,
        given: Mapping[str, Hashable],
        positional: Sequence[str],
        defaults: Mapping[str, Any],
        scope: Scope,
        refers: Sequence[str] = (),
    ) -> str:
        said = [*refers]
        nameless = not refers
        for place, (name, value) in enumerate(given.items()):
            usual = defaults.get(name, ...)
            if type(usual) is type(value) and usual == value:
                nameless = False
                continue
            nameless &= name in positional[place : place + 1] and (place == 0 or usual is ...)
            shown = self._value(value, scope)
            said.append(shown if nameless else f"{name}={shown}")
        return f"({', '.join(said)})" if said else ""

    def _value(self, value: Hashable, scope: Scope) -> str:
        if isinstance(value, Usual):
            value = value.value
        if isinstance(value, Ref):
            return f"{value.name}.{value.part}" if value.part else value.name
        if isinstance(value, Term):
            return self._step(value, scope, set())
        if isinstance(value, Hole):
            name = scope[value.height][value.index]
            return name if value.factor == 1 else f"{value.factor} * {name}"
        if self._rates is not None and isinstance(value, float) and value in self._rates.places:
            return self._rates.said(value)
        if isinstance(value, tuple) and (said := self._listed(value)):
            return said
        if isinstance(value, tuple):
            return f"[{', '.join(self._value(each, scope) for each in value)}]"
        if isinstance(value, float) and (said := fraction(value)):
            return said
        return literal(value)  # type: ignore[arg-type]  # a value of a call

    # --- loops -------------------------------------------------------------------------------------------------------

    def _loop(
        self, names: tuple[str, ...], height: int, children: Mapping[str, Hashable], scope: Scope, taken: set[str]
    ) -> str:
        rows, body = children["rows"], children["body"]
        own = tuple(VARIABLES.get(name, name) for name in names)
        if len(names) > 1 and isinstance(rows, tuple) and all(map(_is_plain, rows)):
            table = self._table(own, rows, "stages" if height > 1 else "units")
            row = free(table.rstrip("0123456789").removesuffix("s"), taken)
            inner = self._inside(body, scope | {height: tuple(f"{row}.{name}" for name in own)}, taken | {row})
            return f"for {row} in {table} {inner}"
        called: list[str] = []
        for name in own:
            called.append(free(name, taken | {*called}))
        inner = self._inside(body, scope | {height: tuple(called)}, taken | {*called})
        return f"for {', '.join(called)} in {self._rows(rows, scope)} {inner}"

    def _rows(self, rows: Hashable, scope: Scope) -> str:
        return self._value(rows, scope)

    def _listed(self, values: tuple[Any, ...]) -> str:
        """A list by the rule that makes exactly its numbers; empty if there is none."""
        if self._rates is not None and len(values) > 1 and all(value in self._rates.places for value in values):
            return self._rates.listed(values)
        return _progression(values)

    def _cell(self, value: Any) -> str:
        said = self._value(value, {})
        is_plain = "*" not in said and "(" not in said and not said.startswith("-")
        return said if is_plain else f"({said})"

    def _table(self, names: Sequence[str], rows: Sequence[Any], called: str) -> str:
        lines = ["  ".join(names), *("  ".join(self._cell(value) for value in row) for row in rows)]
        text = "table {\n" + "\n".join(lines) + "\n}"
        if text not in self._tables:
            self._tables[text] = free(called, {*self._tables.values(), *self._taken})
        return self._tables[text]


def _beside(flows: Sequence[str]) -> str:
    """Branches in one line; empty where they are too long for that."""
    said = ", ".join(f"{{ {flow} }}" if " -> " in flow else flow for flow in flows)
    return f"{{ {said} }}" if "\n" not in said and len(said) <= _LINE else ""


def ports(shapes: Mapping[str, Shape]) -> str:
    """The shapes of inputs or outputs as a signature has them, with names where there are several."""
    if len(shapes) == 1:
        return show(next(iter(shapes.values())))
    return f"({', '.join(f'{name}: {show(shape)}' for name, shape in shapes.items())})"


def _inner(step: Term) -> Term:
    """The step within a name or a shape claim."""
    inner = dict(step.children)["of"]
    assert isinstance(inner, Term)
    return inner


def _flows_given(step: Term) -> dict[str, Term]:
    """The tensor arguments of a step that are flows."""
    op = _inner(step) if step.head == ("tap",) else step
    names = OPS[op.head[1]].tensors if op.head[0] == "op" else ()  # type: ignore[index]  # heads are tuples
    return {name: child for name, child in op.children if name in names and isinstance(child, Term)}


def _subtracts_mean(step: Term) -> bool:
    """Whether a step is an op of a kind that may subtract the mean of each channel."""
    is_op = step.head[0] == "op"  # type: ignore[index]  # heads are tuples
    return is_op and OPS[step.head[1]].subtracts_mean is not Op.subtracts_mean  # type: ignore[index]


def _is_plain(value: Any) -> bool:
    """Whether a value has no variable of an enclosing loop."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return not isinstance(value, Hole)


def _progression(values: tuple[Any, ...]) -> str:
    """Numbers at equal distances by the function that makes exactly these; empty if they are none."""
    if len(values) < 4:
        return ""
    if all(type(v) is int for v in values):
        step = values[1] - values[0]
        if step and all(b - a == step for a, b in pairwise(values)):
            return f"range({values[0]}, {values[-1] + (1 if step > 0 else -1)}, {step})"
    if all(type(v) is float for v in values):
        first, last, count = values[0], values[-1], len(values)
        if first != last and all(first + (last - first) * i / (count - 1) == v for i, v in enumerate(values)):
            return f"linspace({literal(first)}, {literal(last)}, {count})"
    return ""
