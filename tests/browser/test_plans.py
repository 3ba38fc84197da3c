"""The page's own scripts decide what is shown as Python does: both are held to the same golden files."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl import load
from tests.plans import PLANS, SPECS, of_page


@pytest.mark.parametrize("name", SPECS)
def test_plan(name: str, browser: Any) -> None:
    assert of_page(browser, load(SPECS[name]).graph) == (PLANS / f"{name}.txt").read_text(encoding="utf-8")
