"""Applies the fixes of ``check`` to files, or shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.cli.exits import Refusal
from archdsl.cli.limits import chosen
from archdsl.cli.project import kept
from archdsl.diagnostics.fixes import Checked, Mended, mend
from archdsl.limits import Limits
from archdsl.source import SourceFile

if TYPE_CHECKING:
    from archdsl.files import Located

_MARK = b"\xef\xbb\xbf"
"""What some editors begin a file with, in UTF-8: it is no part of the text."""


def mended(located: Located, *, unsafe: bool) -> Mended:
    """The fixed spec. It has a loader of its own, in which each candidate text replaces the file's."""
    if located.is_graph:
        return Mended(Checked(located.source, (), {}), ())

    limits = chosen()

    def check(text: str) -> Checked:
        if located.file is None:
            return checked(SourceFile(located.source.name, text, located.source.path), located, limits)
        return checked(located.loader.source(located.file, text), located, limits)

    return mend(checked(located.source, located, limits), check, unsafe=unsafe)


def checked(source: SourceFile, located: Located, limits: Limits) -> Checked:
    """The diagnostics of a text that replaces a spec's."""
    from archdsl.compiler import Program
    from archdsl.graph.fingerprint import fingerprint

    program = Program(source, located.loader, limits)
    program.check()
    graphs = {} if program.has_errors else program.checked()
    for name in program.ready() if not program.has_errors else ():
        if (graph := program.graph(name)) is not None:
            graphs[name] = graph
    return Checked(
        source, kept(program.diagnostics, located), {name: fingerprint(graph) for name, graph in graphs.items()}
    )


def writable(located: Located) -> Located:
    """A spec with a writable file; a refusal for all others."""
    if located.file is None:
        raise Refusal(f"{located.asked}: `--fix` changes files, and this is none of yours; `--diff` shows the fixes")
    return located


def write(located: Located, text: str) -> None:
    """Replaces a file's text, unless the file has changed since it was read."""
    from archdsl.atomic import replacing
    from archdsl.files import read_text

    file = located.file
    assert file is not None
    try:
        if read_text(file, chosen().source) != located.source.text:
            raise Refusal(f"{located.asked}: the file was changed meanwhile, and is left as it is")
        with file.open("rb") as stream:
            mark = stream.read(len(_MARK))
        with replacing(file) as new:
            new.write_bytes((mark if mark == _MARK else b"") + text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise Refusal(f"cannot write {located.asked}: {(error.strerror or 'failed').lower()}") from None
