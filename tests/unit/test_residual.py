"""``residual(when=…)``: the body alone where the condition does not hold."""

from __future__ import annotations

import pytest

from archdsl.api import check_text, load_text

_SPEC = """
model Net(width: int) :: [8, 8, 4] -> [8, 8, width] {{
  residual({arguments}) {{ conv(width) }}
}}
"""


@pytest.mark.parametrize(
    ("arguments", "width", "ops"),
    [
        ("when=width == 4", 4, ["conv", "add"]),
        ("when=width == 4", 6, ["conv"]),
        ("drop=0.1, when=width == 4", 4, ["conv", "drop_path", "add"]),
        ("0.1, when=width == 4", 6, ["conv"]),
    ],
)
def test_the_condition_decides_on_the_skip(arguments: str, width: int, ops: list[str]) -> None:
    graph = load_text(_SPEC.format(arguments=arguments), width=width).graph
    assert [node.op.name for node in graph] == ops


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("when=1", "wrong-type"), ("when=depth > 1", "unknown-name"), ("0.1, true", "too-many-arguments")],
)
def test_mistakes_are_told_once(arguments: str, code: str) -> None:
    text = _SPEC.format(arguments=arguments) + "\ncheck Net(4)\n"
    assert [problem.code for problem in check_text(text)] == [code]
