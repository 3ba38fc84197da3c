"""Every code has its page, and the page reads like the others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.explain import catalogue, index, page, summary

CODES = list(catalogue().items())


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_page(code: str, kind: type[Diagnostic]) -> None:
    text = page(code)
    assert text is not None
    assert text.startswith(f"{kind.severity}[{code}]\n\n")
    assert kind.__doc__, "the docstring is the page"
    assert not kind.__doc__.startswith(f"{kind.__name__}("), "the docstring is the page"
    assert summary(kind).endswith((".", "`")), "the first paragraph is a sentence"
    for paragraph in text.split("\n\n")[1:]:
        # An example without a sentence before it loses its indentation, as the least indented lines of a docstring do.
        assert re.match(r"    |[A-Z`/]", paragraph), f"an example needs a sentence before it: {paragraph!r}"


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_message_style(code: str, kind: type[Diagnostic]) -> None:
    for text in filter(None, (kind.message, kind.label)):
        assert not text.endswith(".")
        assert not text[0].isupper()
        assert not re.search(r"\b(I|we|my|our|please|sorry|invalid|illegal)\b", text)


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_templates_name_fields(code: str, kind: type[Diagnostic]) -> None:
    names = set(re.findall(r"{(\w+)}", kind.message + kind.label))
    fields = {name for base in kind.__mro__ for name in getattr(base, "__annotations__", {})}
    assert names <= fields


def test_index_has_a_line_for_each() -> None:
    lines = index().splitlines()
    assert [line.split()[0] for line in lines] == [code for code, _ in CODES]


def test_unknown_code_has_no_page() -> None:
    assert page("no-such-code") is None


def test_starting_makes_no_dataclass(fresh_python: Callable[[str], object]) -> None:
    """Half a millisecond for each of some sixty codes would show at every start."""
    fresh_python(
        "from archdsl.diagnostics.explain import catalogue\n"
        "assert not [kind for kind in catalogue().values() if '__dataclass_fields__' in vars(kind)]"
    )


def test_diagnostics_import_nothing_heavy(fresh_python: Callable[[str], object]) -> None:
    fresh_python(
        "import sys\n"
        "from archdsl.diagnostics import explain, github, json, sarif, suggest, terminal\n"
        "explain.index()\n"
        "assert not {'difflib', 'keras', 'lark', 'networkx', 'numpy', 'pydantic'} & set(sys.modules)"
    )
