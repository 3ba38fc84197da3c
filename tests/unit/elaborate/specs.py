"""Short specs: their graphs, their values, and what is wrong with them."""

from __future__ import annotations

from typing import Any

from archdsl.compiler import Program
from archdsl.files import DiskLoader
from archdsl.graph.model import Graph
from archdsl.source import SourceFile


def program(text: str) -> Program:
    """A checked program that may import from the library."""
    made = Program(SourceFile("<text>", text), DiskLoader())
    made.check()
    return made


def mistakes(text: str) -> list[str]:
    """The messages of a spec, errors and warnings, in the order of the source."""
    return [found.text for found in program(text).diagnostics]


def graph(text: str, model: str | None = None, **params: Any) -> Graph:
    """The graph of a model, by default the first, of a spec without errors."""
    made = program(text)
    assert [d.text for d in made.diagnostics if d.is_error] == []
    found = made.graph(model or made.models[0], params)
    assert found is not None
    return found


def flow(body: str, given: str = "[32, 32, 8]", returned: str | None = None) -> Graph:
    """The graph of a body that a tensor flows into. What it returns is found out by asking for something else."""
    if returned is None:
        (message, *_) = mistakes(f"model M() :: {given} -> [7] {{\n{body}\n}}")
        prefix, _, rest = message.partition("the output of `M` is ")
        assert not prefix, message
        returned = rest.partition(", not")[0]
    return graph(f"model M() :: {given} -> {returned} {{\n{body}\n}}")


def nodes(made: Graph) -> dict[str, str]:
    """Every node with the names of what it takes."""
    return {node.path: " ".join(node.inputs) for node in made}


def value(expression: str, declarations: str = "") -> Any:
    """What an expression is worth, after some declarations."""
    made = program(declarations)
    found = made.value(SourceFile("<value>", f"let value = {expression}"))
    assert found is not None, [d.text for d in made.diagnostics]
    return found.value


def mistake(expression: str, declarations: str = "") -> str:
    """Why an expression has no value."""
    made = program(declarations)
    assert made.value(SourceFile("<value>", f"let value = {expression}")) is None
    (only,) = (found for found in made.diagnostics if found.is_error)
    return only.text
