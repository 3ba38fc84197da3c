"""The automaton's tables: generated from the grammar by Lark, cached in ``tables.json``.

``python -m archdsl.syntax.tables`` remakes them; a test fails when they are older than the grammar. When the kept
tables do not fit, because the grammar was edited, they are made on the spot, which takes 0.3 s and needs Lark.
"""

from __future__ import annotations

import hashlib
import json
import pkgutil
import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from archdsl import resources


class Rule(NamedTuple):
    """One alternative of a rule of the grammar."""

    origin: str
    size: int
    """Symbols on its right side."""
    inlined: tuple[int, ...]
    """Which of them are rules whose name starts with ``_``: their children become children of this one."""
    is_unit: bool
    """Whether it only passes on what its one symbol stands for."""


class Tables:
    """An LALR(1) automaton and the lexer that goes with it."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.states: list[dict[str, int]] = kept["states"]
        """For each state: by a symbol the state to go to or, below zero, ``~rule``, the rule to reduce by."""
        self.rules = [Rule(origin, size, tuple(inlined), bool(unit)) for origin, size, inlined, unit in kept["rules"]]
        self.values = frozenset(rule.origin for rule in self.rules if not rule.is_unit and rule.origin[0] != "_")
        """The rules of which something is made; the children of others become those of the rule around them."""
        self.start: int = kept["start"]
        self.end: int = kept["end"]
        """The state in which a text is read to its end."""
        self.keywords: dict[str, str] = kept["keywords"]
        """Types of tokens that are spelt like a ``NAME``, by their text."""
        self.spelling: dict[str, str] = kept["spelling"]
        """The text of tokens that have only one, by their type."""
        self.terminals: str = kept["terminals"]
        self.ignored: str = kept["ignored"]
        self.passed: dict[tuple[int, int, str], int] = {}
        """Where units lead: by the state below, the state after them, and the type of the next token."""

    def begins_declaration(self, state: int) -> bool:
        """Whether a declaration begins in a state, so that an unparsable one may stand there."""
        return "broken_declaration" in self.states[state]

    @cached_property
    def scanner(self) -> re.Pattern[str]:
        """Matches a token, named by its type, with ignored text before it."""
        return re.compile(f"(?:{self.ignored})*+(?:{self.terminals})")

    @cached_property
    def blank(self) -> re.Pattern[str]:
        """Matches ignored text."""
        return re.compile(f"(?:{self.ignored})*+")


@cache
def load() -> Tables:
    """The cached tables, or those of the grammar if they are out of date."""
    kept = json.loads(pkgutil.get_data("archdsl", "syntax/tables.json") or b"{}")
    return Tables(kept if kept.get("digest") == digest() else build())


def digest() -> str:
    """A hash of the grammar, to check that tables are up to date."""
    return hashlib.sha256(resources.grammar().encode()).hexdigest()


def generate() -> str:
    """The text of ``tables.json``: one line per state and rule, for readable diffs."""
    made = build(strict=True)
    rows = {part: ",\n".join(json.dumps(row, separators=(",", ":")) for row in made[part]) for part in _LISTS}
    text = json.dumps({**made, **dict.fromkeys(_LISTS)}, separators=(",", ":"))
    for part in _LISTS:
        text = text.replace(f'"{part}":null', f'"{part}":[\n{rows[part]}\n]')
    return text + "\n"


_LISTS = ("rules", "states")


def build(*, strict: bool = False) -> dict[str, Any]:
    """Builds tables from the grammar. ``strict`` also checks for conflicts of rules and collisions of terminals."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    class Everything:
        """A filter after the lexer, for which Lark keeps terminals that no rule uses."""

        always_accept = ("NEWLINE", "DOC", "COMMENT")

        def process(self, stream: Iterator[Any]) -> Iterator[Any]:
            return stream

    lark = Lark(
        resources.grammar(), parser="lalr", lexer="basic", keep_all_tokens=True, strict=strict, postlex=Everything()
    )
    lexer = lark._build_lexer()
    table = lark.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    actions = {
        state: {
            str(symbol): (kind is Shift, target if kind is Shift else ~numbers[target])
            for symbol, (kind, target) in row.items()
        }
        for state, row in table.states.items()
    }
    order = _order(actions, table.start_states["start"])
    read = [terminal for terminal in lexer.scanner.terminals if terminal.name not in lexer.ignore_types]
    words = {t.pattern.value: t.name for t in lark.terminals if t.pattern.type == "str"}
    return {
        "digest": digest(),
        "start": order[table.start_states["start"]],
        "end": order[table.end_states["start"]],
        "keywords": {word: name for word, name in words.items() if word.isalpha()},
        "spelling": {name: word for word, name in words.items()},
        "ignored": "|".join(t.pattern.to_regexp() for t in lark.terminals if t.name in lexer.ignore_types),
        "terminals": "|".join(f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})" for terminal in read),
        "rules": [_rule(rule) for rule in lark.rules],
        "states": [
            {symbol: order[target] if shifts else target for symbol, (shifts, target) in sorted(actions[state].items())}
            for state in order
        ],
    }


def _order(actions: dict[Any, dict[str, tuple[bool, int]]], start: Any) -> dict[Any, int]:
    """A canonical numbering of states by traversal: Lark's own order varies between runs."""
    order: dict[Any, int] = {}
    pending = [start]
    for state in pending:  # grows while it is walked
        if state not in order:
            order[state] = len(order)
            pending.extend(target for _, (shifts, target) in sorted(actions[state].items()) if shifts)
    return order


def _rule(rule: Any) -> tuple[str, int, list[int], bool]:
    origin, symbols = str(rule.origin.name), rule.expansion
    inlined = [n for n, symbol in enumerate(symbols) if not symbol.is_term and symbol.name.startswith("_")]
    is_unit = len(symbols) == 1 and (origin.startswith("_") or rule.options.expand1)
    return origin, len(symbols), inlined, is_unit


if __name__ == "__main__":
    Path(__file__).with_name("tables.json").write_text(generate(), encoding="utf-8")
