"""Mutation testing of shape rules and counts: ``make mutants`` breaks them on purpose, and fails below 90% noticed.

mutmut makes the mutants, one small change each, and runs the tests that reach the changed function. ``[tool.mutmut]``
in pyproject.toml says of which files, and which lines hold only the words of messages.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
WANTED: Final = 0.9
OTHER_RULES: Final = re.compile(
    r"ǁ(reach|carry|between|_with_name|__pydantic_init_subclass__)__mutmut"
    r"|\.x_(_sampled|_in_windows|_last|_alike|reaches)__mutmut"
)
"""Functions of the same files that are no shapes and no counts: receptive fields, memory, how an op is registered."""
_KILLED: Final = frozenset({1, 3, -24, 36, 152})
"""Exit codes of a test run that noticed: tests failed, or they took too long."""


def tally(results: dict[str, int | None]) -> Counter[bool]:
    """How many of the mutants that count were noticed, from their names and exit codes.

    >>> sorted(tally({"archdsl.ops.a.x_f__mutmut_1": 1, "archdsl.ops.a.x_f__mutmut_2": 0}).items())
    [(False, 1), (True, 1)]
    """
    return Counter(code in _KILLED for name, code in results.items() if not OTHER_RULES.search(name))


def main() -> int:
    # Its own folder as the first of the path would hide the copy that mutmut makes.
    subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=ROOT, check=True)
    total = Counter[bool]()
    for meta in sorted((ROOT / "mutants").rglob("*.meta")):
        counted = tally(json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"])
        total += counted
        if counted:
            name = meta.relative_to(ROOT / "mutants").as_posix().removesuffix(".meta")
            print(f"{name:<36} {counted[True]:>5} of {counted.total():>5} noticed")
    share = total[True] / total.total()
    print(f"{'all':<36} {total[True]:>5} of {total.total():>5} noticed: {share:.1%}")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
