"""Literals, docstrings and type annotations as Python source."""

from __future__ import annotations

import textwrap
from typing import Any

from archdsl.backends.code.parameters import REQUIRED, Parameter
from archdsl.backends.code.terms import same
from archdsl.backends.code.values import Code, Name
from archdsl.backends.code.wrap import WIDTH


def literal(value: Any) -> str:
    """
    >>> literal((1, "a", None, 0.5))
    '(1, "a", None, 0.5)'
    """
    if isinstance(value, Name):
        return value.text
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)


def ranged(made: Code, *, is_wide: bool) -> str:
    """The template of a slice, without ends that equal those of the axis; spaced as Black sets expressions, if wide.

    >>> ranged(Code("{0}[:, {start}:{stop}]", (("start", 0), ("stop", Name("n + 1")))), is_wide=True)
    '{0}[:, : {stop}]'
    """
    given = dict(made.literals)
    start = "" if same(given.get("start"), 0) else "{start}"
    stop = "" if given.get("stop") is None else "{stop}"
    gap = " " if is_wide and (start or stop) else ""
    middle = f"{start}{gap if start else ''}:{gap if stop else ''}{stop}"
    return made.template.replace("{start}:{stop}", middle)


def docstring(text: str, indent: str) -> list[str]:
    """A doc comment as a Python docstring, no wider than code."""
    text = text.replace("\\", "\\\\").replace('"""', "'''").strip()
    text += " " if text.endswith('"') else ""
    options = {"initial_indent": indent, "subsequent_indent": indent, "break_long_words": False}
    first, *rest = (" ".join(part.split()) for part in text.split("\n\n"))
    lines = textwrap.wrap(f'"""{first}', WIDTH, **options)  # type: ignore[arg-type]  # of several types
    if not rest and len(lines) == 1 and len(lines[0]) + 3 <= WIDTH:
        return [f'{lines[0]}"""']
    if len(lines[-1]) + 3 > WIDTH and not rest and len(lines) == 1:
        lines = textwrap.wrap(f'"""{first}', WIDTH - 8, **options)  # type: ignore[arg-type]  # of several types
    for paragraph in rest:
        lines += ["", *textwrap.wrap(paragraph, WIDTH, **options)]  # type: ignore[arg-type]  # of several types
    return [*lines, f'{indent}"""']


def annotation(parameter: Parameter, given: str) -> str:
    """The type annotation of a parameter, from its values. ``given`` is that of a class or function."""
    kinds = dict.fromkeys(_kind(value, given) for value in parameter.values)
    if "float" in kinds and "int" in kinds:
        del kinds["int"]
    if "None" in kinds:
        kinds = {**{kind: None for kind in kinds if kind != "None"}, "None": None}
    return " | ".join(kinds)


def _kind(value: Any, given: str) -> str:
    if isinstance(value, Name):
        return "range" if value.text.startswith("range(") else given
    if isinstance(value, tuple):
        inside = dict.fromkeys(_kind(each, given) for each in value)
        if "float" in inside:
            inside.pop("int", None)
        return f"tuple[{' | '.join(inside) or 'int'}, ...]"
    return "None" if value is None else type(value).__name__


def default(parameter: Parameter) -> str:
    """The default of a parameter as source, after its annotation."""
    return "" if parameter.default is REQUIRED else f" = {literal(parameter.default)}"
