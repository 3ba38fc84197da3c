"""The summary as a page of its own: a table whose blocks open and close, without scripts and without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from archdsl.diagnostics.display import visible
from archdsl.graph.dims import show
from archdsl.summary.columns import COLUMNS
from archdsl.summary.figures import exact, human
from archdsl.summary.model import Row, Summary
from archdsl.summary.table import label, memories, portions, title, totals
from archdsl.summary.views import folded

_STYLE: Final = """
:root { color-scheme: light dark; --line: #d8dde4; --dim: #5b6573; --hover: #eef3fa; --bar: #4c78a8; --head: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --line: #353c46; --dim: #9aa5b4; --hover: #222a35; --bar: #6fa0d8; --head: #1b2028; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 86rem; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0; }
.signature, .dim { color: var(--dim); }
code, .table, td { font-family: ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; font-size: .84rem; }
.table { overflow-x: auto; margin: 1.2rem 0; border: 1px solid var(--line); border-radius: 8px; }
.sheet { min-width: min-content; }
.row { display: grid; grid-template-columns: minmax(18rem, 1fr) var(--columns); gap: 0 .8rem; padding: .18rem .9rem; }
.row > span { white-space: pre; text-align: right; }
.row > .words { text-align: left; }
.row > .name { text-align: left; padding-left: calc(var(--level) * 1.15rem + 1.05rem); position: relative;
  overflow: hidden; text-overflow: ellipsis; }
.head { font-weight: 600; background: var(--head); border-bottom: 1px solid var(--line); }
summary { list-style: none; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary > .row > .name::before { content: "▸"; position: absolute; color: var(--dim);
  left: calc(var(--level) * 1.15rem); }
details[open] > summary > .row > .name::before { content: "▾"; }
.row:not(.head):hover { background: var(--hover); }
summary:focus-visible { outline: 2px solid var(--bar); outline-offset: -2px; }
.op { color: var(--dim); }
.side { display: flex; flex-wrap: wrap; gap: 1rem 3rem; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
td, th { padding: .12rem .9rem .12rem 0; text-align: left; font-weight: 400; white-space: nowrap; }
td.figure { text-align: right; }
.bar { display: block; height: .7rem; border-radius: 2px; background: var(--bar); }
.bar.macs { opacity: .5; }
.bars { width: 10rem; }
"""


def to_html(summary: Summary, *, depth: int | None = None, columns: Sequence[str] | None = None) -> str:
    """A whole page. ``depth`` is how many levels are open at first; without it the model's own."""
    names = tuple(columns) if columns is not None else tuple(COLUMNS)
    return "\n".join(_page(summary, names, 1 if depth is None else depth)) + "\n"


def _page(summary: Summary, names: Sequence[str], opened: int) -> Iterator[str]:
    _, _, signature = title(summary).partition(" :: ")
    widths = " ".join("9.5rem" if not COLUMNS[name].is_figure else "5.6rem" for name in names)
    yield "<!doctype html>"
    yield f'<html lang="en"><head><meta charset="utf-8"><title>{_text(summary.model)}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}.sheet {{ --columns: {widths}; }}</style></head><body>"
    yield f'<h1>{_text(summary.model)}</h1><code class="signature">{_text(signature)}</code>'
    yield '<div class="table"><div class="sheet">'
    yield _row(["layer", *(COLUMNS[name].title for name in names)], names, 0, "head")
    for port in summary.inputs:
        shapes = (show(port.shape) if name == "output" else "" for name in names)
        yield _row([port.name, *shapes], names, 0)
    for child in folded(summary.root).children:
        yield from _rows(child, names, 0, opened)
    yield '</div></div><div class="side">'
    yield from _sides(summary)
    yield "</div></body></html>"


def _rows(row: Row, names: Sequence[str], level: int, opened: int) -> Iterator[str]:
    cells = [label(row), *(COLUMNS[name].shown(row) for name in names)]
    if not row.children:
        yield _row(cells, names, level, "op" if level else "")
        return
    yield f"<details{' open' if level + 1 < opened else ''}><summary>{_row(cells, names, level)}</summary>"
    for child in row.children:
        yield from _rows(child, names, level + 1, opened)
    yield "</details>"


def _row(cells: Sequence[str], names: Sequence[str], level: int, kind: str = "") -> str:
    first, *others = cells
    shown = "".join(
        f"<span>{_text(cell)}</span>" if COLUMNS[name].is_figure else f'<span class="words">{_text(cell)}</span>'
        for name, cell in zip(names, others, strict=True)
    )
    name = f'<span class="name" title="{_text(first)}">{_text(first)}</span>'
    return f'<div class="{f"row {kind}".strip()}" style="--level: {level}">{name}{shown}</div>'


def _sides(summary: Summary) -> Iterator[str]:
    yield "<table><caption>Totals</caption>"
    for total in totals(summary):
        yield f'<tr><th>{total.name}</th><td class="figure">{_text(total.exact)}</td>'
        yield f'<td class="dim">{_text(total.rounded)}</td></tr>'
    yield "</table><table><caption>Share of parameters and multiply-adds</caption>"
    yield '<tr><th></th><th></th><th colspan="2">params</th><th colspan="2">MACs</th></tr>'
    for share in portions(summary):
        part = "" if share.of_macs is None else f"{share.of_macs:.1%}"
        yield f"<tr><th>{_text(share.kind)}</th>"
        yield f'<td class="bars">{_bar("params", share.of_params)}{_bar("macs", share.of_macs or 0.0)}</td>'
        yield f'<td class="figure">{exact(share.params)}</td><td class="figure">{share.of_params:.1%}</td>'
        yield f'<td class="figure">{_text(human(share.macs))}</td><td class="figure">{part}</td></tr>'
    estimate = summary.estimate
    yield f"</table><table><caption>Memory of a batch of {estimate.batch} in {estimate.dtype}</caption>"
    for name, text in memories(summary):
        yield f"<tr><th>{name}</th><td>{_text(text)}</td></tr>"
    yield "</table>"


def _bar(kind: str, part: float) -> str:
    return f'<span class="bar {kind}" style="width: {part * 100:.1f}%"></span>'


def _text(text: str) -> str:
    return escape(visible(text))
