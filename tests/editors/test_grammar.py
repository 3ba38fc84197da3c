"""The TextMate grammar, read by the libraries of VS Code, colours every character as the compiler's own lexer does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archdsl.highlight import KINDS, TERMINALS, pieces
from archdsl.syntax.tables import load
from tests.editors.conftest import Node

ROOT = Path(__file__).parents[2]
LITERALS = (
    "1",
    "1_000",
    "8k",
    "2.5M",
    "1e-3",
    '"text"',
    '"a \\" b"',
    "# note",
    "## doc",
    "true",
    "false",
    "word",
    "3x",
)


def ours(text: str) -> Iterator[tuple[int, str]]:
    """Each character that is no blank, and the scope of its piece."""
    for piece in pieces(text):
        yield from ((at, KINDS[piece.kind].scope) for at in range(piece.start, piece.start + len(piece.text)))


def theirs(text: str, lines: list[list[tuple[int, str]]]) -> Iterator[tuple[int, str]]:
    start = 0
    for line, tokens in zip(text.split("\n"), lines, strict=True):
        ends = [*(begin for begin, _ in tokens[1:]), len(line)]
        for (begin, scope), end in zip(tokens, ends, strict=True):
            yield from ((start + at, scope.removesuffix(".arch")) for at in range(begin, min(end, len(line))))
        start += len(line) + 1


def test_scopes_are_those_of_the_table(node: Node) -> None:
    """For every spec, and every keyword, mark and literal by itself."""
    specs = [
        path.read_text(encoding="utf-8") for path in [*ROOT.glob("specs/*.arch"), *ROOT.glob("archdsl/std/**/*.arch")]
    ]
    texts = [*specs, *load().spelling.values(), *LITERALS]
    assert len(specs) > 60
    compared = 0
    for text, lines in zip(texts, node("tokens.mjs", texts), strict=True):
        wanted = {at: scope for at, scope in ours(text) if not text[at].isspace()}
        found = {at: scope for at, scope in theirs(text, lines) if not text[at].isspace()}
        assert found == wanted, text[min(at for at in wanted if found.get(at) != wanted[at]) :][:80]
        compared += len(wanted)
    assert compared > 100_000


def test_each_keyword_has_its_scope(node: Node) -> None:
    keywords = load().keywords
    for (word, terminal), (((start, scope), *_),) in zip(
        keywords.items(), node("tokens.mjs", [*keywords]), strict=True
    ):
        assert (start, scope) == (0, f"{KINDS[TERMINALS[terminal]].scope}.arch"), word
