"""Functions as source: each makes layers, named with the prefix that it is given, and calls them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from archdsl.backends.code import names
from archdsl.backends.code.body import Operand, Step
from archdsl.backends.code.merge import Definition
from archdsl.backends.code.parameters import REQUIRED
from archdsl.backends.code.stacks import STACK, stacked
from archdsl.backends.code.terms import CALL as GIVEN
from archdsl.backends.code.terms import EACH, REPEAT, REST, TUPLE, progression, same
from archdsl.backends.code.text import annotation, default, docstring, literal, ranged
from archdsl.backends.code.values import LIST, SEQUENCE, Argument, Make, Name
from archdsl.backends.code.wrap import WIDTH, signature, wrapped
from archdsl.backends.python.dialect import REPEAT as REPEATED
from archdsl.backends.python.loops import INDICES, looped
from archdsl.backends.python.usual import usual
from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens

_INDENT = "    "
_PLACED = 3
"""Arguments at most that are written without their names."""
_GIVEN = "Callable"
"""The type of a parameter that makes a layer."""
_SPARE = ("x", "y", "branch")
_CHANNELS = "in_channels"

Line = tuple[str, str]
"""A statement, and what is said beside it."""


def inputs(model: Definition, graph: Graph) -> list[str]:
    """The variables of a model's inputs."""
    ports = [port.name for port in graph.inputs]
    return ["inputs"] if len(ports) == 1 else names.inputs(model.body, ports)


class Writer:
    """Writes the functions of a file: ``definitions`` are all, ``functions`` their names, ``reserved`` other names."""

    def __init__(
        self, definitions: Sequence[Definition], functions: Mapping[str, str], reserved: Collection[str]
    ) -> None:
        self._reserved = reserved
        self._definitions = {made.name: made for made in definitions}
        self._functions = functions
        self._named = {name: self._has_names(made) for name, made in self._definitions.items()}

    def function(self, made: Definition) -> list[str]:
        """The function of a block."""
        parameters = {p.name for p in made.parameters}
        given = [f"{name}_in" if name in parameters else name for name in names.inputs(made.body)]
        arguments = [f"{name}: KerasTensor" for name in given]
        arguments += [f"{p.name}: {annotation(p, _GIVEN)}{default(p)}" for p in made.arguments]
        if self._named[made.name]:
            arguments += ["*", "name: str"]
        count = len(made.body.returns)
        kind = "KerasTensor" if count == 1 else f"tuple[{', '.join(['KerasTensor'] * count)}]"
        lines = signature(f"def {self._functions[made.name]}({', '.join(arguments)}) -> {kind}:")
        lines += docstring(made.doc, _INDENT) if made.doc else []
        return lines + self._body(made, given, "{name}.", ", ".join)

    def model(self, made: Definition, graph: Graph) -> list[str]:
        """The function that builds the model."""
        given = inputs(made, graph)
        lines = [f"def {made.name}() -> keras.Model:", *(docstring(made.doc, _INDENT) if made.doc else [])]
        whole = tokens(graph)
        for port, variable in zip(graph.inputs, given, strict=True):
            shape = literal(tuple(dim if isinstance(dim, int) else None for dim in port.shape))
            kind = ', dtype="int32"' if port.name in whole else ""
            lines += wrapped(f'{_INDENT}{variable} = keras.Input({shape}{kind}, name="{port.name}")')
        outputs = [port.name for port in graph.outputs]

        def result(returned: Sequence[str]) -> str:
            if outputs == ["output"]:
                made_of = returned[0]
            else:
                pairs = zip(outputs, returned, strict=True)
                made_of = "{" + ", ".join(f'"{name}": {text}' for name, text in pairs) + "}"
            taken = given[0] if len(given) == 1 else f"[{', '.join(given)}]"
            return f'keras.Model({taken}, {made_of}, name="{graph.name}")'

        return lines + self._body(made, given, "", result)

    def _body(
        self, made: Definition, given: Sequence[str], prefix: str, result: Callable[[Sequence[str]], str]
    ) -> list[str]:
        """The lines of a function. ``result`` writes its return statement."""
        ways = [(made, frozenset[int]())]
        if not made.step_conditions and (stacks := stacked(made.body)):
            ways.append((replace(made, body=stacks[0]), stacks[1]))
        return min((_Body(self, way, pushed, given, prefix).lines(result) for way, pushed in ways), key=len)

    # --- what bodies ask ---

    def is_function(self, callee: str) -> bool:
        return callee in self._functions

    def taken(self) -> set[str]:
        """Names that variables may not have."""
        return {*self._functions.values(), *self._reserved, "name", "any", "enumerate", *INDICES}

    def given_is_function(self, made: Definition, name: str) -> bool:
        """Whether a parameter is a function of the file and not a layer."""
        values = next((p.values for p in made.parameters if p.name == name), ())
        return any(isinstance(value, Name) and value.text in self._functions for value in values)

    def _has_names(self, made: Definition) -> bool:
        """Whether the function makes anything that is named."""
        return any(map(self._has_name, made.body.attrs.values()))

    def _has_name(self, term: Argument) -> bool:
        if not isinstance(term, Make):
            return False
        if term.callee in (SEQUENCE, LIST, REPEAT, REST, EACH):
            return any(self._has_name(inner) for _, inner in term.args)
        return term.callee not in self._definitions or self._has_names(self._definitions[term.callee])

    def value(self, term: Argument) -> str:
        """An argument."""
        if isinstance(term, Name) and term.text in self._functions:
            return self._functions[term.text]
        if not isinstance(term, Make):
            return literal(term)
        if term.callee == TUPLE:
            items = [self.value(item) for _, item in term.args]
            return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
        return f"{term.callee}({', '.join(self.arguments(term))})"

    def arguments(self, term: Make) -> Iterator[str]:
        values = dict(term.args)
        if term.callee not in self._definitions:
            for place, (name, value) in enumerate(term.args):
                if place < term.placed:
                    yield self.value(value)
                elif not same(value, usual(term.callee, name, values)):
                    yield f"{name}={self.value(value)}"
            return
        made = self._definitions[term.callee]
        is_placed = True
        for place, parameter in enumerate(made.arguments):
            value = values[parameter.name]
            is_placed = is_placed and place < _PLACED and annotation(parameter, _GIVEN) == "int"
            if parameter.default is REQUIRED:
                yield self.value(value) if is_placed else f"{parameter.name}={self.value(value)}"
            elif not same(value, parameter.default):
                yield f"{parameter.name}={self.value(value)}"

    def is_named(self, callee: str) -> bool:
        """Whether a layer or function takes a name."""
        return self._named.get(callee, True)


class _Body:
    """The lines of one function."""

    def __init__(
        self, writer: Writer, made: Definition, pushed: Collection[int], given: Sequence[str], prefix: str
    ) -> None:
        """``pushed`` are steps whose results are pushed on a list."""
        self._writer = writer
        self._made = made
        self._pushed = pushed
        self._given = given
        self._prefix = prefix
        self._passes = {place: operand for place, (_, operand) in made.step_conditions.items()}
        parameters = {p.name for p in made.parameters}
        self._taken = writer.taken() | parameters
        self._found = names.variables(
            made.body,
            given,
            self._passes,
            spare=_SPARE,
            taken=self._taken,
            keeps_inputs=not prefix,
        )
        self._indices = [index for index in INDICES if index not in parameters]
        uses = Counter(step.attr for step in made.body.steps if step.attr)
        self._shared = {attr: self._variable(attr) for attr, count in uses.items() if count > 1}
        """Layers that are called more than once, and the variables that have them."""

    def _variable(self, attr: str) -> str:
        name = re.sub(r"\W+", "_", attr).strip("_")
        return f"{name}_layer" if not name.endswith("layer") else name

    def lines(self, result: Callable[[Sequence[str]], str]) -> list[str]:
        body = self._made.body
        lines: list[Line] = []
        if len(self._made.arguments) < len(self._made.parameters):
            lines.append((f"{_CHANNELS} = {self._given[0]}.shape[-1]", ""))
        made: set[str] = set()
        before = ""
        for place, step in enumerate(body.steps):
            target = ", ".join(self._found[value] for value in step.results)
            if step.attr in self._shared and step.attr not in made:
                made.add(step.attr)
                lines.append((f"{self._shared[step.attr]} = {self._layer(step.attr)}", ""))
            own = self._step(step, target)
            if place not in self._passes:
                before = ""
                if own[-1][0] != f"{target} = {target}":
                    note = step.note if not self._prefix else ""
                    lines += [*own[:-1], (own[-1][0], note if not own[-1][0].startswith(" ") else "")]
                if place in self._pushed:
                    lines += [(f"{STACK} = []", "")] if place == min(self._pushed) else []
                    lines.append((f"{STACK}.append({target})", ""))
                continue
            passing = self._found[step.operands[self._passes[place]].value]
            head = f"if {self._made.step_conditions[place][0]}:"
            if passing != target:
                lines.append((f"{target} = {passing}", ""))
            if passing != target or before != head:
                lines.append((head, ""))
            lines += [(f"{_INDENT}{text}", "") for text, _ in own]
            before = head
        returned = [self._operand(operand, self._given[:1]) for operand in body.returns]
        text = result(returned)
        lines = looped(lines, self._taken | {*self._found.values()})
        if lines and lines[-1][0].startswith(f"{text} = "):
            lines[-1] = (f"return {lines[-1][0].removeprefix(f'{text} = ')}", lines[-1][1])
        else:
            lines.append((f"return {text}", ""))
        return [line for text, note in lines for line in _noted(f"{_INDENT}{text}", note)]

    # --- steps -------------------------------------------------------------------------------------------------------

    def _operand(self, operand: Operand, others: Sequence[str]) -> str:
        text = self._found[operand.value]
        if not operand.after:
            return text
        place = int(operand.after.removeprefix(REPEATED).strip("{}"))
        return f"Repeat()([{text}, {others[place]}])"

    def _step(self, step: Step, target: str) -> list[Line]:
        plain = [self._found[operand.value] for operand in step.operands]
        operands = [self._operand(operand, plain) for operand in step.operands]
        module = self._module(step.attr) if step.attr else None
        if module is not None and module.callee == SEQUENCE:
            return [(text, "") for text in self._sequence(module, module.path, operands[0], target, 0)]
        values = {str(i): text for i, text in enumerate(operands)}
        values |= {name: literal(value) for name, value in step.code.literals}
        is_wide = any(isinstance(v, Name) and not v.text.isidentifier() for _, v in step.code.literals)
        template = ranged(step.code, is_wide=is_wide)
        if module is not None and self._is_function(module):
            return [(f"{target} = {self._call(module, module.path, operands)}", "")]
        if module is not None:
            values["self"] = self._shared.get(step.attr) or self._layer(step.attr)
        before: list[Line] = []
        inner = _INNER.fullmatch(template)
        if inner is not None:  # what is done before has a line of its own
            before = [(f"{target} = {_filled(inner[1], values)}", "")]
            template, values["0"] = "{self}({0})", target
        return [*before, (f"{target} = {_filled(template, values)}", "")]

    def _module(self, attr: str) -> Make:
        name, _, index = attr.rstrip("]").partition("[")
        made = self._made.body.attrs[name]
        if not index:
            return made
        assert made.callee == LIST, "what has places is a list"
        item = made.args[int(index)][1]
        assert isinstance(item, Make), "a list of modules"
        return item

    def _layer(self, attr: str) -> str:
        module = self._module(attr)
        return self._made_layer(module, module.path)

    def _is_function(self, module: Make) -> bool:
        if module.callee == GIVEN:
            name = module.args[0][1]
            return isinstance(name, Name) and (
                self._writer.given_is_function(self._made, name.text) or self._writer.is_function(name.text)
            )
        return self._writer.is_function(module.callee)

    def _made_layer(self, module: Make, path: str) -> str:
        """A call that makes a layer."""
        if module.callee == GIVEN:
            return f"{literal(module.args[0][1])}(name={self._name(path)})"
        arguments = [*self._writer.arguments(module), f"name={self._name(path)}"]
        return f"{module.callee}({', '.join(arguments)})"

    def _call(self, module: Make, path: str, operands: Sequence[str]) -> str:
        """A call of a function."""
        named = [f"name={self._name(path)}"] if self._writer.is_named(module.callee) else []
        if module.callee == GIVEN:
            return f"{self._writer.value(module.args[0][1])}({', '.join([*operands, *named])})"
        function = self._writer.value(Name(module.callee))
        return f"{function}({', '.join([*operands, *self._writer.arguments(module), *named])})"

    def _name(self, path: str) -> str:
        if not path:
            return "name"
        text = f"{self._prefix}{path}"
        return f'f"{text}"' if "{" in text else f'"{text}"'

    # --- sequences ---------------------------------------------------------------------------------------------------

    def _sequence(self, made: Make, path: str, source: str, target: str, depth: int) -> Iterator[str]:
        """Modules in sequence; repeated ones in a loop."""
        place, current = 0, source
        for _, item in made.args:
            assert isinstance(item, Make), "a sequence of modules"
            if item.callee in (REPEAT, REST, EACH) and current != target:
                yield f"{target} = {current}"
            if item.callee in (REPEAT, REST):
                (_, inner), (_, count) = item.args
                less = place if item.callee == REPEAT else place - 1
                stop = _sum(count, less)
                index = self._indices[depth]
                yield f"for {index} in range({place}, {stop}):" if place else f"for {index} in range({stop}):"
                yield from self._round(inner, path, target, index, depth)
                place += less + count - place if isinstance(count, int) else 0
            elif item.callee == EACH:
                (_, inner), *columns = item.args
                index = self._indices[depth]
                yield f"for {_each(index, columns, place)}:"
                yield from self._round(inner, path, target, index, depth)
                place += len(columns[0][1]) if isinstance(columns[0][1], tuple) else 0
            else:
                inner_path = _below(path, item.path.replace("{i}", str(place)))
                yield from self._applied(item, inner_path, current, target, depth)
                place += 1
            current = target

    def _round(self, inner: Argument, path: str, target: str, index: str, depth: int) -> Iterator[str]:
        assert isinstance(inner, Make), "a module is repeated"
        inner_path = _below(path, inner.path.replace("{i}", f"{{{index}}}"))
        for text in self._applied(inner, inner_path, target, target, depth + 1):
            yield f"{_INDENT}{text}"

    def _applied(self, module: Make, path: str, source: str, target: str, depth: int) -> Iterator[str]:
        if module.callee == SEQUENCE:
            yield from self._sequence(module, path, source, target, depth)
        elif self._is_function(module):
            yield f"{target} = {self._call(module, path, [source])}"
        else:
            yield f"{target} = {self._made_layer(module, path)}({source})"


_INNER = re.compile(r"\{self\}\((\w.*)\)")
"""A layer that is called on what another one gives."""


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)


def _below(path: str, name: str) -> str:
    return ".".join(filter(None, (path, name)))


def _sum(count: Argument, less: int) -> str:
    if isinstance(count, int):
        return str(count + less)
    sign = f" {'+' if less > 0 else '-'} {abs(less)}" if less else ""
    return f"{literal(count)}{sign}"


def _each(index: str, columns: Sequence[tuple[str, Argument]], start: int) -> str:
    """The head of a loop over rows of columns, with their index."""
    variables = ", ".join(name for name, _ in columns)
    over = ", ".join(literal(progression(column) or column) for _, column in columns)
    rows = f"zip({over})" if len(columns) > 1 else over
    row = f"({variables})" if len(columns) > 1 else variables
    return f"{index}, {row} in enumerate({rows}{f', {start}' if start else ''})"


def _noted(line: str, note: str) -> list[str]:
    if note and len(line) + len(note) + 4 <= WIDTH:
        return [f"{line}  # {note}"]
    return wrapped(line)
