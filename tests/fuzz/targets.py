"""What is fuzzed: for each door through which strangers' input comes, how to make some and what must hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any, NamedTuple

from archdsl.compiler import Program
from archdsl.graph.json import to_json
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader, texts
from tests.fuzz.judge import Check, check_import, check_json, check_setting, check_spec
from tests.fuzz.mutations import MUTATIONS, damaged, vocabulary

_SMALL = 60
"""Nodes of the graphs whose JSON is damaged."""
_SETTINGS = (
    *(
        "n=8",
        "n=4 * 2",
        "f=0.1",
        "f=1e-3",
        "b=false",
        "s=valid",
        's="same"',
        "l=[1, 2, 3]",
        "l=[k + 1 for k in [1, 2]]",
    ),
    *("o=leaky_relu(0.1)", "o=ConvBNAct(4)", "o=id", "i=truncated_normal(0.02)", "x=[1, 7]", "any=[[], [1]]", "n=4.1G"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**63, 10**40, 0.5, -1e308, 1e-320, "", "h", "h/2", "?1", "h*w/4 + 1"),
    *("conv", "same", "\ud800", "\0", "层", [], [[]], {}, [1], [0, 0], {"op": "relu"}, {"op": "conv", "filters": 4}),
)


class Target(NamedTuple):
    """A door: what comes in, how often it is tried, and what must hold."""

    make: Callable[[Random], str]
    check: Check
    share: int


@cache
def _weights() -> tuple[float, ...]:
    """Short specs more often: they are as full of syntax and cost less."""
    return tuple(1 / (200 + len(text)) for text in texts())


def _spec(random: Random) -> str:
    return damaged(random.choices(texts(), _weights())[0], random)


@cache
def _graphs() -> tuple[str, ...]:
    """Small graphs of the corpus, as JSON."""
    found: list[str] = []
    for text in texts():
        program = Program(SourceFile("<text>", text), MemoryLoader({}))
        graphs = [program.graph(model) for model in program.models]
        found += [to_json(graph) for graph in graphs if graph is not None and len(graph.nodes) <= _SMALL]
    return tuple(found)


def _graph(random: Random) -> str:
    text = random.choice(_graphs())
    if random.random() < 0.3:
        return random.choice(MUTATIONS)(text, random)
    document = json.loads(text)
    for _ in range(random.choice((1, 1, 2, 4))):
        _damage(document, random)
    return json.dumps(document)


def _value(random: Random) -> Any:
    return deepcopy(random.choice(_VALUES))


def _damage(value: Any, random: Random) -> None:
    """Changes, adds or removes one thing somewhere below."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = random.choice(keys) if keys else None
        if key is not None and isinstance(value[key], dict | list) and random.random() < 0.8:
            value = value[key]
            continue
        break
    kind = random.random()
    if key is None or kind < 0.1:
        if isinstance(value, dict):
            value[random.choice(("op", "path", "shape", "inputs", "x"))] = _value(random)
        else:
            value.insert(0, _value(random))
    elif kind < 0.3:
        del value[key]
    elif kind < 0.45 and isinstance(value, list):
        value.insert(random.randrange(len(value)), deepcopy(value[key]))
    elif kind < 0.6:
        other = random.choice(keys)
        value[key], value[other] = value[other], value[key]
    else:
        value[key] = _value(random)


def _setting(random: Random) -> str:
    text = random.choice(_SETTINGS)
    name, _, value = text.partition("=")
    if random.random() < 0.3:
        return damaged(text, random)
    if random.random() < 0.3:
        value = " ".join(random.choice(vocabulary()) for _ in range(random.randint(1, 6)))
    return f"{name}={damaged(value, random)}"


TARGETS: dict[str, Target] = {
    "spec": Target(_spec, check_spec, 80),
    "graph": Target(_graph, check_json, 10),
    "setting": Target(_setting, check_setting, 5),
    "import": Target(_spec, check_import, 5),
}


def make(seed: int, number: int) -> tuple[str, str]:
    """The target and the text of one input: the same for the same numbers, whatever ran before."""
    random = Random(f"{seed}/{number}")
    (name,) = random.choices(list(TARGETS), [target.share for target in TARGETS.values()])
    return name, TARGETS[name].make(random)
