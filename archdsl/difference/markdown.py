"""A difference in Markdown, for a pull request. Text from a spec stands in code spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archdsl.diagnostics.display import visible
from archdsl.difference.model import Section
from archdsl.difference.text import (
    SIGNS,
    Difference,
    closing,
    cost,
    fact_words,
    is_strange,
    made_of,
    strangeness,
    totals,
)


def to_markdown(difference: Difference, *, whole: bool = False) -> str:
    """The totals as a table and the changes as lists."""
    title = f"**{code(difference.before.name)} → {code(difference.after.name)}**"
    if not difference:
        title += ": no difference"
    paragraphs: list[Iterable[str]] = [[title]]
    if difference:
        paragraphs.append(_table(("", "before", "after", "change"), totals(difference)))
    paragraphs.append(f"- {code(fact_words(fact))}" for fact in difference.facts)
    if brief := is_strange(difference) and not whole:
        paragraphs.append([f"{strangeness(difference).capitalize()}."])
        paragraphs.append(_table(("op", "before", "after"), made_of(difference)))
    else:
        for section in difference.sections:
            paragraphs += [[_title(section)], _section(section)]
    paragraphs.append(f"- {code(line)}" for line in closing(difference, brief=brief))
    return "\n\n".join(filter(None, ("\n".join(lines) for lines in paragraphs))) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" + "|--:" * (len(head) - 1) + "|"
    for row in rows:
        yield f"| {' | '.join(row[: len(head)])} |"


def _title(section: Section) -> str:
    cause = f": {code(section.cause)}" if section.cause else ""
    return f"{code(section.title)}{cause}" if section.title else ""


def _section(section: Section) -> Iterator[str]:
    for note in section.notes:
        figures = cost(note.delta)
        yield f"- {code(f'{SIGNS[note.kind]} {note.where}')} {code(note.what)}" + (f" ({figures})" if figures else "")


def code(text: str) -> str:
    """A code span, delimited by more backticks than any run inside.

    >>> code("conv(64)"), code("a `b` c")
    ('`conv(64)`', '`` a `b` c ``')
    """
    text = visible(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return f"{'`' * (longest + 1)} {text} {'`' * (longest + 1)}" if longest else f"`{text}`"
