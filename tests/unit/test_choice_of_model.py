"""Which model a file stands for: the one asked for, its only one, or the one that it is named after."""

from __future__ import annotations

import pytest

import archdsl

TWO = """
model Small() :: [8] -> [4] { dense(4) }
model Large() :: [8] -> [4] { dense(64) -> relu -> dense(4) }
"""


def _mistake(text: str, model: str | None = None, name: str = "<text>") -> tuple[str, str, tuple[str, ...]]:
    with pytest.raises(archdsl.ArchError) as caught:
        archdsl.load_text(text, model, name=name)
    (found,) = caught.value.diagnostics
    return found.code, found.text, found.help


def test_the_only_one() -> None:
    assert archdsl.load_text("model Net() :: [8] -> [4] { dense(4) }").name == "Net"


def test_the_one_asked_for() -> None:
    assert archdsl.load_text(TWO, "Small").name == "Small"


def test_the_one_that_the_file_is_named_after() -> None:
    assert archdsl.load_text(TWO, name="nets/large.arch").name == "Large"


def test_several() -> None:
    code, text, help_ = _mistake(TWO, name="nets.arch")
    assert (code, text) == ("ambiguous-model", "the file declares several models: Small, Large")
    assert help_ == ("name one: `nets.arch:Small`",)


def test_none() -> None:
    assert _mistake("let a = 1")[:2] == ("no-model", "the file declares no model")


def test_unknown() -> None:
    assert _mistake(TWO, "Lagre") == ("unknown-name", "model `Lagre` is not defined", ("did you mean `Large`?",))


FAMILY = """
model Net(width: int, depth: int) :: [8] -> [4] { repeat depth { dense(width) } -> dense(4) }
model NetS = Net(8, depth=1)
model NetL = Net(64, depth=2)
"""


def test_one_that_needs_arguments_names_its_variants() -> None:
    code, text, help_ = _mistake(FAMILY, "Net")
    assert (code, text) == ("missing-argument", "`Net` needs `width` and `depth`")
    assert help_ == ("name a variant, which has them: `NetS`, `NetL`",)


def test_without_variants_all_that_is_missing_is_said() -> None:
    first, _, _ = FAMILY.partition("model NetS")
    assert _mistake(first, "Net") == ("missing-argument", "`Net` needs `width` and `depth`", ())
