"""The parser's tables: made from the grammar by Lark, kept in ``tables.json`` because making them takes 0.2 s.

``python -m archdsl.syntax.tables`` remakes them; a test fails when they are older than the grammar. When the kept
tables do not fit (the grammar was edited, or Lark changed its format), the parser is built from the grammar directly.
"""

from __future__ import annotations

import hashlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from archdsl import resources

_SHIFT = 0
"""Lark's number for going to a state; the other action reduces by a rule."""
_OPTIONS: dict[str, Any] = {"parser": "lalr", "lexer": "basic", "keep_all_tokens": True}


def digest() -> str:
    """Names the grammar and the Lark that tables are good for."""
    return hashlib.sha256(f"{lark.__version__}\n{resources.grammar()}".encode()).hexdigest()


def build(layout: Any, builder: Any, *, strict: bool = False) -> Lark:
    """The parser from the grammar itself. ``strict`` also proves that terminals do not collide (slow)."""
    return Lark(resources.grammar(), postlex=layout, transformer=builder, strict=strict, **_OPTIONS)


def load(layout: Any, builder: Any) -> Lark:
    """The parser from the kept tables, or from the grammar when they do not fit."""
    kept = json.loads(pkgutil.get_data("archdsl", "syntax/tables.json") or b"{}")
    if kept.get("digest") != digest():
        return build(layout, builder)
    data, memo = kept["data"], {int(key): value for key, value in kept["memo"].items()}
    automaton = data["parser"]["parser"]
    automaton["tokens"] = {int(key): value for key, value in automaton["tokens"].items()}
    automaton["states"] = {
        state: {int(token): tuple(action) for token, action in actions.items()}
        for state, actions in enumerate(automaton["states"])
    }
    parser: Lark = Lark._load_from_dict(  # type: ignore[no-untyped-call]  # the public form takes a pickle
        data, memo, postlex=layout, transformer=builder
    )
    return parser


def generate() -> str:
    """The text of ``tables.json``: one line per state of the automaton, so that a change of the grammar diffs well."""
    from archdsl.syntax.layout import Layout

    data, memo = Lark(resources.grammar(), postlex=Layout(), strict=True, **_OPTIONS).memo_serialize(
        [TerminalDef, Rule]
    )
    data["options"] |= {"postlex": None, "strict": False}
    automaton = data["parser"]["parser"]
    states = _ordered(automaton)
    automaton["states"] = []
    rows = ",\n".join(json.dumps(actions, separators=(",", ":")) for actions in states)
    text = json.dumps({"digest": digest(), "memo": memo, "data": data}, separators=(",", ":"))
    return text.replace('"states":[]', f'"states":[\n{rows}\n]') + "\n"


def _ordered(automaton: dict[str, Any]) -> list[dict[int, Any]]:
    """Numbers tokens by name and states as a walk from the start meets them: Lark's own order varies between runs.

    Gives the states; the automaton's other parts are renumbered in place.
    """
    names: dict[int, str] = automaton["tokens"]
    automaton["tokens"] = dict(enumerate(sorted(names.values())))
    numbers = {name: number for number, name in automaton["tokens"].items()}
    order: dict[int, int] = {}
    found: list[dict[int, Any]] = []
    pending = list(automaton["start_states"].values())
    for state in pending:  # grows while it is walked
        if state in order:
            continue
        order[state] = len(order)
        actions = sorted((numbers[names[token]], action) for token, action in automaton["states"][state].items())
        found.append(dict(actions))
        pending.extend(target for _, (kind, target) in actions if kind == _SHIFT)
    for part in ("start_states", "end_states"):
        automaton[part] = {name: order[state] for name, state in automaton[part].items()}
    return [
        {token: (kind, order[target] if kind == _SHIFT else target) for token, (kind, target) in actions.items()}
        for actions in found
    ]


if __name__ == "__main__":
    Path(__file__).with_name("tables.json").write_text(generate(), encoding="utf-8")
