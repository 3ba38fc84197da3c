"""The form of an error at a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl.diagnostics.terminal import count, render, render_all
from tests.unit.diagnostics.samples import SAMPLES, design

GOLDEN = Path(__file__).with_name("golden") / "terminal"


def test_design() -> None:
    assert render(design(), colour=False) == (
        """\
error[sample]: branches of `add` have different shapes
  --> specs/resnet50.arch:9:3
   |
 9 |   add {
   |   ^^^ needs equal shapes
10 |     main: ConvBNAct(width, k=1)
   |     ---- [28, 28, 512]
13 |     skip: if stride == 1 and c == out { id } else { ConvBN(out, k=1) }
   |     ---- [56, 56, 512]
   |
   = in Bottleneck(128, stride=2), from Stage(128, depth=4) at 19:3; and 2 more instances
   = help: pass the block's stride: `ConvBN(out, k=1, stride=stride)`"""
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_golden(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / f"{name}.txt", render_all(SAMPLES[name], colour=False) + "\n")


@pytest.mark.parametrize("name", SAMPLES)
def test_colour_only_adds_colour(name: str) -> None:
    plain = render_all(SAMPLES[name], colour=False)
    painted = render_all(SAMPLES[name], colour=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


@pytest.mark.parametrize("name", SAMPLES)
def test_lines_are_not_too_long(name: str) -> None:
    assert all(len(line) <= 130 for line in render_all(SAMPLES[name], colour=False).splitlines())


def test_nothing_for_nothing() -> None:
    assert render_all((), colour=False) == ""
    assert count(()) == "no errors"
