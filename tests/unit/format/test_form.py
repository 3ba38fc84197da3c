"""What the form is, by example: ``forms.txt`` has texts, each with its form below ``--->``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archdsl.format import format_text
from tests.unit.format.laws import formatted, is_sound, sound

EXAMPLES = re.findall(
    r"^=== ([^\n]+)\n(.*?)^--->\n(.*?)(?=^\n=== |\Z)",
    (Path(__file__).parent / "forms.txt").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(("text", "form"), [pytest.param(*example[1:], id=example[0]) for example in EXAMPLES])
def test_form(text: str, form: str) -> None:
    assert (sound if is_sound(text) else formatted)(text) == form
    assert format_text(form).text == form


def test_examples() -> None:
    assert len(EXAMPLES) == 43


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", ""),
        ("\n\n \n", ""),
        ("# only", "# only\n"),
        ("let  a = 5\r\n\r\nlet b = 6 # c\r\n", "let a = 5\n\nlet b = 6  # c\n"),
        ("let  a = 5\r\r\n# c\r", "let a = 5\n# c\n"),
        ("\r", ""),
        ("let a = 5 \r let b = 6", "let a = 5 \r let b = 6\n"),
        ("let\ta\t=\t5", "let a = 5\n"),
    ],
)
def test_ends_of_lines_and_of_texts(text: str, form: str) -> None:
    assert formatted(text) == form


def test_depth_and_length_of_a_text_are_no_danger() -> None:
    for text in ("[" * 5_000, "let a = " + "not " * 20_000, "let a = (" + "-" * 20_000 + "1)", "+ " * 20_000):
        formatted(text)
