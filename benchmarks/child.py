"""What is measured in a process of its own: ``python -m benchmarks.child NAME …`` prints it as JSON.

Growth is processor time and memory is the peak of the process, less what it held before.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def nested(nodes: int) -> str:
    """A model of that many ops in nested blocks of ten."""
    return (
        "block Ten() { repeat 5 { conv(8, k=1) -> relu } }\n"
        "block Hundred() { repeat 10 { Ten } }\n"
        f"model Chain() :: [4, 4, 8] -> [4, 4, 8] {{ repeat {nodes // 100} {{ Hundred }} }}"
    )


def written(nodes: int) -> str:
    """A model of that many ops in blocks of a thousand, each op with a line of its own: no template is used twice."""
    blocks = []
    for first in range(0, nodes, 1000):
        rows = "\n".join(f"  -> conv({8 + i % 97}, k=1) -> relu" for i in range(first, first + 1000, 2))
        blocks.append(f"block B{first // 1000}() {{\n  id\n{rows}\n}}\n")
    calls = "\n".join(f"  -> B{i}" for i in range(nodes // 1000))
    return f"{''.join(blocks)}model Written() :: [4, 4, 8] -> [4, 4, _] {{\n  id\n{calls}\n}}"


def different(nodes: int) -> str:
    """A model that calls one block of ten ops again and again, with other arguments every time."""
    return (
        "block Ten(n: int) { repeat 5 { conv(n, k=1) -> relu } }\n"
        "model Different() :: [4, 4, 8] -> [4, 4, _] {\n"
        f"  for i in range({nodes // 10}) {{ Ten(8 + i) }}\n}}"
    )


FORMS = {"nested blocks": nested, "written out": written, "calls that all differ": different}


def check(form: str, nodes: int) -> None:
    """Elaborates and checks a model of that many ops, without a limit to it."""
    from archdsl.compiler import Program
    from archdsl.limits import Limits
    from archdsl.source import SourceFile

    text = FORMS[form](nodes)
    program = Program(
        SourceFile("large.arch", text), limits=Limits(source=10**9, nodes=10**8, steps=10**9, length=10**7)
    )
    program.check()
    assert not program.diagnostics, program.diagnostics[0]


def seconds(form: str, nodes: str) -> float:
    check(form, 1_000)
    repeats = max(1, 10_000 // int(nodes))
    start = time.process_time()
    for _ in range(repeats):
        check(form, int(nodes))
    return (time.process_time() - start) / repeats


def _held() -> int:
    """The most bytes that this process has held, as Linux says; ``getrusage`` would count those of its parent too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def memory(form: str, nodes: str) -> int:
    check(form, 1_000)
    before = _held()
    check(form, int(nodes))
    return _held() - before


def networkx(nodes: str) -> int:
    """A chain of nodes with the attributes that a node of ours has."""
    import networkx as nx

    before = _held()
    graph: nx.DiGraph[str] = nx.DiGraph()
    previous = None
    for i in range(int(nodes)):
        path = f"hundred_{i // 100}.ten_{i // 10 % 10}.{'relu' if i % 2 else 'conv'}_{i % 10 // 2}"
        op = {"op": "relu"} if i % 2 else {"op": "conv", "filters": 8 + i % 97, "k": 1, "stride": 1, "pad": "half"}
        place = {"file": "large.arch", "line": i, "column": 6, "start": 9 * i, "end": 9 * i + 5}
        graph.add_node(path, op=op, shape=(4, 4, 8 + i % 97), instance=i // 10, origin=place, layer=path)
        if previous is not None:
            graph.add_edge(previous, path)
        previous = path
    return _held() - before


_MEASURES = {"seconds": seconds, "memory": memory, "networkx": networkx}

if __name__ == "__main__":
    print(json.dumps(_MEASURES[sys.argv[1]](*sys.argv[2:])))
