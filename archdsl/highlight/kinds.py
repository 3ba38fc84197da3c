"""The kinds of tokens for highlighting: defined by a terminal of the grammar or, for names, by a rule.

This is the one table of highlighting. ``pieces.py`` reads it, and so does ``scripts/textmate.py``, which writes the
grammar of the editors; the Pygments lexer translates kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from archdsl.names.language import FUNCTIONS
from archdsl.names.language import KEYWORDS as STEPS
from archdsl.ops.init import KINDS as INITIALISERS
from archdsl.ops.registry import OPS
from archdsl.ops.types import NAMES as TYPES


class Kind(NamedTuple):
    """A kind with the scope of TextMate grammars and the token type of Pygments."""

    scope: str
    pygments: str


KINDS: Final[Mapping[str, Kind]] = {
    "space": Kind("", "Text.Whitespace"),
    "comment": Kind("comment.line.number-sign", "Comment.Single"),
    "doc": Kind("comment.line.documentation", "Comment.Special"),
    "import": Kind("keyword.control.import", "Keyword.Namespace"),
    "declaration": Kind("storage.type", "Keyword.Declaration"),
    "keyword": Kind("keyword.control", "Keyword"),
    "word-operator": Kind("keyword.operator.logical", "Operator.Word"),
    "constant": Kind("constant.language", "Keyword.Constant"),
    "number": Kind("constant.numeric", "Literal.Number"),
    "string": Kind("string.quoted.double", "Literal.String.Double"),
    "operator": Kind("keyword.operator", "Operator"),
    "punctuation": Kind("punctuation", "Punctuation"),
    "module": Kind("entity.name.namespace", "Name.Namespace"),
    "block-definition": Kind("entity.name.type.definition", "Name.Class"),
    "function-definition": Kind("entity.name.function.definition", "Name.Function"),
    "definition": Kind("variable.other.definition", "Name.Variable"),
    "label": Kind("entity.name.label", "Name.Label"),
    "member": Kind("variable.other.member", "Name.Attribute"),
    "argument": Kind("variable.parameter", "Name.Attribute"),
    "type": Kind("support.type", "Keyword.Type"),
    "block": Kind("entity.name.type", "Name.Class"),
    "op": Kind("support.function", "Name.Builtin"),
    "function": Kind("support.function.builtin", "Name.Builtin"),
    "call": Kind("entity.name.function", "Name.Function"),
    "name": Kind("variable.other", "Name"),
    "unknown": Kind("invalid.illegal", "Error"),
}

TERMINALS: Final[Mapping[str, str]] = {
    "FROM": "import", "IMPORT": "import",
    "LET": "declaration", "FN": "declaration", "BLOCK": "declaration", "MODEL": "declaration", "CHECK": "declaration",
    "ABOUT": "declaration", "SHARED": "declaration", "TABLE": "declaration",
    "PORTS": "keyword", "IF": "keyword", "ELSE": "keyword", "FOR": "keyword", "IN": "keyword", "REPEAT": "keyword",
    "AS": "keyword", "WHERE": "keyword",
    "AND": "word-operator", "OR": "word-operator", "NOT": "word-operator",
    "TRUE": "constant", "FALSE": "constant",
    "ARROW": "operator", "DOUBLE_COLON": "operator", "ELLIPSIS": "operator", "QUESTION": "operator",
    "PIPE": "operator", "EQUAL": "operator", "APPROX": "operator", "COMPARE": "operator", "PLUS": "operator",
    "MINUS": "operator", "STAR": "operator", "POWER": "operator", "SLASH": "operator", "DOUBLE_SLASH": "operator",
    "PERCENT": "operator",
    "COLON": "punctuation", "COMMA": "punctuation", "DOT": "punctuation", "LPAR": "punctuation",
    "RPAR": "punctuation", "LSQB": "punctuation", "RSQB": "punctuation", "LBRACE": "punctuation",
    "RBRACE": "punctuation",
    "NAME": "name", "DECIMAL": "number", "INTEGER": "number", "STRING": "string",
    "NEWLINE": "space", "SPACE": "space", "DOC": "doc", "COMMENT": "comment",
}  # fmt: skip
"""The kind of each terminal of the grammar; that of a ``NAME`` if no rule says more."""


class Rule(NamedTuple):
    """Gives a ``NAME`` a kind if all conditions of the rule hold. Neighbours are those on the same line."""

    kind: str
    after: tuple[str, ...] = ()
    """Terminals of which one is the token before it."""
    before: tuple[str, ...] = ()
    """Terminals of which one is the token after it."""
    words: frozenset[str] | None = None
    """What it may be."""
    capital: bool = False
    """Whether it begins with a capital."""
    outside: bool = False
    """Whether it stands in no square brackets."""


_TYPES: Final = frozenset(TYPES)

RULES: Final = (
    Rule("block-definition", after=("BLOCK", "MODEL")),
    Rule("function-definition", after=("FN",)),
    Rule("definition", after=("LET", "SHARED")),
    Rule("definition", after=("FOR",)),
    Rule("label", after=("AS",)),
    Rule("member", after=("DOT",)),
    Rule("type", after=("COLON",), words=_TYPES),
    Rule("type", after=("PIPE",), words=_TYPES),
    Rule("type", after=("LSQB",), before=("RSQB", "LSQB", "PIPE"), words=_TYPES),
    Rule("argument", before=("EQUAL",)),
    Rule("label", before=("COLON",), outside=True),
    Rule("block", capital=True),
    Rule("op", words=frozenset((*OPS, *STEPS))),
    Rule("function", words=frozenset((*FUNCTIONS, *INITIALISERS))),
    Rule("call", before=("LPAR",)),
)
"""The first that holds decides. In a module's name, between ``from`` and ``import``, none does: it is a ``module``."""
