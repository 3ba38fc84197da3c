"""Tables as one static page without scripts or external resources. Rows of a tree fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from archdsl.diagnostics.display import visible
from archdsl.tabular.model import Cell, Column, Row, Table

_LIGHT: Final = "--line: #d8dde4; --dim: #5b6573; --hover: #eef3fa; --bar: #4c78a8; --head: #f6f8fa;"
_DARK: Final = "--line: #353c46; --dim: #9aa5b4; --hover: #222a35; --bar: #6fa0d8; --head: #1b2028;"
_PAGE: Final = f"""\
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{
  :root {{ {_DARK} }}
}}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: max-content; padding: 0 1rem; }}
h1 {{ font-size: 1.25rem; }}
"""
_TABLES: Final = """\
main { display: flex; flex-wrap: wrap; gap: 1.2rem 3rem; }
section { max-width: 100%; overflow-x: auto; }
h2 { font-size: 1rem; margin: 0 0 .3rem; }
figure { margin: 1.5rem 0; background: white; border-radius: 8px; }
figure svg { max-width: 100%; height: auto; }
table, .tree { font: .84rem/1.5 ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; }
table { border-collapse: collapse; }
th, td { padding: .15rem .7rem; text-align: left; white-space: nowrap; }
thead th, .head { font-weight: 600; background: var(--head); border-bottom: 1px solid var(--line); }
td { border-bottom: 1px solid var(--line); }
tbody tr:hover, .row:not(.head):hover { background: var(--hover); }
.figure { text-align: right; }
.bar { width: 8rem; }
.bar span { display: block; height: .7rem; border-radius: 2px; background: var(--bar); }
.quiet { color: var(--dim); }
.tree { min-width: min-content; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.row { display: grid; grid-template-columns: minmax(24rem, 1fr) var(--columns); gap: 0 .8rem; padding: .15rem .9rem; }
.row > span { white-space: pre; }
.row > :first-child { padding-left: calc(var(--level) * 1.15rem + 1.05rem); position: relative;
  overflow: hidden; text-overflow: ellipsis; }
summary { list-style: none; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary > .row > :first-child::before { content: "▸"; position: absolute; color: var(--dim);
  left: calc(var(--level) * 1.15rem); }
details[open] > summary > .row > :first-child::before { content: "▾"; }
summary:focus-visible { outline: 2px solid var(--bar); outline-offset: -2px; }
p { max-width: 70ch; }"""


def write(tables: Sequence[Table], *figures: str) -> str:
    """A whole page, titled as its first table. ``figures`` are SVG, placed below the tables."""
    title = _text(tables[0].title)
    body = [line for index, table in enumerate(tables) for line in _section(table, titled=index > 0)]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{title}</title>",
            f"<style>\n{_PAGE}{_TABLES}\n</style>",
            "</head>",
            "<body>",
            f"<h1>{title}</h1>",
            "<main>",
            *body,
            "</main>",
            *(f"<figure>{figure[figure.index('<svg') :]}</figure>" for figure in figures),
            "</body>",
            "</html>",
            "",
        ]
    )


def fragment(tables: Sequence[Table], *further: str) -> str:
    """Tables as a fragment of another page, such as a notebook, without changing its style.

    ``further`` is HTML that stands before them.
    """
    body = [line for table in tables for line in _section(table, titled=True)]
    style = f".archdsl {{ {_LIGHT}\n{_TABLES}\n}}"  # rules within rules are for what lies within
    return "\n".join([f'<div class="archdsl"><style>{style}</style>', *further, "<main>", *body, "</main></div>"])


def _section(table: Table, *, titled: bool) -> Iterator[str]:
    yield "<section>"
    if titled and table.title:
        yield f"<h2>{_text(table.title)}</h2>"
    yield from _tree(table) if table.is_tree else _flat(table)
    yield from (f"<p>{_text(note)}</p>" for note in table.notes)
    yield "</section>"


def _flat(table: Table) -> Iterator[str]:
    yield "<table>"
    if table.has_head:
        heads = (f'<th scope="col" class="{column.kind}">{_text(column.title)}</th>' for column in table.columns)
        yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        yield f"<tr>{_cells('td', row, table.columns)}</tr>"
    yield "</tbody>"
    yield "</table>"


def _tree(table: Table) -> Iterator[str]:
    """Grids within ``details``: rows of a ``table`` cannot fold without scripts."""
    widths = " ".join("9.5rem" if column.kind == "words" else "5.6rem" for column in table.columns[1:])
    heads = "".join(f'<span class="{column.kind}">{_text(column.title)}</span>' for column in table.columns)
    yield f'<div class="tree" style="--columns: {widths}">'
    yield f'<div class="row head" style="--level: 0">{heads}</div>'
    open_levels: list[int] = []
    for row, following in zip(table.rows, [*table.rows[1:], None], strict=True):
        while open_levels and open_levels[-1] >= row.level:
            open_levels.pop()
            yield "</details>"
        quiet = " quiet" if row.is_quiet else ""
        line = f'<div class="row{quiet}" style="--level: {row.level}">{_cells("span", row, table.columns)}</div>'
        if following is not None and following.level > row.level:
            open_levels.append(row.level)
            yield f"<details{' open' if row.level + 1 < table.opened else ''}><summary>{line}</summary>"
        else:
            yield line
    yield from ("</details>" for _ in open_levels)
    yield "</div>"


def _cells(tag: str, row: Row, columns: Sequence[Column]) -> str:
    return "".join(_cell(tag, cell, column) for cell, column in zip(row.cells, columns, strict=True))


def _cell(tag: str, cell: Cell, column: Column) -> str:
    """Rounded figures and words that may be truncated show all of it on hover."""
    if column.kind == "bar":
        part = cell.value if isinstance(cell.value, int | float) else 0
        return f'<{tag} class="bar"><span style="width: {part * 100:.1f}%"></span></{tag}>'
    text, exact = _text(cell.text), _text(str(cell.value))
    is_said = cell.value is None or not text or (exact == text and tag == "td")
    hint = "" if is_said else f' title="{exact}"'
    return f'<{tag} class="{column.kind}"{hint}>{text}</{tag}>'


def _text(text: str) -> str:
    return escape(visible(text).replace("\n", " "))
