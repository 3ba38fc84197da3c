"""The share of branches that tests take, outside of the command line's printing: ``make coverage`` ends with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

WANTED: Final = 0.95
PRINTING: Final = "archdsl/cli/"


def share(report: dict[str, Any]) -> float:
    """Of a report of ``coverage json``.

    >>> counted = {"num_branches": 4, "covered_branches": 3}
    >>> share({"files": {"archdsl/api.py": {"summary": counted}, "archdsl/cli/main.py": {"summary": {}}}})
    0.75
    """
    files = [entry["summary"] for path, entry in report["files"].items() if not path.startswith(PRINTING)]
    taken, all_ = (sum(entry[key] for entry in files) for key in ("covered_branches", "num_branches"))
    return float(taken / all_)


if __name__ == "__main__":
    found = share(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(f"branches outside of {PRINTING}: {found:.1%}, at least {WANTED:.0%} wanted")
    sys.exit(found < WANTED)
