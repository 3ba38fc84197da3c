"""Error recovery: chooses the repair after which parsing continues best.

Candidates are tried on the automaton's states alone, some tokens far. The search is bounded, so that a mistake costs
the same wherever it is.
"""

from __future__ import annotations

from typing import Final

from archdsl.syntax.automaton import Automaton, advance
from archdsl.syntax.candidates import KINDS, Repair, completed, cover
from archdsl.syntax.layout import Excess
from archdsl.syntax.mistake import Mistake
from archdsl.syntax.tokens import CLOSER, CLOSERS, END, is_declaration

_AHEAD: Final = 12
"""Tokens that a repair is tried on."""
_ENOUGH: Final = 9
"""The score above which no other kind of repair is tried."""
_BRACKETS: Final = frozenset({*CLOSER, *CLOSERS})


def repair(mistake: Mistake) -> Repair:
    """The best repair. Parsing continues for at least one token after it, or it gives up the declaration."""
    if mistake.layout.brackets and mistake.ends and mistake.token.type != END:
        ended = completed(mistake)
        if _read(mistake.automaton, ended):
            return ended
    best, most = None, 0.0
    for kind in KINDS:
        for candidate in kind(mistake):
            read = _read(mistake.automaton, candidate)
            if read and read - candidate.cost > most:
                best, most = candidate, read - candidate.cost
        if most >= _ENOUGH:
            break
    return best or declaration(mistake)


def declaration(mistake: Mistake) -> Repair:
    """Gives up the declaration: the next token is a keyword in the first column."""
    automaton, layout = mistake.automaton, mistake.layout
    kept = next((n for n in (4, 3, 2, 1) if automaton.tables.begins_declaration(automaton.states[:n][-1])), 1)
    at = layout.at
    while layout.tokens[at].type != END and not is_declaration(layout.tokens[at], mistake.text):
        at += 1
    while at and layout.tokens[at - 1].type == "NEWLINE":
        at -= 1
    return cover(mistake, kept, at, cost=0.0)


def _read(automaton: Automaton, candidate: Repair) -> float:
    """How many tokens can be parsed after a repair, up to a limit; none if the repair itself does not fit.

    Who forgets a comma forgets the next one too: the same may be missing again.
    """
    tables, states = automaton.tables, automaton.states[: candidate.kept]
    for token in candidate.tokens:
        if not advance(tables, states, token.type):
            return 0
    missing = [] if any(t.text or t.type in _BRACKETS for t in candidate.tokens) else [t.type for t in candidate.tokens]
    layout = candidate.layout.fork(candidate.layout.at, candidate.layout.brackets, candidate.layout.previous)
    again = 0
    for count in range(_AHEAD):
        try:
            token = layout.next()
        except Excess:
            return count - again
        trial = list(states)
        if not advance(tables, trial, token.type):
            trial = list(states)
            if not count or not missing or not all(advance(tables, trial, kind) for kind in (*missing, token.type)):
                return count - again
            again += 1
        if token.type == END:
            break
        states = trial
    return _AHEAD - again
