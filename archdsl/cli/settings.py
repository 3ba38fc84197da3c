"""``--set name=value``: values are expressions of the language, read by its own parser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archdsl.cli.exits import Refusal
from archdsl.compiler import Parameter, Program
from archdsl.diagnostics.suggest import did_you_mean
from archdsl.diagnostics.terminal import render
from archdsl.source import SourceFile


def parse(program: Program, model: str, settings: Sequence[str]) -> dict[str, Any]:
    """The parameters that a model is given. Values see the names of the file: ``--set unit=Bottleneck``."""
    known = program.parameters(model)
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name:
            raise Refusal(f"--set {setting}: write `--set name=value`")
        if name not in known:
            raise Refusal(_unknown(model, name, known))
        if name in values:
            raise Refusal(f"--set {name} is given twice")
        values[name] = _value(program, name, text.strip(), known[name])
    return values


def _value(program: Program, name: str, text: str, parameter: Parameter) -> Any:
    if "str" in parameter.type.split(" | ") and not text.startswith('"'):
        return text  # where only a string can be meant, its quotes may be left out: shells take them away
    before = set(program.diagnostics)
    given = program.value(SourceFile(f"--set {name}", f"let {name} = {text}"))
    if given is None:
        found = [d for d in program.diagnostics if d not in before]
        words = render(found[0], colour=False) if found else f"`{text}` is no value"
        raise Refusal(f"--set {name}\n{words}")
    return given


def _unknown(model: str, name: str, known: dict[str, Parameter]) -> str:
    lines = [f"{model} has no parameter `{name}`", *did_you_mean(name, known)]
    if not known:
        return f"{lines[0]}, nor any other"
    listed = "\n".join(
        f"  {key}: {p.type}" + ("" if p.default is None else f" = {p.default}") for key, p in known.items()
    )
    return f"{'; '.join(lines)}\nits parameters are\n{listed}"
