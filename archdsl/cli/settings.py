"""``--set name=value``: values are expressions of the language, parsed as such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from archdsl.cli.exits import Refusal
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.diagnostics.suggest import did_you_mean
from archdsl.elaborate.values import Given
from archdsl.parameters import Parameter
from archdsl.source import SourceFile

_SET: Final = "--set"
OVER: Final = "--over"
"""How the names of sources start that are no files: the options that values are given by."""


def parse(program: Program, model: str, settings: Sequence[str]) -> dict[str, Any]:
    """The arguments of a model. Values see the names of the file: ``--set unit=Bottleneck``."""
    known = program.parameters(model)
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name:
            raise Refusal(f"--set {setting}: write `--set name=value`")
        if name not in known:
            raise Refusal(unknown(model, name, known))
        if name in values:
            raise Refusal(f"--set {name} is given twice")
        values[name] = _value(program, name, text.strip(), known[name])
    return values


def _value(program: Program, name: str, text: str, parameter: Parameter) -> Any:
    if "str" in parameter.type.split(" | ") and not text.startswith('"'):
        return text  # where only a string can be meant, its quotes may be left out: shells take them away
    return expression(program, _SET, name, text)


def expression(program: Program, option: str, name: str, text: str) -> Given:
    """The value of an option's expression. It sees the names of the program."""
    source = SourceFile(f"{option} {name}", f"let {name} = {text}")
    given = program.value(source)
    if given is None:
        found = [d for d in program.diagnostics if d.span.source is source]
        raise ArchError(found) if found else Refusal(f"{option} {name}: `{text}` is not one value")
    return given


def is_setting(source: SourceFile) -> bool:
    """Whether a diagnostic is about the command line."""
    return source.name.startswith((f"{_SET} ", f"{OVER} "))


def unknown(model: str, name: str, known: dict[str, Parameter]) -> str:
    """The message for a parameter that a model does not have."""
    lines = [f"{model} has no parameter `{name}`", *did_you_mean(name, known)]
    if not known:
        return f"{lines[0]}, nor any other"
    listed = "\n".join(
        f"  {key}: {p.type}" + ("" if p.default is None else f" = {p.default}") for key, p in known.items()
    )
    return f"{'; '.join(lines)}\nits parameters are\n{listed}"
