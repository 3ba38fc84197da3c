"""Writes the pages of ``docs/`` that are made from the code. ``make docs`` runs it; a test fails when one is old."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import cleandoc
from itertools import takewhile
from pathlib import Path

from archdsl import load_text
from archdsl.backends.graphviz import draw
from archdsl.backends.keras.counterparts import COUNTERPARTS
from archdsl.compiler import Program
from archdsl.diagnostics.explain import catalogue
from archdsl.files import DiskLoader
from archdsl.measures import MEASURES
from archdsl.ops.docs import ArgumentDoc, OpDoc, by_family
from archdsl.source import SourceFile
from archdsl.summary.figures import exact
from archdsl.syntax import ast
from archdsl.syntax.parser import parse
from scripts.exports.page import page as exports
from scripts.gallery import drawn as drawn_gallery
from scripts.gallery import gallery
from scripts.textmate import grammar
from scripts.zoo import zoo

ROOT = Path(__file__).parent.parent


def errors() -> str:
    """``docs/errors.md``: the page of every code, as ``archdsl explain`` prints it."""
    lines = [
        "# Errors and warnings",
        "",
        "What `archdsl explain CODE` prints, for every code. `make docs` writes this page from the code.",
    ]
    for code, kind in catalogue().items():
        title = f"## {code}" + ("" if kind.severity == "error" else f" ({kind.severity})")
        lines += ["", title, "", cleandoc(kind.__doc__ or "")]
    return "\n".join(lines) + "\n"


def ops() -> str:
    """``docs/ops.md``: what ``archdsl ops NAME`` prints, for every op. Compiles every example."""
    lines = [
        "# Ops",
        "",
        "What `archdsl ops NAME` prints, for every op. `make docs` writes this page from the classes of the ops, and",
        "compiles each example to find its figures.",
        "",
        "Ops take the tensor that flows in and the arguments in brackets. An argument whose default is `…` may be left",
        "out; its description says what holds then. Shapes are without the batch dimension, channels last.",
    ]
    weighted: dict[str, ArgumentDoc] = {}
    for family, pages in by_family().items():
        lines += ["", f"## {family.capitalize()}"]
        for page in pages:
            lines += ["", *_op(page)]
            for argument in page.arguments:
                if argument.shared:
                    weighted.setdefault(argument.name, argument)
    lines += ["", "## Arguments of every op with weights", "", *_arguments(list(weighted.values()))]
    return "\n".join(lines) + "\n"


def _op(page: OpDoc) -> Iterator[str]:
    found = load_text(page.example.source).summary()
    shapes = f"{page.example.input} -> {page.example.output}"
    figures = f"{exact(found.total.params)} parameters, {exact(found.total.macs)} MACs"
    yield from (f"### {page.name}", "", "```text", page.signature, "```", "", page.text)
    own = [argument for argument in page.arguments if not argument.shared]
    if own or page.tensors:
        yield from ("", *_arguments(own, page.tensors))
    yield from ("", f"`{page.example.step}` :: `{shapes}`: {figures}.", "")
    yield f"Keras: {COUNTERPARTS[page.name]}." + (f" Elsewhere: {', '.join(page.aliases)}." if page.aliases else "")


def _arguments(arguments: Sequence[ArgumentDoc], tensors: Sequence[str] = ()) -> Iterator[str]:
    yield from ("| argument | default | may be | |", "|---|---|---|---|")
    for a in arguments:
        default = "" if a.required else f"`{a.default or '…'}`"
        yield f"| `{a.name}` | {default} | {_cell(a.wanted)} | {_cell(a.description)} |"
    yield from (f"| `{name}` | `…` | a tensor | |" for name in tensors)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def blocks() -> str:
    """``docs/blocks.md``: the blocks and functions of the library, with their source and a diagram of each block."""
    lines = [
        "# The library",
        "",
        "Blocks in the language itself, to be imported or copied: `from std.conv import ConvBNAct`. `make docs` writes",
        "this page and its diagrams from [their files](../archdsl/std). A diagram shows the call in the block's first",
        "`check` line.",
    ]
    for source, program in _library():
        module, _ = parse(source)
        name = source.name.removesuffix(".arch").replace("/", ".")
        drawn = program.checked()
        lines += ["", f"## {name}", "", _opening(source.text)]
        for declared in module.declarations:
            if isinstance(declared, ast.Block | ast.Function):
                title = declared.name.id
                lines += ["", f"### {title}", *(["", declared.doc] * bool(declared.doc))]
                lines += ["", "```text", declared.span.text, "```"]
                if title in drawn:
                    lines += ["", f"![{drawn[title].instances[0].call}](blocks/{_picture(name, title)})"]
    return "\n".join(lines) + "\n"


def pictures() -> Iterator[tuple[str, bytes]]:
    """The diagrams of ``docs/blocks.md``: names of files and what is in them."""
    for source, program in _library():
        name = source.name.removesuffix(".arch").replace("/", ".")
        for title, graph in program.checked().items():
            yield _picture(name, title), draw(graph, "svg")


def _library() -> Iterator[tuple[SourceFile, Program]]:
    loader = DiskLoader()
    for name in loader.modules("std"):
        source = loader.module(name)
        assert source is not None
        yield source, Program(source, loader)


def _picture(module: str, block: str) -> str:
    return f"{module.removeprefix('std.')}-{block}.svg"


def _opening(text: str) -> str:
    """The comment that a file starts with."""
    comment = takewhile(lambda line: re.match(r"#(?!#)", line), text.splitlines())
    return "\n".join(line.removeprefix("#").strip() for line in comment)


def measures() -> str:
    """``docs/measures.md`` with its table of all measures; the rest of the page is written by hand."""
    rows = (f"| `{each.name}` | `{each.key}` | {_cell(each.meaning)} |" for each in MEASURES)
    lines = ["| in `check` lines, limits, JSON | column | counts |", "|---|---|---|", *rows]
    page = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(_TABLE)
    after = rest.partition(_TABLE)[2]
    return "\n".join([before + _TABLE, *lines, _TABLE + after])


_TABLE = "<!-- measures -->"
"""Stands before and after the table that is made from the registry."""

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/measures.md": measures,
    "docs/errors.md": errors,
    "docs/ops.md": ops,
    "docs/blocks.md": blocks,
    "docs/zoo.md": zoo,
    "docs/exports.md": exports,
    "docs/gallery.md": gallery,
    "editors/vscode/syntaxes/arch.tmLanguage.json": grammar,
}


def main() -> None:
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(f"wrote {name}")
    for name, drawn in {"blocks": pictures, "gallery": drawn_gallery}.items():
        _draw(ROOT / "docs" / name, dict(drawn()))


def _draw(folder: Path, drawn: Mapping[str, bytes]) -> None:
    """The pictures of a folder, and no others."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, picture in drawn.items():
        (folder / name).write_bytes(picture)
    print(f"drew {len(drawn)} pictures in docs/{folder.name}")


if __name__ == "__main__":
    main()
