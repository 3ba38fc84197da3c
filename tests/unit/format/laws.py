"""What holds of the canonical form of every text."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from archdsl.format import format_text
from archdsl.source import SourceFile
from archdsl.syntax import ast, parser, tables
from archdsl.syntax.lexer import scan

_FREE = {"NEWLINE", "COMMA", "$END"}


def formatted(text: str) -> str:
    """The form of a text, which has been held to the laws of all texts."""
    made = format_text(text).text
    assert words(made) == words(text)
    assert comments(made) == comments(text)
    assert made == "" or (made.endswith("\n") and not made.endswith("\n\n"))
    return made


def sound(text: str) -> str:
    """The form of a text without mistakes, which means the same and is its own form."""
    made = formatted(text)
    assert meaning(made) == meaning(text)
    assert format_text(made).text == made
    assert all(line == line.rstrip() for line in made.split("\n"))
    assert format_text(text).left == ()
    return made


def words(text: str) -> list[str]:
    """The tokens that the form may not touch."""
    return [token.text for token in _lexed(text).tokens if token.type not in _FREE]


def comments(text: str) -> Counter[str]:
    """What stands in comments. Several in the midst of a line become one."""
    found = (comment.text.replace("#", " ").split() for comment in _lexed(text).comments)
    return Counter(word for each in found for word in each)


def _lexed(text: str) -> Any:
    return scan(re.sub(r"\r+(\n|\Z)", r"\1", text), tables.load())


def is_sound(text: str) -> bool:
    return not parser.parse(SourceFile("<text>", text))[1]


def meaning(text: str) -> Any:
    """The AST without its spans."""
    module, found = parser.parse(SourceFile("<text>", text))
    assert found == ()
    return _bare(module.declarations)


def _bare(value: Any) -> Any:
    if isinstance(value, ast.Node):
        return type(value), *(_bare(getattr(value, name)) for name in value.fields if name not in ("span", "place"))
    return tuple(map(_bare, value)) if isinstance(value, tuple) else value
