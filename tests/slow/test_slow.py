"""What was slow once is slow no more: finds of the search, and small forms of what took too much time or memory."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from archdsl.graph.json import SCHEMA, VERSION
from tests.conftest import FreshPython
from tests.patience import patience
from tests.slow.growth import grown, seeds
from tests.slow.measure import COMMANDS, DRAWN, allowed, measure

FOUND = sorted((Path(__file__).parent / "found").glob("*.txt"))
_ORIGIN: Final = {"file": "net.arch", "line": 1, "column": 1, "start": 0, "end": 1}


def _graph(nodes: int, instances: list[int | None], inputs: Callable[[int], list[str]], name: str = "n") -> str:
    """A graph in JSON; ``instances`` are their parents, and nodes lie in them one after the other."""
    made: list[dict[str, Any]] = [
        {
            "path": f"{name}{i}",
            "op": {"op": "relu" if len(inputs(i)) == 1 else "maximum"},
            "inputs": inputs(i),
            "shape": [8],
            "instance": i % len(instances),
            "origin": _ORIGIN,
            "layer": f"{name}{i}",
        }
        for i in range(nodes)
    ]
    blocks = [
        {
            "path": f"i{i}" if i else "",
            "kind": "block",
            "block": "B",
            "call": {"callee": "B"},
            "parent": parent,
            "origin": _ORIGIN,
        }
        for i, parent in enumerate(instances)
    ]
    port = {"name": "input", "shape": [8], "node": "input"}
    output = {"name": "output", "shape": [8], "node": made[-1]["path"]}
    head = {"schema": SCHEMA, "version": VERSION, "name": "Net", "inputs": [port], "outputs": [output]}
    return json.dumps(head | {"nodes": made, "instances": blocks})


def _chain(name: str = "n") -> Callable[[int], list[str]]:
    return lambda i: [f"{name}{i - 1}" if i else "input"]


_NEST = [None, *range(190)]
_LABELS = "\n".join(f"l{i}: relu -> tanh" for i in range(1_500))
_CASES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "deep instances": (_graph(1_000, _NEST, _chain()), ("check", "summary", "diff", "graph")),
    "deep instances again and again": (_graph(1_000, [None, *range(180), 0, *range(181, 360)], _chain()), ("summary",)),
    "long names": (_graph(100, [None], _chain("n." * 5_000), "n." * 5_000), ("summary", "diff")),
    "a name that a table cuts": (
        f"block {'N' * 60_000} {{ relu }}\nmodel M() :: [8] -> [8] {{ {'N' * 60_000} }}",
        ("summary", "diff", "render"),
    ),
    "edges": (_graph(20, [None], lambda _: ["input"] * 10_000), ("check", "summary")),
    "nested repeats": (
        "block B0 { relu }\n"
        + "\n".join(f"block B{i} {{ relu -> B{i - 1} }}" for i in range(1, 60))
        + "\nmodel M() :: [8] -> [8] { repeat 40 { B59 } }",
        ("summary", "diff"),
    ),
    "labels": (f"model M() :: [8] -> [8] {{ add {{\n{_LABELS}\n}} }}", ("diff", "render")),
    "blocks of many widths": (
        "block B(n: int) { conv(n) as a -> relu -> add(a) as b -> tanh }\nmodel M() :: [8, 8, 8] -> [_, _, _] {\n"
        + "\n-> ".join(f"B({8 + i % 70})" for i in range(200))
        + "\n}",
        ("render",),
    ),
    "documentation": ("## a line\n" * 30_000 + "model M() :: [8] -> [8] { relu }", ("check", "summary")),
    "a comment": (f"#{'a' * 4_000_000}\nmodel M() :: [8] -> [8] {{ reluu }}", ("check",)),
    "ops": ("model M() :: [8] -> [8] {\n" + "\n-> ".join(["relu"] * 8_000) + "\n}", ("check", "summary", "graph")),
}


@pytest.mark.parametrize(("name", "command"), [(name, command) for name in _CASES for command in _CASES[name][1]])
def test_time_and_memory_are_in_proportion_to_the_text(name: str, command: str, tmp_path: Path) -> None:
    text = _CASES[name][0]
    file = tmp_path / f"net{'.json' if text.startswith('{') else '.arch'}"
    file.write_text(text, encoding="utf-8")
    _holds(command, [file], code=int(name == "a comment"))


def test_finds_of_the_search(tmp_path: Path) -> None:
    for path in FOUND:
        files = []
        for number, text in enumerate(path.read_text(encoding="utf-8").split("\f")):
            files.append(tmp_path / f"{number}{'.json' if text.startswith('{') else '.arch'}")
            files[-1].write_text(text, encoding="utf-8")
        _holds(path.stem.partition("-")[0], files)


def _holds(command: str, files: list[Path], code: int | None = None) -> None:
    """In a process of few modules: a child counts as its own what its parent holds."""
    program = (
        "import json, sys\nfrom pathlib import Path\nfrom tests.slow.measure import measure\n"
        "print(json.dumps(measure(sys.argv[1], [Path(p) for p in sys.argv[2:]])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command, *map(str, files)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    seconds, megabytes, time, memory, exit_code, shown = json.loads(done.stdout)
    assert exit_code in ((0, 1, 2) if code is None else (code,)), shown
    assert time < patience(1.0), f"{seconds:.1f} s\n{shown}"
    assert memory < 1.0, f"{megabytes:.0f} MB\n{shown}"


def test_what_takes_too_much_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop without an end is stopped, and its cost is beyond what is allowed."""
    monkeypatch.setitem(COMMANDS, "check", ("check", "{}", "--limit", "steps=9G", "--limit", "nodes=9G"))
    file = tmp_path / "net.arch"
    file.write_text("let x = [[[i for i in range(99_000)] for j in range(99_000)] for k in range(99_000)]", "utf-8")
    cost = measure("check", [file], give_up=1.0)
    assert cost.code < 0
    assert cost.ratio > 1


def test_what_is_allowed() -> None:
    assert allowed("check", 0) == (1.0, 300.0)
    assert allowed("check", 1_000_000) == (21.0, 600.0)
    assert allowed("render", 0)[0] == DRAWN


def test_inputs_grow_and_are_repeatable() -> None:
    for seed in random_sample():
        made = [grown(seed, Random(5)) for _ in range(2)]
        assert made[0] == made[1]
    assert max(len(grown(seed, Random(n))) / (1 + len(seed)) for n, seed in enumerate(random_sample())) > 5


def random_sample() -> list[str]:
    return Random(0).sample(seeds(), 40)


def test_a_process_that_loads_many_specs_keeps_none(fresh_python: FreshPython) -> None:
    code = textwrap.dedent("""
        import gc
        import tracemalloc
        import archdsl

        def held():
            gc.collect()
            return tracemalloc.get_traced_memory()[0] // 1024

        def load(number):
            name = "N" * 100_000 + str(number)
            block = f"block {name}(k: int) {{ conv({number}, k=k) as tap{number} -> relu }}"
            model = f"model M{number}(p{number}: int = 3) :: [8, 8, 4] -> [8, 8, {number}] {{ {name}(p{number}) }}"
            str(archdsl.load_text(f"{block}\\n{model}").summary())
            try:
                archdsl.load_text(f"{block}\\n{model.replace('p', 'q')}")
            except archdsl.ArchError as error:
                str(error)

        load(1)
        tracemalloc.start()
        load(2)
        before = held()
        for number in range(3, 23):
            load(number)
        print(held() - before)
    """)
    assert int(fresh_python(code).stdout) < 100, "in kilobytes; a name has a hundred"
