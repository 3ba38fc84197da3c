"""Runs the benchmarks and prints them as a Markdown table: ``python -m benchmarks [NAME…]``."""

from __future__ import annotations

import os
import sys

from benchmarks.cases import CASES


def main(names: list[str]) -> int:
    """Prints a row as soon as it is measured. Exits with 1 if a ratio passes its limit."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    known = {case.__name__: case for case in CASES}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print("| what | archdsl | against | its figure | ratio | limit | |")
    print("|---|---|---|---|---|---|---|")
    passed = True
    for name, case in known.items():
        if names and name not in names:
            continue
        for line in case():
            fine = line.ratio <= line.limit
            passed &= fine
            cells = (line.what, line.ours, line.against, line.theirs, f"{line.ratio:.3f}", f"{line.limit:.3f}")
            print(f"| {' | '.join(cells)} | {'ok' if fine else 'missed'} |", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
