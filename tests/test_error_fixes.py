"""The fixes of all golden error cases: no text gets worse by them, and a second time they change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.cli.fixing import checked
from archdsl.diagnostics.fixes import Checked, Mended, mend
from archdsl.files import on_disk
from archdsl.limits import DEFAULT

CASES = sorted(
    path for path in (Path(__file__).parent / "cases" / "errors").glob("*.arch") if not path.stem.startswith("huge")
)


def _mended(case: Path, start: Checked, unsafe: bool) -> Mended:
    located = on_disk(case)

    def check(text: str) -> Checked:
        return checked(located.loader.source(case, text), located, DEFAULT)

    return mend(start, check, unsafe=unsafe)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_no_case_gets_worse(case: Path) -> None:
    located = on_disk(case)
    start = checked(located.source, located, DEFAULT)
    for unsafe in (False, True):
        if not any(d.fix and (unsafe or d.fix.is_safe) for d in start.found):
            continue
        now, fixed = _mended(case, start, unsafe)
        assert now.errors <= start.errors
        assert _mended(case, now, unsafe).now.source.text == now.source.text
        assert all(d.fix is not None and (unsafe or d.fix.is_safe) for d in fixed)
        assert fixed or unsafe
