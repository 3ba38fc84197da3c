"""`check` lines: what they hold a model to, and what they say when it does not hold."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import mistakes, program

NET = "model Net(width: int = 8) :: [32, 32, 3] -> [10] { conv(width, k=3) -> global_avg_pool -> dense(10) }\n"
BLOCK = "block Unit(filters: int) :: [h, w, c] -> [h, w, filters] { conv(filters, k=1, bias=true) -> batch_norm }\n"


@pytest.mark.parametrize(
    "line",
    [
        "check Net()",
        "check Net",
        "check Net() :: [32, 32, 3] -> [10]",
        "check Net() :: [_, _, 3] -> [_]",
        "check Net() :: [h, w, c] -> [c + 7]",
        "check Net(), params == 314, trainable == 314, depth == 2",
        "check Net(width=16), params != 314, params > 314",
        "check Net(), macs == 32 * 32 * 8 * 27 + 80, macs ~= 0.22M, macs ~= 221k, activations <= 10k",
        "check Net(), 300 < params < 400, params in [1, 314]",
        "check Net(), receptive_field == 3, params == 314",
        "check Net(), 314 == params",
        "check Unit(4) :: [8, 8, 2] -> [8, 8, 4], params == 28, trainable == 20",
        "check Unit(4) :: [?, ?, 2] -> [?, ?, 4]",
        "check Unit(4) :: [h, w, 2] -> [h, w, 4]",
        "check 1 + 1 == 2, 3 > 2",
    ],
)
def test_holds(line: str) -> None:
    assert mistakes(NET + BLOCK + line) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("check Net() :: [28, 28, 3] -> [10]", "the input is [32, 32, 3], not [28, 28, 3]"),
        ("check Net() :: [32, 32, 3] -> [11]", "the output is [10], not [11]"),
        ("check Net() :: [32, 32, 3] -> [10, 1]", "the output is [10], not [10, 1]"),
        ("check Net() :: (a: [1], b: [1]) -> [10]", "the input is input, not a, b"),
        ("check Net(), params == 300", "`params` is 314, not 300"),
        ("check Net(), 300 == params", "`params` is 314, not 300"),
        ("check Net(), 300 >= params", "`params` is 314, not at most 300"),
        ("check Net(), params != 314", "`params` is 314, not anything but 314"),
        ("check Net(), params < 314", "`params` is 314, not below 314"),
        ("check Net(), macs ~= 0.21M", "`macs` is 221_264, not about 0.21M"),
        ("check Net(), macs ~= 0.221M, macs ~= 0.222M", "`macs` is 221_264, not about 0.222M"),
        ("check Net(), params in [1, 2]", "`params` is 314, not in [1, 2]"),
        ("check Net(), 1 < depth < 2", "`1 < depth < 2` is false, not true"),
        ("check Net(), params > 1 and depth > 2", "`params > 1 and depth > 2` is false, not true"),
        ("check Net(), params", "the condition should be a bool, not 314"),
        ("check Net(), params / 4 > 1", "314 is not divisible by 4"),
        (
            "check Net(), params ~= depth",
            "what `~=` compares with should be a figure as written, such as `4.1G`, not `depth`",
        ),
        ("check Net(width=0)", "`filters` of `conv` should be a positive int, not 0"),
        ("check Net(widht=1)", "`Net` has no parameter `widht`"),
        ("check Unit(4) :: [8, 8, 2] -> [8, 8, 5]", "the output is [8, 8, 4], not [8, 8, 5]"),
        ("check Unit(4) :: [8, 2] -> [8, 4]", "`Unit` needs a tensor [h, w, c], not [8, 2]"),
        ("check Unit", "`Unit` needs `filters`"),
        ("check relu", "op `relu` is not a call of a model or block, or a condition"),
        ("check 3", "3 is not a call of a model or block, or a condition"),
        ("check 1 + 1 == 3", "`1 + 1` is 2, not 3"),
    ],
)
def test_does_not_hold(line: str, message: str) -> None:
    assert mistakes(NET + BLOCK + line) == [message]


def test_figures_of_a_condition_that_is_no_comparison_are_shown() -> None:
    (found,) = program(NET + "check Net(), params > 1 and depth > 2").diagnostics
    assert set(found.help) == {"`params` is 314", "`depth` is 2"}


def test_a_block_without_a_signature_needs_one_to_be_checked() -> None:
    text = "block Loose() { relu }\n"
    assert mistakes(text + "check Loose(), params == 0") == ["block `Loose` needs a signature"]
    assert mistakes(text + "check Loose() :: [8] -> [8], params == 0") == []


def test_each_line_is_checked() -> None:
    lines = "check Net(), params == 1\ncheck Net(), params == 314\ncheck Net(), depth == 1, params == 2\n"
    assert mistakes(NET + lines) == ["`params` is 314, not 1", "`depth` is 2, not 1", "`params` is 314, not 2"]


def test_a_model_that_needs_arguments_is_not_checked_without() -> None:
    assert mistakes("model Net(width: int) :: [8] -> [width] { dense(width) }") == []
