"""The Pygments lexer for ``.arch`` files, registered as an entry point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.token import string_to_tokentype

from archdsl.highlight.kinds import KINDS
from archdsl.highlight.pieces import pieces

_TOKENS = {name: string_to_tokentype(kind.pygments) for name, kind in KINDS.items()}


class ArchLexer(Lexer):
    """Architectures of image models, in the language of archdsl."""

    name = "archdsl"
    aliases: ClassVar = ["arch", "archdsl"]
    filenames: ClassVar = ["*.arch"]
    mimetypes: ClassVar = ["text/x-arch"]
    url = "https://pypi.org/project/archdsl/"

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Offset, token type and text of each piece; characters outside of the grammar are ``Error``."""
        for piece in pieces(text):
            yield piece.start, _TOKENS[piece.kind], piece.text
