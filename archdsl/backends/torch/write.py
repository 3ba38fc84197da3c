"""Classes as source."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from archdsl.backends.code import names
from archdsl.backends.code.body import Body, Operand, Step
from archdsl.backends.code.merge import Definition
from archdsl.backends.code.parameters import REQUIRED, Parameter
from archdsl.backends.code.stacks import STACK, stacked
from archdsl.backends.code.terms import CALL as GIVEN
from archdsl.backends.code.terms import EACH, REPEAT, REST, TUPLE, only_row, progression, same
from archdsl.backends.code.text import annotation, default, docstring, literal, ranged
from archdsl.backends.code.values import CALL, DICT, LIST, ORDERED, SEQUENCE, Argument, Make, Name
from archdsl.backends.code.wrap import WIDTH, signature, wrapped
from archdsl.backends.torch.loops import Line, looped
from archdsl.backends.torch.starting import MARK, starts
from archdsl.backends.torch.usual import usual

_INDENT = "    "
_GIVEN = "type[nn.Module]"
"""Of a parameter that is a class."""
_KEYWORDS = {name: place for place, name in enumerate(("stride", "padding", "dilation", "groups", "bias"))}
"""The order that a convolution has them in; others follow as they came."""
_SIZED = frozenset({"torch.zeros", "torch.ones", "torch.empty"})
_PLACED = 3
"""Arguments at most that are written without their names."""
_NESTED = 64
"""How long a line may become by writing one call into another."""


def entries(items: Sequence[tuple[str, str]]) -> str:
    """The entries of a dict display; three or more that are numbered and equal become a comprehension.

    >>> entries([("a", "A()"), *((f"b{i}", "B()") for i in range(3))])
    '"a": A(), **{f"b{i}": B() for i in range(3)}'
    """
    found: list[str] = []
    start = 0
    while start < len(items):
        counted = re.fullmatch(r"(.*\D)(\d+)", items[start][0])
        stem, first = (counted[1], int(counted[2])) if counted else ("", 0)
        end = start + 1
        while counted and end < len(items) and items[end] == (f"{stem}{first + end - start}", items[start][1]):
            end += 1
        if end - start > 2:
            count = f"{first}, {first + end - start}" if first else str(end - start)
            each = f'f"{stem}{{i}}": {items[start][1]} for i in range({count})'
            found.append(each if end - start == len(items) else f"**{{{each}}}")
        else:
            end = start + 1
            found.append(f"{literal(items[start][0])}: {items[start][1]}")
        start = end
    return ", ".join(found)


class Writer:
    """Writes the classes of a file; ``definitions`` are those that may be called."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._parameters: Mapping[str, Sequence[Parameter]] = {d.name: d.parameters for d in definitions}

    def definition(self, made: Definition, ports: Sequence[str] = (), outputs: Sequence[str] = ()) -> list[str]:
        """A class. ``ports`` and ``outputs`` are the names of those of a model."""
        lines = [f"class {made.name}(nn.Module):"]
        if made.doc:
            lines += [*docstring(made.doc, _INDENT), ""]
        forward = self._forward(made, ports, outputs)
        return [*lines, *self._init(made), *forward]

    # --- __init__ ----------------------------------------------------------------------------------------------------

    def _init(self, made: Definition) -> list[str]:
        given = "".join(
            f", {parameter.name}: {annotation(parameter, _GIVEN)}{default(parameter)}" for parameter in made.parameters
        )
        lines = signature(f"{_INDENT}def __init__(self{given}) -> None:")
        body = ["super().__init__()"]
        body += [f"self.{attr} = {text}" for attr, text in made.kept.items()]
        flags = self._flags(made)
        body += [
            f"self.{flag} = {condition}"
            for flag, condition in flags.items()
            if condition != flag or flag not in made.kept
        ]
        conditional = {name: made.module_conditions[name] for name in made.body.attrs if name in made.module_conditions}
        before = ""
        for attr, module in made.body.attrs.items():
            text = f"self.{attr} = {self.expression(module)}"
            condition = conditional.get(attr, "")
            after = starts(f"self.{attr}", module, self.expression)
            if not condition:
                body += [text, *after]
            else:
                if self._is_passed(made, attr):
                    body.append(f"self.{attr} = nn.Identity()")
                if condition != before or self._is_passed(made, attr):
                    body.append(f"if {condition}:")
                body += [f"{_INDENT}{line}" for line in (text, *after)]
            before = condition
        if len(body) == 1 and not given:
            return []
        return [*lines, *(line for text in body for line in wrapped(f"{_INDENT * 2}{text}")), ""]

    def _is_passed(self, made: Definition, attr: str) -> bool:
        """Whether an optional module could be an identity."""
        steps = [(i, step) for i, step in enumerate(made.body.steps) if step.attr.partition("[")[0] == attr]
        return len(steps) == 1 and _is_plain_call(steps[0][1])

    def _flags(self, made: Definition) -> dict[str, str]:
        """Attributes that tell ``forward`` whether a step is executed, by name."""
        found: dict[str, str] = {}
        for place, (condition, _) in made.step_conditions.items():
            step = made.body.steps[place]
            if step.attr and self._is_passed(made, step.attr):
                continue
            name = self._flag(made, condition, found, step)
            found[name] = condition
        return found

    def _flag(self, made: Definition, condition: str, found: Mapping[str, str], step: Step) -> str:
        for kept, text in made.kept.items():
            if text == condition:
                return kept
        for flag, text in found.items():
            if text == condition:
                return flag
        if condition.isidentifier():
            return condition
        words = [part for part in step.tap.split(".") if not part.isdigit()]
        name = f"has_{words[-1] if words else 'step'}"
        while name in found or name in made.kept or name in made.body.attrs:
            name = f"{name}_"
        return name

    def expression(self, term: Argument) -> str:
        """The expression that makes a module."""
        if not isinstance(term, Make):
            return literal(term)
        if term.callee == GIVEN:
            return f"{literal(term.args[0][1])}()"
        if term.callee == REPEAT:
            (_, item), (_, count) = term.args
            return f"*[{self.expression(item)} for _ in range({literal(count)})]"
        if term.callee == EACH:
            (_, item), *columns = term.args
            if (one := only_row(term)) is not None:
                return self.expression(one)
            text = self.expression(item)
            used = [(name, column) for name, column in columns if re.search(rf"\b{name}\b", text)]
            loop = ", ".join(name for name, _ in used or [("_", ())])
            over = ", ".join(literal(progression(column) or column) for _, column in used or columns[:1])
            return f"*[{text} for {loop} in {f'zip({over})' if len(used) > 1 else over}]"
        if term.callee == REST:
            (_, item), (_, count) = term.args
            rest = literal(count - 1) if isinstance(count, int) else f"{literal(count)} - 1"
            return f"*[{self.expression(item)} for _ in range({rest})]"
        if term.callee == SEQUENCE:
            return f"nn.Sequential({', '.join(self.expression(item) for _, item in term.args)})"
        if term.callee == LIST:
            items = [self.expression(item) for _, item in term.args]
            inside = items[0][1:] if len(items) == 1 and items[0].startswith("*[") else f"[{', '.join(items)}]"
            return f"nn.ModuleList({inside})"
        if term.callee in (DICT, ORDERED):
            parts = entries([(name, self.expression(item)) for name, item in term.args if isinstance(item, Make)])
            return f"{'nn.ModuleDict' if term.callee == DICT else 'OrderedDict'}({{{parts}}})"
        if term.callee == TUPLE:
            return literal(tuple(value for _, value in term.args))
        if term.callee in _SIZED and (size := self.expression(term.args[0][1])) != "()" and size.startswith("("):
            return f"{term.callee}({size[1:-1].removesuffix(',')})"
        return f"{term.callee}({', '.join(self._arguments(term))})"

    def _arguments(self, term: Make) -> Iterator[str]:
        values = dict(term.args)
        if term.callee in self._parameters:
            is_placed = True
            for place, parameter in enumerate(self._parameters[term.callee]):
                value = values[parameter.name]
                is_placed = is_placed and place < _PLACED and annotation(parameter, _GIVEN) == "int"
                if parameter.default is REQUIRED:
                    yield literal(value) if is_placed else f"{parameter.name}={literal(value)}"
                elif not same(value, parameter.default):
                    yield f"{parameter.name}={literal(value)}"
            return
        for _, value in term.args[: term.placed]:
            yield self.expression(value)
        for name, value in sorted(term.args[term.placed :], key=lambda arg: _KEYWORDS.get(arg[0], len(_KEYWORDS))):
            if not name.startswith(MARK) and not same(value, usual(term.callee, name, values)):
                yield f"{name}={self.expression(value)}"

    # --- forward -----------------------------------------------------------------------------------------------------

    def _forward(self, made: Definition, ports: Sequence[str], outputs: Sequence[str]) -> list[str]:
        given = names.inputs(made.body, ports)
        stacks = stacked(made.body) if not made.step_conditions else None
        ways = [(made.body, frozenset[int]()), *([stacks] if stacks else [])]
        lines, kind = min((self._steps(made, *way, given, outputs) for way in ways), key=lambda found: len(found[0]))
        arguments = "".join(f", {name}: Tensor" for name in given)
        heading = signature(f"{_INDENT}def forward(self{arguments}) -> {kind}:")
        return heading + [line for text, note in lines for line in _noted(f"{_INDENT * 2}{text}", note)]

    def _steps(
        self, made: Definition, body: Body, pushed: Collection[int], given: Sequence[str], outputs: Sequence[str]
    ) -> tuple[list[Line], str]:
        """The lines of ``forward`` and what it returns. ``pushed`` are steps whose results are pushed on a list."""
        passes = {place: operand for place, (_, operand) in made.step_conditions.items()}
        found = names.variables(body, given, passes)
        flags = self._flags(made)
        lines: list[Line] = []
        before = ""
        for place, step in enumerate(body.steps):
            target = ", ".join(found[result] for result in step.results)
            text = _text(step, found)
            condition = ""
            if place in passes and not (step.attr and self._is_passed(made, step.attr)):
                wanted = made.step_conditions[place][0]
                condition = next(flag for flag, text_ in flags.items() if text_ == wanted)
                passing = found[step.operands[passes[place]].value]
                head = f"if self.{condition}:"
                if passing != target:
                    lines.append((f"{target} = {passing}", ""))
                if passing != target or before != head:
                    lines.append((head, ""))
                lines.append((f"{_INDENT}{target} = {text}", ""))
                before = head
                continue
            before = ""
            if text != target and not names.is_attribute(step, place in passes):
                lines.append((f"{target} = {text}", step.note if outputs else ""))
            if place in pushed:
                lines += [(f"{STACK}: list[Tensor] = []", "")] if place == min(pushed) else []
                lines.append((f"{STACK}.append({target})", ""))
        returned = [_operand(operand, found, given[:1]) for operand in body.returns]
        is_named = [*outputs] not in ([], ["output"])
        if is_named:
            result = "{" + ", ".join(f'"{name}": {text}' for name, text in zip(outputs, returned, strict=True)) + "}"
            kind = "dict[str, Tensor]"
        else:
            result = ", ".join(returned)
            kind = "Tensor" if len(returned) == 1 else f"tuple[{', '.join(['Tensor'] * len(returned))}]"
        lines = _nested(looped(lines, body.attrs, {*found.values()}))
        if lines and not is_named and lines[-1][0].startswith(f"{result} = "):
            lines[-1] = (f"return {lines[-1][0].removeprefix(f'{result} = ')}", lines[-1][1])
        else:
            lines.append((f"return {result}", ""))
        return lines, kind


def _noted(line: str, note: str) -> list[str]:
    if note and len(line) + len(note) + 4 <= WIDTH:
        return [f"{line}  # {note}"]
    return wrapped(line)


def _is_plain_call(step: Step) -> bool:
    return step.code == CALL and len(step.results) == 1 and not step.operands[0].after


def _operand(operand: Operand, found: Mapping[str, str], others: Sequence[str]) -> str:
    text = operand.after
    for place, other in enumerate(others):
        text = text.replace(f"{{{place}}}", other)
    return f"{found[operand.value]}{text}"


def _text(step: Step, found: Mapping[str, str]) -> str:
    """The source of a step's expression."""
    plain = [found[operand.value] for operand in step.operands]
    values = {str(i): _operand(operand, found, plain) for i, operand in enumerate(step.operands)}
    values |= {name: literal(value) for name, value in step.code.literals}
    values["self"] = f"self.{step.attr}"
    is_wide = any(isinstance(value, Name) for _, value in step.code.literals)
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], ranged(step.code, is_wide=is_wide))


_CALL = re.compile(r"(?:self\.[\w.\[\]]+|[a-z]\w*)\((?P<argument>\w+)\)$")


def _nested(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Nests consecutive calls of modules, as far as lines stay short."""
    found: list[tuple[str, str]] = []
    for text, note in lines:
        target, _, value = text.partition(" = ")
        if found and (match := _CALL.match(value)) and not note and not found[-1][1]:
            before, _, inner = found[-1][0].partition(" = ")
            callee = r"[a-z]\w*" if before.startswith(_INDENT) else r"self\.[\w.\[\]]+"
            is_call = re.match(rf"{callee}\(.*\)$", inner) is not None and inner.count("self.") < 3
            if before == target and target.strip() == match["argument"] and is_call:
                joined = f"{target} = {value[: match.start('argument')]}{inner})"
                if len(joined) <= _NESTED:
                    found[-1] = (joined, note)
                    continue
        found.append((text, note))
    return found
