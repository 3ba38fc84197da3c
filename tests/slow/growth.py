"""Mutations that make a text or a graph ask for more: what stands there stands often, numbers and names grow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from archdsl.api import load
from archdsl.graph.json import to_json
from archdsl.ops.registry import OPS
from tests.fuzz.corpus import texts
from tests.fuzz.mutations import damaged
from tests.fuzz.programs import Writer
from tests.trust.hostile import HOSTILE

_NUMBER = re.compile(r"\b\d[\d_]{0,12}\b")
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_PART = re.compile(r"[^\n]*\n|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]|\w+")
_TIMES = (2, 3, 10, 30, 100, 300, 1_000, 3_000)

LONGEST: Final = 150_000
"""Characters of an input: cost a byte shows on short ones, and more of them are tried."""


def grown(text: str, random: Random) -> str:
    """A spec, or a graph in JSON, that asks for more than it did, most of the time."""
    if text.startswith("{"):
        return _grown_graph(text, random)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        text = random.choice(_TEXTS)(text, random)
    return text[:LONGEST]


def _larger(text: str, random: Random) -> str:
    found = [*_NUMBER.finditer(text)]
    if not found:
        return text
    number = random.choice(found)
    value = int(number[0].replace("_", "")) * random.choice((2, 3, 10, 100)) + random.choice((0, 1))
    return f"{text[: number.start()]}{value % 10**9}{text[number.end() :]}"


def _often(text: str, random: Random) -> str:
    """A line, a pair of brackets or a word again and again; names that end in a number are counted on."""
    found = [*_PART.finditer(text[: 4 * LONGEST])]
    if not found:
        return text
    part = random.choice(found)
    times = min(random.choice(_TIMES), max(1, LONGEST // (len(part[0]) + 1)))
    between = random.choice(("", " ", "\n", "\n-> ", " -> ", ", ", " + ", " or ", " | ", " as ", ": "))
    counted = random.random() < 0.5
    again = (re.sub(r"(?<=[A-Za-z_])\d+\b", str(i), part[0]) if counted else part[0] for i in range(times))
    numbered = (f"{each}{i}" if counted and each.isidentifier() else each for i, each in enumerate(again))
    return text[: part.start()] + between.join(numbered) + text[part.end() :]


def _longer(text: str, random: Random) -> str:
    """A name that is a thousand letters longer, wherever it stands."""
    names = [*{name for name in _NAME.findall(text[:10_000]) if name not in OPS}]
    if not names:
        return text
    name = random.choice(names)
    return re.sub(rf"\b{name}\b", name + random.choice("xA_") * random.choice((30, 300, 3_000)), text[:LONGEST])


def _looped(text: str, random: Random) -> str:
    """A step within a loop, or a value within a list of many."""
    steps = [*re.finditer(r"\b[a-zA-Z]\w*(?:\([^()]*\))?(?=\s*(?:->|\}|\n))", text)]
    if not steps:
        return text
    step = random.choice(steps)
    count = random.choice(_TIMES) * random.choice((1, 10))
    loop = random.choice(
        ("repeat {n} {{ {s} }}", "repeat {n} {{ {s} as tt }}", "for ii in range({n}) {{ {s} }}", "residual {{ {s} }}")
    )
    return text[: step.start()] + loop.format(n=count, s=step[0]) + text[step.end() :]


def _mixed(text: str, random: Random) -> str:
    """Lines of another spec."""
    lines, others = text.split("\n"), random.choice(seeds()).split("\n")
    at, start = random.randrange(len(lines)), random.randrange(len(others))
    return "\n".join([*lines[:at], *others[start : start + random.choice((1, 3, 10))], *lines[at:]])


_TEXTS: tuple[Callable[[str, Random], str], ...] = (_larger, _often, _often, _often, _longer, _looped, _mixed, damaged)


@cache
def seeds() -> tuple[str, ...]:
    """Where the search begins: the bundled specs, the manual, right programs, and what was slow once."""
    found = [text for text in texts() if len(text) < 20_000]
    found += [hostile.text for hostile in HOSTILE.values() if len(hostile.text) < LONGEST]
    found += [Writer(Random(seed), seed).program() for seed in range(40)]
    found += [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "found").glob("*.txt"))]
    found += [to_json(load(name).graph) for name in ("lenet5", "resnet18", "googlenet", "densenet121")]
    return tuple(found)


def _grown_graph(text: str, random: Random) -> str:
    try:
        document = json.loads(text)
        for _ in range(random.choice((1, 1, 2))):
            random.choice(_GRAPHS)(document, random)
        return json.dumps(document)
    except (ValueError, KeyError, TypeError, IndexError):  # damaged before: begin with another
        return random.choice([seed for seed in seeds() if seed.startswith("{")])


def _more_nodes(document: dict[str, Any], random: Random) -> None:
    """A node in many copies, one after the other or beside each other, before the rest."""
    nodes = document["nodes"]
    at = random.randrange(len(nodes))
    name, chained, before = f"n{random.randrange(10**6)}", random.random() < 0.5, nodes[at]["path"]
    for i in range(random.choice((3, 30, 300))):
        made = deepcopy(nodes[at])
        made["path"] = made["layer"] = f"{name}_{i}"
        made["op"], made["inputs"] = {"op": random.choice(("relu", "tanh"))}, [before]
        made["shape"] = nodes[at]["shape"]
        before = made["path"] if chained else before
        nodes.insert(at + 1 + i, made)
        document["outputs"].append({"name": f"{name}o{i}", "shape": made["shape"], "node": made["path"]})


def _deeper(document: dict[str, Any], random: Random) -> None:
    """Instances within instances, with nodes at the end of them."""
    instances, nodes = document["instances"], document["nodes"]
    parent, path = random.randrange(len(instances)), f"d{random.randrange(10**6)}"
    for level in range(random.choice((3, 30, 150))):
        made = deepcopy(instances[0]) | {
            "parent": parent,
            "kind": random.choice(("block", "group")),
            "call": {"callee": "B", "arguments": []},
        }
        path = f"{path}.{level}" if random.random() < 0.9 else f"e{level}"
        instances.append(made | {"path": path, "block": "B"})
        parent = len(instances) - 1
        if random.random() < 0.5:
            random.choice(nodes)["instance"] = parent
    for node in random.sample(nodes, min(len(nodes), random.choice((1, 10, 100)))):
        node["instance"] = parent


def _more_edges(document: dict[str, Any], random: Random) -> None:
    nodes = document["nodes"]
    node = random.choice(nodes)
    node["op"], node["inputs"] = {"op": "maximum"}, (node["inputs"] or ["input"]) * random.choice((2, 30, 1_000))


def _longer_names(document: dict[str, Any], random: Random) -> None:
    kind = random.choice(("path", "block", "callee", "doc"))
    each = random.choice(document["nodes"] if kind == "path" else document["instances"])
    each = each["call"] if kind == "callee" else each
    each[kind] = str(each.get(kind, "")) + random.choice(("x", "a.", "(", "1", ", ")) * random.choice(
        (30, 1_000, 9_000)
    )


def _sizes(document: dict[str, Any], random: Random) -> None:
    """Run-time sizes of many names."""
    width = random.choice((1, 3, 30))
    names = " + ".join(f"s{random.randrange(10**4)}" for _ in range(width))
    old, new = f"{random.choice((1, 3, 4, 64, 224))}", names
    changed = re.sub(rf'("shape": \[[^\]]*?)\b{old}\b', rf'\1"{new}"', json.dumps(document))
    document.update(json.loads(changed))


_GRAPHS = (_more_nodes, _more_nodes, _deeper, _deeper, _more_edges, _longer_names, _sizes)
