"""The page of a code, ``archdsl explain CODE``, and the index of all codes: generated from the catalogue's classes."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from inspect import cleandoc
from pkgutil import iter_modules

from archdsl.diagnostics import catalogue as package
from archdsl.diagnostics.model import Diagnostic


def catalogue() -> Mapping[str, type[Diagnostic]]:
    """Every code that archdsl can report with its class, in alphabetical order."""
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    ours = (kind for kind in Diagnostic.registry.values() if kind.__module__.startswith(f"{package.__name__}."))
    return {kind.code: kind for kind in sorted(ours, key=lambda kind: kind.code)}


def page(code: str) -> str | None:
    """The page of a code: its meaning, reason and remedy; ``None`` if there is no such code.

    >>> print(page("unclosed-string").splitlines()[0])
    error[unclosed-string]
    """
    kind = catalogue().get(code)
    if kind is None:
        return None
    return f"{kind.severity}[{kind.code}]\n\n{cleandoc(kind.__doc__ or '')}\n"


def summary(kind: type[Diagnostic]) -> str:
    """The first sentence of a class's page, on one line.

    >>> from archdsl.diagnostics.catalogue.syntax import UnclosedString
    >>> summary(UnclosedString)
    'A string has no closing quote on its line.'
    """
    paragraph = " ".join(cleandoc(kind.__doc__ or "").split("\n\n", 1)[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + "." if stop else paragraph


def index() -> str:
    """One line per code: its name, a mark for warnings, and its meaning."""
    kinds = catalogue()
    room = max(map(len, kinds))
    return "".join(f"{code:<{room}}  {kind.severity:<7}  {summary(kind)}\n" for code, kind in kinds.items())
