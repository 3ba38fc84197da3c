"""Fuzzing for as long as one likes: ``python -m tests.fuzz --seconds 600``.

What fails is made as small as it can be and kept in ``tests/fuzz/found``, where it is a test from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.judge import faults
from tests.fuzz.minimise import minimise
from tests.fuzz.targets import TARGETS, make

FOUND = Path(__file__).parent / "found"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long (%(default)s)")
    parser.add_argument("--count", type=int, default=sys.maxsize, help="how many inputs at most")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other inputs (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input (%(default)s)")
    options = parser.parse_args()
    end, counts, kinds = time.monotonic() + options.seconds, Counter[str](), Counter[str]()
    number = options.first
    while time.monotonic() < end and number - options.first < options.count:
        name, text = make(options.seed, number)
        counts[name] += 1
        check = TARGETS[name].check
        if fault := faults(check, text):
            kind = fault.partition(":")[0]
            kinds[kind] += 1
            print(f"{name} {number}: {fault}", flush=True)
            if kinds[kind] <= 10:
                print(f"  kept as {_keep(name, text, kind)}", flush=True)
        number += 1
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    each = ", ".join(f"{counts[name]:_} {name}s" for name in TARGETS)
    print(
        f"seed {options.seed}, inputs {options.first:_} to {number - 1:_}: {each}; {kinds.total()} faults; {memory} MB"
    )
    return min(kinds.total(), 1)


def _keep(name: str, text: str, kind: str) -> str:
    """Writes the smallest text with a fault of this kind, unless it is a matter of time, which small texts take too."""
    check = TARGETS[name].check
    tries = 60 if kind in ("slow", "hang") else 2_000
    small = minimise(text, lambda part: (faults(check, part) or "").partition(":")[0] == kind, tries)
    data = small.encode("utf-8", errors="surrogatepass")
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.txt"
    path.write_bytes(data)
    return path.name


if __name__ == "__main__":
    sys.exit(main())
