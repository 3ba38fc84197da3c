"""Safe standard streams: they exist, and never write terminal escapes from untrusted text.

What a command prints may hold words of a spec, of a graph, or of a file's name, which may come from anywhere. Renderers
spell out what is hidden in these; here, where all output passes, nothing gets through that a renderer forgot.
"""

from __future__ import annotations

import os
import re
import sys
from io import TextIOWrapper
from typing import BinaryIO, Final, cast

_MARKS: Final = re.compile(r"\x1b\[[0-9;]*m|[^\x20-\x7e\n\r\t]")
"""A change of colour, which is the renderers' own, or a character to look at."""


class Output(TextIOWrapper):
    """A text stream that escapes control characters and hidden ones. Unencodable ones become ``?``."""

    def write(self, text: str) -> int:
        super().write(harmless(text))
        return len(text)


class Errors(Output):
    """Standard error: write failures are ignored, as the exit code still reports the error."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:  # a full disk, a closed pipe
            return


def harmless(text: str) -> str:
    """The text with nonprintable characters escaped, except for line breaks, tabs and colours.

    >>> harmless("\\x1b[1mbold\\x1b[0m \\x1b]0;title\\x07")
    '\\x1b[1mbold\\x1b[0m <U+001B>]0;title<U+0007>'
    """
    return text if text.isprintable() else _MARKS.sub(_spelt, text)


def _spelt(found: re.Match[str]) -> str:
    text = found[0]
    return text if len(text) > 1 or text.isprintable() else f"<U+{ord(text):04X}>"


def prepare() -> None:
    """Replaces the standard streams by safe ones.

    One that was closed is there again: nothing comes from the input, writing to the output fails as on a disk that
    takes no more, and errors vanish. Nor does a file that is opened later get its number, and the output with it.
    """
    if sys.stdin is None:
        sys.stdin = TextIOWrapper(_opened(os.O_WRONLY, "rb"), encoding="utf-8")
    out, err = sys.stdout, sys.stderr
    if out is None or isinstance(out, TextIOWrapper):
        sys.stdout = sys.__stdout__ = _over(Output, out, os.O_RDONLY)  # type: ignore[misc]  # the old one is no more
    if err is None or isinstance(err, TextIOWrapper):
        sys.stderr = sys.__stderr__ = _over(Errors, err, os.O_RDWR)  # type: ignore[misc]


def _over(kind: type[Output], stream: TextIOWrapper | None, otherwise: int) -> Output:
    if stream is None:
        return kind(_opened(otherwise, "wb"), encoding="utf-8", errors="replace", line_buffering=kind is Errors)
    encoding, buffered, through = stream.encoding, stream.line_buffering, stream.write_through
    return kind(stream.detach(), encoding, "replace", line_buffering=buffered, write_through=through)


def _opened(flags: int, mode: str) -> BinaryIO:
    return cast(BinaryIO, open(os.open(os.devnull, flags), mode))  # noqa: PTH123  # as long as the process
