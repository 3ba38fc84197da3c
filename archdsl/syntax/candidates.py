"""Candidate repairs of a syntax error, one function per kind.

- something is missing: a closing bracket, a comma, an arrow, a value. A token without text stands for it;
- one mark or word stands for another: `:` for `=`, `=>` for `->`, `blok` for `block`;
- something is too much, and is left out;
- otherwise text is given up: an ``ERROR`` stands for what was begun there and for all up to a place that can go on,
  which is an arrow, a comma, a new line, or the closing bracket of what is around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from archdsl.diagnostics.suggest import closest
from archdsl.syntax.automaton import Automaton, advance
from archdsl.syntax.layout import Layout
from archdsl.syntax.mistake import Mistake
from archdsl.syntax.tokens import CLOSER, CLOSERS, END, ERROR, UNKNOWN, Token, is_declaration

_DEPTHS: Final = 8
"""Places on the stack at which an ``ERROR`` is tried."""
_OPENED: Final = 4.0
"""What it costs to think that a bracket was not opened: what follows must show that."""
_GIVEN_UP: Final = 8
"""What it costs to give text up, in tokens that can be read on instead."""
_DEAR: Final = 16
"""Tokens given up after which more cost no more."""
_PLACES: Final = 10
"""Places to go on from that are tried."""
_FAR: Final = 2_000
"""Tokens after which a place to go on is not looked for any more."""

_MISSING: Final = (
    ("COMMA",),
    ("ARROW",),
    ("COLON",),
    ("EQUAL",),
    ("NEWLINE",),
    ("IN",),
    ("LBRACE",),
    ("LPAR",),
    ("LSQB",),
    ("DOUBLE_COLON",),
    (ERROR,),
    ("COLON", ERROR),
    ("EQUAL", ERROR),
    ("ARROW", ERROR),
    ("ELSE", ERROR),
    ("IN", ERROR),
    ("DOUBLE_COLON", ERROR, "ARROW", ERROR),
)
"""What may be forgotten, besides closing brackets."""
_CONFUSED: Final = {
    "COLON": ("EQUAL", "DOUBLE_COLON"),
    "DOUBLE_COLON": ("COLON",),
    "EQUAL": ("COLON", "DOUBLE_COLON", "COMPARE"),
    "COMPARE": ("EQUAL", "ARROW"),
    "MINUS": ("ARROW",),
    "PIPE": ("ARROW",),
    "DOT": ("COMMA",),
    "RPAR": ("RSQB", "RBRACE"),
    "RSQB": ("RPAR", "RBRACE"),
    "RBRACE": ("RPAR", "RSQB"),
    "→": ("ARROW",),
    "×": ("STAR",),
    "−": ("MINUS",),
    "…": ("ELLIPSIS",),
    "&": ("AND",),
    "&&": ("AND",),
    "!": ("NOT",),
    ";": ("NEWLINE", "COMMA"),
    "'": ("STRING",),
    "“": ("STRING",),
}
"""What one mark is written for, by the type of its token, or by its text or first character if it is unknown."""
_NAMING: Final = frozenset({"LET", "SHARED", "FN", "BLOCK", "MODEL", "AS", "FOR"})
"""What a name follows that is given."""
_ARROWS: Final = ("=>", "|>", ">>", "--", "- >", "→")
_SYNC: Final = frozenset({"ARROW", "COMMA", "NEWLINE", "DOUBLE_COLON", "AS", "LBRACE", "EQUAL", *CLOSERS})


class Repair(NamedTuple):
    """How to continue after an error."""

    kept: int
    """States that stay on the stack."""
    tokens: tuple[Token, ...]
    """What is read next, in place of what is left out."""
    layout: Layout
    """Where to read on after that."""
    cost: float


def missing(mistake: Mistake) -> Iterator[Repair]:
    """Inserts a closing bracket, a mark or a value before the token."""
    layout, kept = mistake.layout, len(mistake.automaton.states)
    if layout.brackets:
        yield _close(mistake, 1)
    for kinds in _MISSING:
        if kinds[0] == "IN" and mistake.automaton.fits("COMPARE"):
            continue  # an operator is not what is forgotten between two values
        tokens = tuple(Token(kind, "", mistake.end) for kind in kinds)
        if kinds[0] in ("ARROW", "COMMA", "NEWLINE") and _is_labelled(mistake):
            continue  # it is the colon after a label that is missing
        opened = [*layout.brackets, tokens[0]] if kinds[0] in CLOSER else layout.brackets
        cost = 0.5 + 0.5 * len(tokens)
        if kinds[0] in CLOSER and not (_is_closed(mistake, kinds[0]) or (kinds == ("LBRACE",) and _ends_line(mistake))):
            cost = _OPENED
        yield Repair(kept, tokens, layout.fork(layout.at, opened, kinds[-1]), cost)


def _is_closed(mistake: Mistake, opener: str) -> bool:
    """Whether a bracket is closed before the statement ends that was never opened: it was forgotten here."""
    layout, open_ = mistake.layout, 0
    if layout.brackets and layout.brackets[-1].type == opener:
        return False
    for token in islice(layout.tokens, layout.at, layout.at + _FAR):
        if token.type in CLOSER:
            open_ += 1
        elif token.type in CLOSERS:
            if not open_:
                return token.type == CLOSER[opener]
            open_ -= 1
        elif (token.type in ("NEWLINE", END) and not open_) or is_declaration(token, mistake.text):
            return False
    return False


def _ends_line(mistake: Mistake) -> bool:
    """Whether the token is the first of a line, or the end of one."""
    return mistake.token.type == "NEWLINE" or mistake.layout.tokens[mistake.layout.at].type == "NEWLINE"


def _is_labelled(mistake: Mistake) -> bool:
    """Whether a label may stand here, as others do in the same brackets."""
    start = mistake.layout.brackets[-1].start if mistake.layout.brackets else 0
    labels = (token for token in reversed(mistake.before[-_FAR:]) if token.type == "COLON" and token.start > start)
    return mistake.automaton.fits("COLON") and next(labels, None) is not None


def _close(mistake: Mistake, count: int) -> Repair:
    layout = mistake.layout
    tokens = tuple(Token(CLOSER[b.type], "", mistake.end) for b in reversed(layout.brackets[-count:]))
    after = layout.fork(layout.at, layout.brackets[:-count], tokens[-1].type)
    return Repair(len(mistake.automaton.states), tokens, after, 0.5 + 0.5 * count)


def unclosed(mistake: Mistake) -> Iterator[Repair]:
    """Closes several brackets, or all, before a token that belongs outside of them."""
    for count in range(2, min(len(mistake.layout.brackets), 4) + 1):
        yield _close(mistake, count)
    if mistake.ends:
        yield completed(mistake)


def completed(mistake: Mistake) -> Repair:
    """Closes everything, or everything in a body that ends; missing parts before become an ``ERROR``."""
    tables, kept, at = mistake.automaton.tables, len(mistake.automaton.states), mistake.layout.at
    brackets, last = mistake.layout.brackets, mistake.token.type if mistake.token.type == "RBRACE" else END
    around = max((n for n, b in enumerate(brackets, 1) if b.type == "LBRACE"), default=0) if last != END else 0
    if mistake.before and mistake.before[-1].type == "NEWLINE":  # what ended a line ends the declaration
        kept, at = kept - 1, at - 1
    end = mistake.before[-1].start if at < mistake.layout.at else mistake.end
    states = mistake.automaton.states[:kept]
    tokens: list[Token] = []
    for kind in (*(CLOSER[b.type] for b in reversed(brackets[around:])), last):
        for _ in range(3):
            if advance(tables, trial := list(states), kind):
                states = trial
                break
            if not advance(tables, trial := list(states), ERROR):
                break
            states = trial
            tokens.append(Token(ERROR, "", end))
        if kind != last:
            tokens.append(Token(kind, "", end))
    return Repair(kept, tuple(tokens), mistake.layout.fork(at, brackets[:around], "RBRACE"), 1.0 + len(tokens) / 4)


def confused(mistake: Mistake) -> Iterator[Repair]:
    """Replaces the token by a mark that it is confused with."""
    token, layout, kept = mistake.token, mistake.layout, len(mistake.automaton.states)
    at = _number(layout)
    for arrow in _ARROWS:
        if mistake.text.startswith(arrow, token.start) and token.type != "NEWLINE":
            yield Repair(kept, (_cut(mistake, "ARROW", token.start + len(arrow)),), _after(mistake, at, arrow), 1.0)
    key = token.type if token.type != UNKNOWN else token.text if token.text in _CONFUSED else token.text[:1]
    kinds = _CONFUSED.get(key, ())
    if token.type == mistake.automaton.tables.keywords.get(token.text) and _defines(mistake, at):
        kinds = ("NAME",)
    if token.type == UNKNOWN:
        kinds = (*kinds, ERROR)
    for kind in kinds:
        brackets = layout.brackets
        if kind in CLOSERS:
            if not brackets or CLOSER[brackets[-1].type] != kind:
                continue
            brackets = brackets[:-1]
        yield Repair(kept, (Token(kind, token.text, token.start),), layout.fork(at + 1, brackets, kind), 1.0)


def _defines(mistake: Mistake, at: int) -> bool:
    """Whether a word would be a definition rather than a use."""
    previous, following = mistake.before[-1:], mistake.layout.tokens[at + 1].type
    return following in ("COLON", "EQUAL") or any(token.type in _NAMING for token in previous)


def _number(layout: Layout) -> int:
    """The index of the next token that is no line break."""
    at = layout.at
    while layout.tokens[at].type == "NEWLINE":
        at += 1
    return at


def _cut(mistake: Mistake, kind: str, end: int) -> Token:
    return Token(kind, mistake.text[mistake.token.start : end], mistake.token.start)


def _after(mistake: Mistake, at: int, arrow: str) -> Layout:
    """The filter after a foreign arrow, which is several tokens."""
    tokens, end = mistake.layout.tokens, mistake.token.start + len(arrow)
    while tokens[at].type != END and tokens[at].start < end:
        at += 1
    return mistake.layout.fork(at, mistake.layout.brackets, "ARROW")


def misspelt(mistake: Mistake) -> Iterator[Repair]:
    """Replaces the token, or the one before it, by a similar keyword that fits there."""
    automaton, layout = mistake.automaton, mistake.layout
    words = automaton.tables.keywords
    if mistake.token.type == "NAME":
        for word in closest(mistake.token.text, words, {})[:1]:
            token = Token(words[word], mistake.token.text, mistake.token.start)
            after = layout.fork(_number(layout) + 1, layout.brackets, token.type)
            yield Repair(len(automaton.states), (token,), after, 1.0)
    previous = mistake.before[-1] if mistake.before else None
    if previous is not None and previous.type == "NAME" and previous.text:
        kept = _below(automaton, previous.start)
        for word in closest(previous.text, words, {})[:1]:
            if automaton.starts[kept - 1 :] and automaton.starts[kept - 1] == previous.start:
                token = Token(words[word], previous.text, previous.start)
                after = layout.fork(layout.at, layout.brackets, token.type)
                yield Repair(kept, (token,), after, 1.5)


def braced(mistake: Mistake) -> Iterator[Repair]:
    """Drops braces around a value: sets, dictionaries and functions of other languages."""
    layout, at = mistake.layout, _number(mistake.layout)
    if mistake.token.type != "LBRACE" or not mistake.automaton.fits("LSQB") or mistake.automaton.fits("COMMA"):
        return
    depth = 0
    for number in range(at, min(at + _FAR, len(layout.tokens))):
        token = layout.tokens[number]
        depth += (token.type in CLOSER) - (token.type in CLOSERS)
        if not depth:
            start = mistake.token.start
            error = Token(ERROR, mistake.text[start : token.end], start)
            yield Repair(len(mistake.automaton.states), (error,), layout.fork(number + 1, layout.brackets, ERROR), 1.0)
            return


def _below(automaton: Automaton, start: int) -> int:
    """The stack size without the values that start at or after an offset."""
    kept = len(automaton.states)
    while kept > 1 and automaton.starts[kept - 2] >= start:
        kept -= 1
    return kept


def superfluous(mistake: Mistake) -> Iterator[Repair]:
    """Drops the token."""
    token, layout, kept = mistake.token, mistake.layout, len(mistake.automaton.states)
    at = _number(layout)
    if token.type == END:
        return
    if token.text in ("/", "//"):  # a comment of another language
        end = next(n for n in range(at, len(layout.tokens)) if layout.tokens[n].type in ("NEWLINE", END))
        yield Repair(kept, (), layout.fork(end, layout.brackets, layout.previous), 1.0)
    brackets = layout.brackets
    is_alone = token.type in CLOSERS and not brackets
    if token.type == "NEWLINE":
        yield Repair(kept, (), layout.fork(at, brackets, "NEWLINE"), 2.0)
    elif token.type in ("COMMA", UNKNOWN, *CLOSERS):
        yield Repair(kept, (), layout.fork(at + 1, brackets, layout.previous), 0.5 if is_alone else 2.0)


def given_up(mistake: Mistake) -> Iterator[Repair]:
    """Replaces the construct begun, up to a synchronisation point, by an ``ERROR``."""
    automaton = mistake.automaton
    depths = (n for n in range(len(automaton.states), 0, -1) if _takes_error(automaton, n))
    for kept in islice(depths, _DEPTHS):
        for at in _places(mistake, kept):
            start = _start(mistake, kept)
            lost = at - mistake.layout.at + sum(token.start >= start for token in mistake.before[-_DEAR:])
            yield cover(mistake, kept, at, _GIVEN_UP + min(lost, _DEAR) / 8)


def _takes_error(automaton: Automaton, kept: int) -> bool:
    if kept == len(automaton.states):
        return automaton.fits(ERROR)
    return automaton.tables.states[automaton.states[kept - 1]].get(ERROR, -1) >= 0


def _start(mistake: Mistake, kept: int) -> int:
    """The start of the text that is given up."""
    starts = mistake.automaton.starts
    return starts[kept - 1] if kept <= len(starts) else mistake.token.start


def _places(mistake: Mistake, kept: int) -> Iterator[int]:
    """The indices of synchronisation tokens for a stack size."""
    start = _start(mistake, kept)
    around = [b for b in mistake.layout.brackets if b.start < start]
    inner = len(mistake.layout.brackets) - len(around)
    tokens, at = mistake.layout.tokens, mistake.layout.at
    first = _number(mistake.layout) if mistake.token.type != "NEWLINE" else at
    found = 0
    for number in range(at, min(at + _FAR, len(tokens))):
        kind = tokens[number].type
        if kind == END or (number >= first and is_declaration(tokens[number], mistake.text)):
            yield number
            return
        if inner == 0 and kind in _SYNC and number >= at:
            yield number
            found += 1
            if found == _PLACES:
                return
        if kind in CLOSER:
            inner += 1
        elif kind in CLOSERS:
            if inner == 0:
                if around:
                    return
            else:
                inner -= 1


def cover(mistake: Mistake, kept: int, at: int, cost: float) -> Repair:
    """An ``ERROR`` for the stack beyond a size and the tokens up to an index."""
    tokens = mistake.layout.tokens
    start = _start(mistake, kept)
    last = at - 1
    while last >= 0 and tokens[last].type == "NEWLINE":
        last -= 1
    end = tokens[last].end if last >= 0 else 0
    if start >= end:  # nothing is left out
        start = end = next((token.end for token in reversed(mistake.before) if token.start < start), 0)
    token = Token(ERROR, mistake.text[start:end], start)
    around = [b for b in mistake.layout.brackets if b.start < start or not token.text]
    return Repair(kept, (token,), mistake.layout.fork(at, around, ERROR), cost)


KINDS: Final = (misspelt, braced, missing, unclosed, confused, superfluous, given_up)
"""In the order in which they are tried."""
