"""What diagrams show, as golden files that the page's plans are held to as well (tests/browser/test_plans.py)."""

import pytest

from archdsl import load
from tests.conftest import Golden
from tests.plans import PLANS, SPECS, of_python


@pytest.mark.parametrize("name", SPECS)
def test_plan(name: str, golden: Golden) -> None:
    golden(PLANS / f"{name}.txt", of_python(load(SPECS[name]).graph))
