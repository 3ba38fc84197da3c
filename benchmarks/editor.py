"""How long an editor waits: ``python -m benchmarks.editor`` prints tables; ``--write`` puts them into the page.

A real server is driven over its standard streams. Each edit types a letter within a text, or deletes it again. Then
the time is taken until the first diagnostics of that version, until all of them, and until a completion is answered
that is asked for at once; of completion and hover when all is quiet, too. It is the CPU time of the server: what an
editor waits for on a machine that has nothing else to do.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import pages
from tests.lsp.client import Client, server
from tests.lsp.edits import Hands
from tests.lsp.test_edits import megabytes

_ROOT = Path(__file__).parent.parent
PAGE = _ROOT / "docs" / "performance.md"
EDITS = 60
MANY = 10_000
"""Edits after which the memory of the server is looked at."""


def texts() -> dict[str, str]:
    """What is edited. The long one has the blocks of the library that ResNet and MobileNet take as its own."""
    library = "".join((_ROOT / f"archdsl/std/{name}.arch").read_text() for name in ("conv", "residual", "mobile"))
    resnet = (_ROOT / "specs/resnet50.arch").read_text()
    long = re.sub(r"^from std.*\n", "", library + resnet, flags=re.MULTILINE)
    return {
        f"{long.count(chr(10))} lines: ResNet with its blocks": long,
        "`resnet50.arch`: ResNet-18 to 152": resnet,
        "`efficientnet.arch`: B0 to B7": (_ROOT / "specs/efficientnet.arch").read_text(),
    }


def waits() -> str:
    """Milliseconds of CPU for each text: the median and what 95 of 100 stay below."""
    columns = ("text", "first diagnostics", "all diagnostics", "completion while typing", "completion", "hover")
    rows = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    with server() as client:
        for number, (name, text) in enumerate(texts().items()):
            measured = _measured(client, f"untitled:{number}", text)
            rows.append(f"| {name} | {' | '.join(map(_percentiles, measured))} |")
    return "\n".join(rows)


def _measured(client: Client, uri: str, text: str) -> tuple[list[float], ...]:
    client.open(uri, text)
    client.settled(uri, 1)
    client.at("completion", uri, 8, 4)  # what questions take is loaded with the first one
    client.at("hover", uri, 8, 4)
    draw = random.Random(0)
    lines = text.split("\n")
    first, whole, typing, completion, hover = [], [], [], [], []
    version = 1

    def edit(line: int, start: int, end: int, letter: str) -> float:
        nonlocal version
        version += 1
        begin = _cpu(client)
        client.edit(uri, version, (line, start), (line, end), letter)
        return begin

    for _ in range(EDITS):
        line = draw.choice([n for n, each in enumerate(lines) if "(" in each])
        place = lines[line].index("(")
        for start, end, letter in ((place, place, "x"), (place, place + 1, "")):
            begin = edit(line, start, end, letter)
            client.until(lambda: client.diagnostics[uri][-1][0] == version)
            first.append(_cpu(client) - begin)
            client.settled(uri, version)
            whole.append(_cpu(client) - begin)
        begin = edit(line, place, place, "x")
        client.at("completion", uri, line, place + 1)
        typing.append(_cpu(client) - begin)
        edit(line, place, place + 1, "")
        client.settled(uri, version)
        for method, times, character in (("completion", completion, place), ("hover", hover, place - 1)):
            begin = _cpu(client)
            client.at(method, uri, line, character)
            times.append(_cpu(client) - begin)
    return first, whole, typing, completion, hover


def _cpu(client: Client) -> float:
    """Seconds that the server's main thread has run."""
    return int(Path(f"/proc/{client.process.pid}/schedstat").read_text().split()[0]) / 1e9


def _percentiles(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"{ordered[len(ordered) // 2] * 1000:.0f}, {ordered[int(len(ordered) * 0.95)] * 1000:.0f}"


def start() -> tuple[float, float]:
    """Seconds from the start of the server to the first diagnostics of a text: its CPU's and the clock's, the least of
    several.
    """
    times: list[tuple[float, float]] = []
    for _ in range(5):
        begin = time.perf_counter()
        with server() as client:
            client.open("untitled:1", (_ROOT / "specs/resnet50.arch").read_text())
            client.until(lambda: "untitled:1" in client.diagnostics)  # called at once
            times.append((_cpu(client), time.perf_counter() - begin))
    return min(cpu for cpu, _ in times), min(clock for _, clock in times)


def memory() -> tuple[float, float]:
    """Megabytes of the server after a tenth of the edits, and after all of them."""
    hands = Hands((_ROOT / "specs/resnet50.arch").read_text(), seed=1)
    found: list[float] = []
    with server() as client:
        client.open("untitled:1", hands.text)
        for version in range(2, MANY + 2):
            changes = [
                {"range": {"start": each.start._asdict(), "end": each.end._asdict()}, "text": each.text}
                for each in hands.edit()
            ]
            document = {"uri": "untitled:1", "version": version}
            client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
            if version % 10 == 0:
                client.request("textDocument/documentSymbol", {"textDocument": {"uri": "untitled:1"}})
            if version in (MANY // 10, MANY):
                client.settled("untitled:1", version)
                found.append(megabytes(client.process.pid))
    return found[0], found[1]


def _loop() -> float:
    """CPU milliseconds of a fixed loop of Python: what the machine does today."""
    begin = time.process_time()
    number = 0
    for i in range(1_000_000):
        number += i * i % 7
    return (time.process_time() - begin) * 1000


def main(arguments: list[str]) -> int:
    loop = min(_loop() for _ in range(3))
    table = waits()
    seconds, clock = start()
    early, late = memory()
    grown = f"{early:.0f} MB after {MANY // 10:_} random edits, {late:.0f} MB after {MANY:_}"
    load = (
        f"A million rounds of a loop of Python took {loop:.0f} ms of CPU, and {os.getloadavg()[0]:.1f} processes ran."
    )
    begun = f"From the start of the server to the first diagnostics {seconds:.2f} s of CPU, {clock:.2f} s by the clock"
    text = f"{table}\n\n{begun}; {grown}. {load}"
    print(text)
    if "--write" in arguments:
        pages.replace(PAGE, "editor", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
