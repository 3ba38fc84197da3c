"""A complete difference, and its text: the totals, then notes for a reviewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from archdsl.diagnostics.display import visible, width
from archdsl.difference.model import Delta, Edit, Fact, Kind, Note, Section, Share, Side
from archdsl.graph.dims import Dim
from archdsl.summary.figures import exact, human

SIGNS: Final[dict[Kind, str]] = {
    "added": "+",
    "removed": "-",
    "moved": ">",
    "changed": "~",
    "replaced": "~",
    "rewired": ">",
    "follows": " ",
}
_COLOURS: Final[dict[str, str]] = {"+": "32", "-": "31", "~": "33", ">": "36"}
_BOLD: Final = "1"
_WIDEST: Final = 88
"""Cells before the costs of a change; a longer line pushes its own further."""
_KINDRED: Final = 0.7
"""The share of counterparts from which on two models have more than a little in common."""
_READABLE: Final = 30
"""Notes that are listed unasked."""
_READABLE_OF_STRANGERS: Final = 12
_KINDS: Final = 12
_MONOSPACED: Final = '<code style="font-family: ui-monospace, monospace; background: none">'
"""For notebooks whose own style has other letters in a ``pre``."""


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """The difference of a second model from a first.

    It is true when they do not compute the same. Names and what `about` says are told, and are no difference by
    themselves.

    ``str()`` of it reads like a reviewer's note.
    """

    before: Side
    after: Side
    facts: tuple[Fact, ...]
    edits: tuple[Edit, ...]
    """In the order of the models, consequences (``follows``) included."""
    sections: tuple[Section, ...]
    """All edits but those that merely follow, folded for reading."""
    renamed: tuple[tuple[str, str], ...]
    """Paths of ops that are the same under another name."""
    ignored: int
    """Edits left out as asked."""
    common: float
    """The share of the smaller model's ops that have a counterpart in the other one, changed or not: 0 to 1."""
    kinds: tuple[Share, ...]
    """What both models are made of."""
    draw: Callable[[], str] | None = field(default=None, compare=False)
    """Draws both models as one diagram, an SVG; ``None`` where nobody can."""

    def __bool__(self) -> bool:
        return bool(self.edits) or any(fact.kind != "about" for fact in self.facts)

    def __str__(self) -> str:
        return to_text(self)

    def __repr__(self) -> str:
        """``<Difference ResNet50 → ResNet101: 1 edit, +19.0 M params, +3.71 G MACs>``."""
        edits = _count(sum(edit.kind != "follows" for edit in self.edits), "edit")
        costs = f", {words}" if (words := cost(self.delta)) else ""
        return f"<Difference {visible(self.before.name)} → {visible(self.after.name)}: {edits}{costs}>"

    def _repr_html_(self) -> str:
        """For notebooks: the diagram of both, and the note."""
        return f"{self._repr_svg_() or ''}<pre>{_MONOSPACED}{escape(to_text(self))}</code></pre>"

    def _repr_svg_(self) -> str | None:
        return self.draw() if self.draw else None

    @property
    def delta(self) -> Delta:
        """The differences of the totals."""
        return Delta.between(self.before.cost, self.after.cost)

    @property
    def follows(self) -> tuple[Edit, ...]:
        """Consequences of earlier changes: other shapes, and the resulting costs."""
        return tuple(edit for edit in self.edits if edit.kind == "follows")


def to_text(difference: Difference, *, whole: bool = False, colour: bool = False) -> str:
    """The totals; then each change with its cost; then the consequences.

    Of models with little in common it says what both are made of, unless the ``whole`` list is asked for.
    """
    paragraphs: list[Iterable[str]] = []
    title = visible(f"{difference.before.name} → {difference.after.name}")
    if difference:
        paragraphs += [[_paint(title, _BOLD if colour else "")], _columns([*totals(difference)])]
    else:
        paragraphs.append([f"{title}: no difference"])
    paragraphs.append([_paint(visible(fact_words(f)), _COLOURS["~"] if colour else "") for f in difference.facts])
    if brief := is_strange(difference) and not whole:
        paragraphs.append([f"{strangeness(difference)}; --all lists every change"])
        paragraphs.append(_columns([*made_of(difference)]))
    else:
        paragraphs += [_section(section, colour) for section in difference.sections]
    paragraphs.append(visible(line) for line in closing(difference, brief=brief))
    return "\n\n".join(filter(None, ("\n".join(lines) for lines in paragraphs))) + "\n"


def is_strange(difference: Difference) -> bool:
    """Whether the models differ so much that a list of changes is useless."""
    notes = sum(len(section.notes) for section in difference.sections)
    return notes > (_READABLE if difference.common >= _KINDRED else _READABLE_OF_STRANGERS)


def strangeness(difference: Difference) -> str:
    smaller = min(difference.before.nodes, difference.after.nodes)
    words = "much differs" if difference.common >= _KINDRED else "little in common"
    return f"{words}: {round(difference.common * smaller)} of {_count(smaller, 'op')} have a counterpart"


def made_of(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    """For the kinds of ops with the most weights in either model, how often they occur and their weights."""
    for op, counts, params in difference.kinds[:_KINDS]:
        old, new = (f"{n} ({human(p)})" if p else str(n) for n, p in zip(counts, params, strict=True))
        yield op, old, new, ""


def _columns(rows: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
    widths = [max(width(row[column]) for row in rows) for column in range(3)]
    for name, old, new, change in rows:
        yield f"{name:<{widths[0]}}  {old:>{widths[1]}} → {new:>{widths[2]}}  {change}".rstrip()


def totals(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    """Each total with its name, both values, and the difference; params and MACs always, others if they differ."""
    a, b = difference.before, difference.after
    figures: list[tuple[str, Dim, Dim]] = [
        ("params", a.cost.params, b.cost.params),
        ("trainable", a.cost.trainable, b.cost.trainable),
        ("MACs", a.cost.macs, b.cost.macs),
        ("depth", a.depth, b.depth),
        ("ops", a.nodes, b.nodes),
    ]
    for name, old, new in figures:
        told = name == "trainable" and new - old == b.cost.params - a.cost.params
        if name in ("params", "MACs") or (old != new and not told):
            show = human if name == "MACs" else exact
            change = signed(new - old, name) if old != new else "equal"
            share = ""
            if old != new and isinstance(old, int) and isinstance(new, int) and old and name not in ("depth", "ops"):
                share = _share((new - old) / old)
            yield name, show(old), show(new), change + share


def _share(part: float) -> str:
    digits = 1 if abs(part) >= 0.001 else 2
    return f"  ({part:+.{digits}%})".replace("-", "−") if abs(part) >= 0.0001 else ""


def signed(count: Dim, name: str = "params") -> str:
    """
    >>> signed(-2_500_000, "MACs"), signed(64)
    ('−2.50 M', '+64')
    >>> from archdsl.graph.dims import Sym
    >>> h = Sym.named("h")
    >>> signed(-3 * h), signed(3 * h), signed(3 * h - 64)
    ('−3*h', '+3*h', '+(3*h - 64)')
    """
    show = human if name == "MACs" else exact
    if not isinstance(count, int):
        text = str(count)
        if " " in text:
            return f"+({text})"
        return text.replace("-", "−") if text.startswith("-") else f"+{text}"
    return f"{'−' if count < 0 else '+'}{show(abs(count))}"


def _section(section: Section, colour: bool) -> Iterator[str]:
    indent = ""
    if section.title:
        cause = f": {section.cause}" if section.cause else ""
        yield _paint(visible(section.title + cause), _BOLD if colour else "")
        indent = "  "
    lines = [(note, f"{indent}{SIGNS[note.kind]} {visible(_line(note))}") for note in section.notes]
    column = min(_WIDEST, max(width(text) for _, text in lines))
    for note, text in lines:
        figures = cost(note.delta)
        space = " " * max(0, column - width(text))
        yield _paint(text, _COLOURS[SIGNS[note.kind]] if colour else "") + (f"{space}   {figures}" if figures else "")


def _line(note: Note) -> str:
    return f"{note.where}: {note.what}"


def cost(delta: Delta) -> str:
    """The cost of a change as text: ``+64 params, −2.50 M MACs``."""
    words = [f"{signed(delta.params)} params"] if delta.params else []
    if not delta.params and delta.trainable:
        words.append(f"{signed(delta.trainable)} trainable")
    if delta.macs != 0:
        words.append(f"{signed(delta.macs, 'MACs')} MACs")
    return ", ".join(words)


def fact_words(fact: Fact) -> str:
    name = f"{fact.kind} {fact.name}" if fact.name != fact.kind else fact.name
    if fact.old is None:
        return f"+ {name}: {fact.new}"
    return f"- {name}: {fact.old}" if fact.new is None else f"~ {name}: {fact.old} → {fact.new}"


def closing(difference: Difference, *, brief: bool = False) -> Iterator[str]:
    """Counts of what is not listed; empty in ``brief``, where nothing is listed."""
    if not brief and (follows := difference.follows):
        figures = cost(Delta.sum(edit.delta for edit in follows))
        verb = "follows with another shape" if len(follows) == 1 else "follow with other shapes"
        yield f"{_count(len(follows), 'op')} {verb}" + (f": {figures}" if figures else "")
    if not brief and difference.renamed:
        (old, new), *more = difference.renamed
        verb, rest = ("go by other names", ", …") if more else ("goes by another name", "")
        yield f"{_count(len(difference.renamed), 'op')} {verb}: {old} is {new}{rest}"
    if difference.ignored:
        yield f"{_count(difference.ignored, 'change')} left out as asked"


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text
