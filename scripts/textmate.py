"""The TextMate grammar of ``.arch`` files, from the table of kinds and the terminals of the Lark grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from archdsl.highlight.kinds import KINDS, RULES, TERMINALS, Rule
from archdsl.syntax.tables import load

_TABLES: Final = load()
_BLANKS: Final = r"[ \t]*"
_NAME: Final = r"[^\W\d]\w*"


def grammar() -> str:
    """``editors/vscode/syntaxes/arch.tmLanguage.json``."""
    outside, inside = ([*_names(is_inside=inside)] for inside in (False, True))
    tokens = [*_tokens()]
    value = {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "information_for_contributors": ["`make docs` writes this file from grammars/arch.lark and archdsl/highlight."],
        "name": "archdsl",
        "scopeName": "source.arch",
        "fileTypes": ["arch"],
        "patterns": [{"include": "#outside"}],
        "repository": {
            "outside": {"patterns": [*_includes("module"), *outside, *_includes("brackets", "token")]},
            "inside": {"patterns": [*inside, *_includes("brackets", "token")]},
            "module": {
                "begin": rf"\b{_spelt('FROM')}\b",
                "beginCaptures": {"0": {"name": _scope(TERMINALS["FROM"])}},
                "end": rf"(?=\b{_spelt('IMPORT')}\b)|$",
                "patterns": [*_includes("keyword"), {"match": _NAME, "name": _scope("module")}, *_includes("token")],
            },
            "brackets": {
                "begin": _spelt("LSQB"),
                "beginCaptures": {"0": {"name": _scope(TERMINALS["LSQB"])}},
                "end": _spelt("RSQB"),
                "endCaptures": {"0": {"name": _scope(TERMINALS["RSQB"])}},
                "patterns": _includes("inside"),
            },
            "keyword": {"patterns": [*_keywords()]},
            "token": {"patterns": tokens},
        },
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _includes(*names: str) -> list[dict[str, str]]:
    return [{"include": f"#{name}"} for name in names]


def _scope(kind: str) -> str:
    return f"{KINDS[kind].scope}.arch"


def _spelt(*terminals: str) -> str:
    """What one of the terminals looks like. Of words, the whole."""
    found = [re.escape(_TABLES.spelling[name]) for name in terminals]
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"


def _keywords() -> Iterator[dict[str, Any]]:
    kinds: dict[str, list[str]] = {}
    for terminal in _TABLES.keywords.values():
        kinds.setdefault(TERMINALS[terminal], []).append(terminal)
    for kind, terminals in kinds.items():
        yield {"match": rf"\b{_spelt(*terminals)}\b", "name": _scope(kind)}


def _names(*, is_inside: bool) -> Iterator[dict[str, Any]]:
    """Names that follow certain tokens, then keywords, then names by the other rules in their order."""
    yield from (_following(rule) for rule in RULES if rule.after and rule.after != ("LSQB",))
    yield from _includes("keyword")
    for rule in RULES:
        if (not rule.after or (is_inside and rule.after == ("LSQB",))) and not (rule.outside and is_inside):
            behind = rf"(?<={_spelt(*rule.after)})" if rule.after else r"\b"
            ahead = rf"(?={_BLANKS}(?:{'|'.join(map(_alone, rule.before))}))" if rule.before else ""
            yield {"match": f"{behind}{_word(rule)}{ahead}", "name": _scope(rule.kind)}


def _following(rule: Rule) -> dict[str, Any]:
    """A rule for what comes after a token: a match of both, as looking behind cannot pass over blanks."""
    (before,) = {TERMINALS[terminal] for terminal in rule.after}
    edge = r"\b" if rule.after[0] in _TABLES.keywords.values() else ""
    ahead = "(?!:)" if rule.after == ("COLON",) else ""
    behind = "(?<![:.])" if rule.after in (("COLON",), ("DOT",)) else ""
    return {
        "match": f"{behind}{edge}({_spelt(*rule.after)}){edge}{ahead}{_BLANKS}(?!{_any_keyword()})({_word(rule)})",
        "captures": {"1": {"name": _scope(before)}, "2": {"name": _scope(rule.kind)}},
    }


def _any_keyword() -> str:
    return rf"(?:{'|'.join(_TABLES.keywords)})\b"


def _word(rule: Rule) -> str:
    if rule.words:
        return rf"(?:{'|'.join(sorted(rule.words))})\b"
    return r"\p{Lu}\w*" if rule.capital else _NAME


def _alone(terminal: str) -> str:
    """A mark that is not the beginning of a longer one."""
    mark = _TABLES.spelling[terminal]
    longer = [other for other in _marks() if other.startswith(mark) and other != mark]
    return re.escape(mark) + (f"(?!{'|'.join(re.escape(other[len(mark) :]) for other in longer)})" if longer else "")


def _marks() -> Sequence[str]:
    keywords = set(_TABLES.keywords.values())
    return [*(text for name, text in _TABLES.spelling.items() if name not in keywords), "=="]


def _tokens() -> Iterator[dict[str, Any]]:
    """Every other terminal, in the order in which the lexer tries them."""
    parts = re.split(r"\|?\(\?P<(\w+)>", _TABLES.terminals)
    for terminal, pattern in zip(parts[1::2], parts[2::2], strict=True):
        if terminal != "LSQB" and TERMINALS[terminal] != "space":
            yield {"match": pattern.removesuffix(")"), "name": _scope(TERMINALS[terminal])}
    yield {"match": r'"[^"\n]*$|\d\w*|[^\s\w]', "name": _scope("unknown")}
