"""What the parser does about a token that does not fit: the repair with which the text reads on best.

Candidates are tried on the automaton's states alone, some tokens far:

- something is missing: a closing bracket, a comma, an arrow, a value. A token without text stands for it;
- one mark or word stands for another: `:` for `=`, `=>` for `->`, `blok` for `block`;
- something is too much, and is left out;
- otherwise text is given up: an ``ERROR`` stands for what was begun there and for all up to a place that can go on,
  which is an arrow, a comma, a new line, or the closing bracket of what is around it.

The search is bounded, so that a mistake costs the same wherever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from archdsl.diagnostics.suggest import closest
from archdsl.syntax.automaton import Automaton, advance
from archdsl.syntax.braces import is_declaration
from archdsl.syntax.layout import Excess, Layout
from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import CLOSER, CLOSERS, END, ERROR, UNKNOWN, Token

_AHEAD: Final = 12
"""Tokens that a repair is tried on."""
_ENOUGH: Final = 9
"""The score above which no other kind of repair is tried."""
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
_BRACKETS: Final = frozenset({*CLOSER, *CLOSERS})
_SYNC: Final = frozenset({"ARROW", "COMMA", "NEWLINE", "DOUBLE_COLON", "AS", "LBRACE", "EQUAL", *CLOSERS})


class Repair(NamedTuple):
    """How to go on after a mistake."""

    kept: int
    """States that stay on the stack."""
    tokens: tuple[Token, ...]
    """What is read next, in place of what is left out."""
    layout: Layout
    """Where to read on after that."""
    cost: float


class Trouble(NamedTuple):
    """A token that does not fit, and what there was before it."""

    automaton: Automaton
    token: Token
    before: Sequence[Token]
    """The tokens of the declaration so far."""
    layout: Layout
    """As it was before the token."""
    text: str

    @property
    def end(self) -> int:
        """Where the text ends that was read."""
        return self.before[-1].end if self.before else 0

    @property
    def ends(self) -> bool:
        """Whether the token ends what is open, whatever that is: a body by a brace that was put in, a declaration."""
        token = self.token
        return token.type == END or (token.type == "RBRACE" and not token.text) or is_declaration(token, self.text)


def repair(trouble: Trouble) -> Repair:
    """The best repair. It reads on from there for at least one token, or gives up the declaration."""
    if trouble.layout.brackets and trouble.ends and trouble.token.type != END:
        completed = _completed(trouble)
        if _read(trouble.automaton, completed):
            return completed
    best, most = None, 0.0
    for kind in (_misspelt, _braced, _missing, _unclosed, _confused, _superfluous, _given_up):
        for candidate in kind(trouble):
            read = _read(trouble.automaton, candidate)
            if read and read - candidate.cost > most:
                best, most = candidate, read - candidate.cost
        if most >= _ENOUGH:
            break
    return best or declaration(trouble)


def declaration(trouble: Trouble) -> Repair:
    """Gives up the declaration: what follows begins with a keyword in the first column."""
    tables, layout = trouble.automaton.tables, trouble.layout
    kept = next((n for n in (4, 3, 2, 1) if _begins_declaration(tables, trouble.automaton.states[:n])), 1)
    at = layout.at
    while layout.tokens[at].type != END and not is_declaration(layout.tokens[at], trouble.text):
        at += 1
    while at and layout.tokens[at - 1].type == "NEWLINE":
        at -= 1
    return _cover(trouble, kept, at, cost=0.0)


def _begins_declaration(tables: Tables, states: Sequence[int]) -> bool:
    return tables.begins_declaration(states[-1])


def _read(automaton: Automaton, candidate: Repair) -> float:
    """How many tokens can be read after a repair, up to a limit; none if the repair itself does not fit.

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


# --- kinds of repair --------------------------------------------------------------------------------------------------


def _missing(trouble: Trouble) -> Iterator[Repair]:
    """A closing bracket, a mark or a value that was forgotten before the token."""
    layout, kept = trouble.layout, len(trouble.automaton.states)
    if layout.brackets:
        yield _close(trouble, 1)
    for kinds in _MISSING:
        if kinds[0] == "IN" and trouble.automaton.fits("COMPARE"):
            continue  # an operator is not what is forgotten between two values
        tokens = tuple(Token(kind, "", trouble.end) for kind in kinds)
        if kinds[0] in ("ARROW", "COMMA", "NEWLINE") and _is_labelled(trouble):
            continue  # it is the colon after a label that is missing
        opened = [*layout.brackets, tokens[0]] if kinds[0] in CLOSER else layout.brackets
        cost = 0.5 + 0.5 * len(tokens)
        if kinds[0] in CLOSER and not (_is_closed(trouble, kinds[0]) or (kinds == ("LBRACE",) and _ends_line(trouble))):
            cost = _OPENED
        yield Repair(kept, tokens, layout.fork(layout.at, opened, kinds[-1]), cost)


def _is_closed(trouble: Trouble, opener: str) -> bool:
    """Whether a bracket is closed, before the statement ends, that nobody opened: it was forgotten here."""
    layout, open_ = trouble.layout, 0
    if layout.brackets and layout.brackets[-1].type == opener:
        return False
    for token in islice(layout.tokens, layout.at, layout.at + _FAR):
        if token.type in CLOSER:
            open_ += 1
        elif token.type in CLOSERS:
            if not open_:
                return token.type == CLOSER[opener]
            open_ -= 1
        elif (token.type in ("NEWLINE", END) and not open_) or is_declaration(token, trouble.text):
            return False
    return False


def _ends_line(trouble: Trouble) -> bool:
    """Whether the token is the first of a line, or the end of one."""
    return trouble.token.type == "NEWLINE" or trouble.layout.tokens[trouble.layout.at].type == "NEWLINE"


def _is_labelled(trouble: Trouble) -> bool:
    """Whether a label may stand here, as others do in the same brackets."""
    start = trouble.layout.brackets[-1].start if trouble.layout.brackets else 0
    labels = (token for token in reversed(trouble.before[-_FAR:]) if token.type == "COLON" and token.start > start)
    return trouble.automaton.fits("COLON") and next(labels, None) is not None


def _close(trouble: Trouble, count: int) -> Repair:
    layout = trouble.layout
    tokens = tuple(Token(CLOSER[b.type], "", trouble.end) for b in reversed(layout.brackets[-count:]))
    after = layout.fork(layout.at, layout.brackets[:-count], tokens[-1].type)
    return Repair(len(trouble.automaton.states), tokens, after, 0.5 + 0.5 * count)


def _unclosed(trouble: Trouble) -> Iterator[Repair]:
    """Several brackets are open, or all, where something comes that stands outside of them."""
    for count in range(2, min(len(trouble.layout.brackets), 4) + 1):
        yield _close(trouble, count)
    if trouble.ends:
        yield _completed(trouble)


def _completed(trouble: Trouble) -> Repair:
    """All that is open is closed, or all in a body that ends; what is missing before that is an ``ERROR``."""
    tables, kept, at = trouble.automaton.tables, len(trouble.automaton.states), trouble.layout.at
    brackets, last = trouble.layout.brackets, trouble.token.type if trouble.token.type == "RBRACE" else END
    around = max((n for n, b in enumerate(brackets, 1) if b.type == "LBRACE"), default=0) if last != END else 0
    if trouble.before and trouble.before[-1].type == "NEWLINE":  # what ended a line ends the declaration
        kept, at = kept - 1, at - 1
    end = trouble.before[-1].start if at < trouble.layout.at else trouble.end
    states = trouble.automaton.states[:kept]
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
    return Repair(kept, tuple(tokens), trouble.layout.fork(at, brackets[:around], "RBRACE"), 1.0 + len(tokens) / 4)


def _confused(trouble: Trouble) -> Iterator[Repair]:
    """The token is one mark in place of another."""
    token, layout, kept = trouble.token, trouble.layout, len(trouble.automaton.states)
    at = _number(layout)
    for arrow in _ARROWS:
        if trouble.text.startswith(arrow, token.start) and token.type != "NEWLINE":
            yield Repair(kept, (_cut(trouble, "ARROW", token.start + len(arrow)),), _after(trouble, at, arrow), 1.0)
    key = token.type if token.type != UNKNOWN else token.text if token.text in _CONFUSED else token.text[:1]
    kinds = _CONFUSED.get(key, ())
    if token.type == trouble.automaton.tables.keywords.get(token.text) and _defines(trouble, at):
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


def _defines(trouble: Trouble, at: int) -> bool:
    """Whether a word would be a name that is given, not one that is used."""
    previous, following = trouble.before[-1:], trouble.layout.tokens[at + 1].type
    return following in ("COLON", "EQUAL") or any(token.type in _NAMING for token in previous)


def _number(layout: Layout) -> int:
    """The number of the next token that is no line break."""
    at = layout.at
    while layout.tokens[at].type == "NEWLINE":
        at += 1
    return at


def _cut(trouble: Trouble, kind: str, end: int) -> Token:
    return Token(kind, trouble.text[trouble.token.start : end], trouble.token.start)


def _after(trouble: Trouble, at: int, arrow: str) -> Layout:
    """The filter after an arrow of another language, which is several tokens."""
    tokens, end = trouble.layout.tokens, trouble.token.start + len(arrow)
    while tokens[at].type != END and tokens[at].start < end:
        at += 1
    return trouble.layout.fork(at, trouble.layout.brackets, "ARROW")


def _misspelt(trouble: Trouble) -> Iterator[Repair]:
    """The token, or the one before it, is nearly a word of the language that fits there."""
    automaton, layout = trouble.automaton, trouble.layout
    words = automaton.tables.keywords
    if trouble.token.type == "NAME":
        for word in closest(trouble.token.text, words, {})[:1]:
            token = Token(words[word], trouble.token.text, trouble.token.start)
            after = layout.fork(_number(layout) + 1, layout.brackets, token.type)
            yield Repair(len(automaton.states), (token,), after, 1.0)
    previous = trouble.before[-1] if trouble.before else None
    if previous is not None and previous.type == "NAME" and previous.text:
        kept = _below(automaton, previous.start)
        for word in closest(previous.text, words, {})[:1]:
            if automaton.starts[kept - 1 :] and automaton.starts[kept - 1] == previous.start:
                token = Token(words[word], previous.text, previous.start)
                after = layout.fork(layout.at, layout.brackets, token.type)
                yield Repair(kept, (token,), after, 1.5)


def _braced(trouble: Trouble) -> Iterator[Repair]:
    """Braces around a value, as other languages have them around sets, dictionaries and functions."""
    layout, at = trouble.layout, _number(trouble.layout)
    if trouble.token.type != "LBRACE" or not trouble.automaton.fits("LSQB") or trouble.automaton.fits("COMMA"):
        return
    depth = 0
    for number in range(at, min(at + _FAR, len(layout.tokens))):
        token = layout.tokens[number]
        depth += (token.type in CLOSER) - (token.type in CLOSERS)
        if not depth:
            start = trouble.token.start
            error = Token(ERROR, trouble.text[start : token.end], start)
            yield Repair(len(trouble.automaton.states), (error,), layout.fork(number + 1, layout.brackets, ERROR), 1.0)
            return


def _below(automaton: Automaton, start: int) -> int:
    """How many states are left without the values from a place in the text on."""
    kept = len(automaton.states)
    while kept > 1 and automaton.starts[kept - 2] >= start:
        kept -= 1
    return kept


def _superfluous(trouble: Trouble) -> Iterator[Repair]:
    """The token is too much."""
    token, layout, kept = trouble.token, trouble.layout, len(trouble.automaton.states)
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


def _given_up(trouble: Trouble) -> Iterator[Repair]:
    """What was begun, and what follows up to a place that can go on, is an ``ERROR``."""
    automaton = trouble.automaton
    depths = (n for n in range(len(automaton.states), 0, -1) if _takes_error(automaton, n))
    for kept in islice(depths, _DEPTHS):
        for at in _places(trouble, kept):
            start = _start(trouble, kept)
            lost = at - trouble.layout.at + sum(token.start >= start for token in trouble.before[-_DEAR:])
            yield _cover(trouble, kept, at, _GIVEN_UP + min(lost, _DEAR) / 8)


def _takes_error(automaton: Automaton, kept: int) -> bool:
    if kept == len(automaton.states):
        return automaton.fits(ERROR)
    return automaton.tables.states[automaton.states[kept - 1]].get(ERROR, -1) >= 0


def _start(trouble: Trouble, kept: int) -> int:
    """Where the text begins that is given up."""
    starts = trouble.automaton.starts
    return starts[kept - 1] if kept <= len(starts) else trouble.token.start


def _places(trouble: Trouble, kept: int) -> Iterator[int]:
    """The numbers of the tokens at which it can go on, seen from a place on the stack."""
    start = _start(trouble, kept)
    around = [b for b in trouble.layout.brackets if b.start < start]
    inner = len(trouble.layout.brackets) - len(around)
    tokens, at = trouble.layout.tokens, trouble.layout.at
    first = _number(trouble.layout) if trouble.token.type != "NEWLINE" else at
    found = 0
    for number in range(at, min(at + _FAR, len(tokens))):
        kind = tokens[number].type
        if kind == END or (number >= first and is_declaration(tokens[number], trouble.text)):
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


def _cover(trouble: Trouble, kept: int, at: int, cost: float) -> Repair:
    """An ``ERROR`` for what lies on the stack beyond a length and the tokens up to a number."""
    tokens = trouble.layout.tokens
    start = _start(trouble, kept)
    last = at - 1
    while last >= 0 and tokens[last].type == "NEWLINE":
        last -= 1
    end = tokens[last].end if last >= 0 else 0
    if start >= end:  # nothing is left out
        start = end = next((token.end for token in reversed(trouble.before) if token.start < start), 0)
    token = Token(ERROR, trouble.text[start:end], start)
    around = [b for b in trouble.layout.brackets if b.start < start or not token.text]
    return Repair(kept, (token,), trouble.layout.fork(at, around, ERROR), cost)
