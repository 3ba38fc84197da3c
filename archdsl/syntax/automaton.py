"""The LALR(1) automaton: a stack of states with the values built so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import END, Token

Maker: TypeAlias = Callable[[str], Callable[[list[Any]], Any]]
"""Gives for a rule of the grammar what makes a value of its children, which are tokens and such values."""


class Automaton:
    """Consumes tokens one by one. A token that does not fit changes nothing."""

    def __init__(self, tables: Tables, maker: Maker, leaf: Callable[[Token], Any] | None = None) -> None:
        self.tables = tables
        self.leaf = leaf
        """What is kept of a token; the token itself without one."""
        self.states = [tables.start]
        self.values: list[Any] = []
        self.starts: list[int] = []
        """Where in the text each value begins."""
        makers = {origin: maker(origin) for origin in tables.values}
        self.make = [None if rule.is_unit else makers.get(rule.origin) for rule in tables.rules]

    def fits(self, kind: str) -> bool:
        """Whether a token of this type is acceptable next."""
        return self.tables.states[self.states[-1]].get(kind, -1) >= 0 or fits(self.tables, self.states, kind)

    def accepted(self) -> frozenset[str]:
        """The token types that are acceptable next."""
        return frozenset(kind for kind in self.tables.states[self.states[-1]] if kind.isupper() and self.fits(kind))

    def take(self, token: Token) -> None:
        """Consumes a token that fits."""
        states, values, starts = self.states, self.values, self.starts
        table, rules, passed = self.tables.states, self.tables.rules, self.tables.passed
        kind = token.type
        while True:
            state = states[-1]
            action = table[state][kind]
            if action >= 0:
                states.append(action)
                values.append(token if self.leaf is None else self.leaf(token))
                starts.append(token.start)
                return
            origin, size, inlined, is_unit = rules[~action]
            if is_unit:
                known = passed.get((states[-2], state, kind))
                states[-1] = _pass(self.tables, states[-2], state, kind) if known is None else known
                continue
            children = []
            if size:
                children = values[-size:]
                del values[-size:], states[-size:]
                if size > 1:
                    del starts[1 - size :]
            else:
                starts.append(token.start)
            if inlined:
                children = _flat(children, inlined)
            make = self.make[~action]
            values.append(children if make is None else make(children))
            states.append(table[states[-1]][origin])
            if states[-1] == self.tables.end and kind == END:
                return

    def drop(self, length: int) -> None:
        """Truncates the stack to a length."""
        del self.states[length:], self.values[length - 1 :], self.starts[length - 1 :]


def _flat(children: list[Any], inlined: Sequence[int]) -> list[Any]:
    """Children, with the lists of inlined rules spliced in."""
    first = children[0]
    if inlined[0] == 0 and type(first) is list:
        if len(children) == 1:
            return first
        # Long lists lean left: the list that is there already grows.
        made, rest, places = first, children[1:], {place - 1 for place in inlined[1:]}
    else:
        made, rest, places = [], children, set(inlined)
    for place, child in enumerate(rest):
        if place in places and type(child) is list:
            made += child
        else:
            made.append(child)
    return made


def _pass(tables: Tables, below: int, state: int, kind: str) -> int:
    """The state after all unit reductions for a token."""
    first = state
    while True:
        action = tables.states[state].get(kind, 0)
        if action >= 0 or not tables.rules[~action].is_unit:
            break
        state = tables.states[below][tables.rules[~action].origin]
    tables.passed[below, first, kind] = state
    return state


def fits(tables: Tables, states: Sequence[int], kind: str) -> bool:
    """Whether a token of a type is acceptable with these states on the stack."""
    table, rules, passed = tables.states, tables.rules, tables.passed
    kept = len(states)
    above: list[int] = []  # what reductions put on top of those that are kept
    while True:
        state = above[-1] if above else states[kept - 1]
        action = table[state].get(kind)
        if action is None:
            return False
        if action >= 0:
            return True
        origin, size, _, is_unit = rules[~action]
        if is_unit:
            below = states[kept - 2] if not above else above[-2] if len(above) > 1 else states[kept - 1]
            known = passed.get((below, state, kind))
            state = _pass(tables, below, state, kind) if known is None else known
            if above:
                above[-1] = state
            else:
                kept -= 1
                above.append(state)
            continue
        if size <= len(above):
            del above[len(above) - size :]
        else:
            kept -= size - len(above)
            above.clear()
        above.append(table[above[-1] if above else states[kept - 1]][origin])
        if above[-1] == tables.end and kind == END:
            return True


def advance(tables: Tables, states: list[int], kind: str) -> bool:
    """Consumes a token type and returns whether it fits. The states are modified even if it does not."""
    table, rules = tables.states, tables.rules
    while True:
        action = table[states[-1]].get(kind)
        if action is None:
            return False
        if action >= 0:
            states.append(action)
            return True
        origin, size, _, _ = rules[~action]
        if size:
            del states[-size:]
        states.append(table[states[-1]][origin])
        if states[-1] == tables.end and kind == END:
            return True
