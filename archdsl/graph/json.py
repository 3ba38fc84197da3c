"""The graph as JSON: a published, versioned form that parses to an equal graph, or says why not.

``python -m archdsl.graph.json`` prints the JSON schema that stands in ``docs/graph.schema.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError

from archdsl.diagnostics.model import shortened
from archdsl.graph.dims import Sym, terms
from archdsl.graph.model import Graph
from archdsl.jsontext import dumps, loads
from archdsl.limits import DEFAULT
from archdsl.source import SourceFile, not_text

SCHEMA: Final = "archdsl-graph"
VERSION: Final = 3
MAX_NESTING: Final = 200
"""Instances within instances: far above what a spec reaches, far below what a hostile file could ask of a stack."""
MAX_SIZES: Final = 100
"""Names of sizes that are known only when the model runs; a model has two or three."""
_REPORTED: Final = 10


class GraphError(Exception):
    """A text is no graph, or contradicts itself. ``problems`` has one line each, most relevant first."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        more = len(problems) - _REPORTED
        shown = (*problems[:_REPORTED], f"and {more} more") if more > 0 else problems
        super().__init__("; ".join(map(shortened, shown)))


def to_json(graph: Graph) -> str:
    """Serialises a graph. Equal graphs give equal bytes: one line for each node and instance, every argument explicit.

    Arguments are written even where they are defaults, so that a file keeps its meaning when a default changes.
    """
    document = {"schema": SCHEMA, "version": VERSION, **graph.model_dump(mode="json")}
    members = ",\n".join(f"{_line(key)}: {_value(value)}" for key, value in document.items())
    return f"{{\n{members}\n}}\n"


def _value(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(map(_line, value)) + "\n]"
    return _line(value)


def _line(value: object) -> str:
    return dumps(value)


def from_json(text: str) -> Graph:
    """Parses the form of ``to_json``, also from other programs, and proves every shape again.

    Raises:
        GraphError: the text is not JSON, has another schema or version, an unknown op or a bad value, a cycle, a name
            that is not there, or a shape that the rule of its op contradicts.

    >>> from_json('{"schema": "archdsl-graph", "version": 4}')
    Traceback (most recent call last):
        ...
    archdsl.graph.json.GraphError: version 4 of the form; this archdsl reads version 3
    """
    document = _document(text)
    _refuse_cycles(document.get("nodes"))
    try:
        # As JSON, where strict still takes an array for a tuple, so that "64" and true are no numbers.
        again = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        graph = Graph.model_validate_json(again, strict=True)
    except UnicodeEncodeError:
        raise GraphError("not JSON: a string holds half of a surrogate pair") from None
    except ValidationError as error:
        raise GraphError(*_problems(error)) from None
    problems = [*_inconsistencies(graph)]
    if not problems:
        # The one call from here into a pass: what comes from outside is not a graph until its shapes are proved.
        from archdsl.passes.shapes import prove

        problems = [str(disagreement) for disagreement in prove(graph)]
    if problems:
        raise GraphError(*problems)
    return graph


def _document(text: str) -> dict[str, Any]:
    """The members of the outermost object, without those that identify the form."""
    if (bad := not_text(text)) is not None:
        line, column = SourceFile("", text).position(bad.offset)
        raise GraphError(f"not UTF-8: {bad.what} at line {line}, column {column}")
    try:
        document = loads(text)
    except json.JSONDecodeError as error:
        raise GraphError(f"not JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise GraphError(f"not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise GraphError(f'not a graph: `"schema": "{SCHEMA}"` is missing')
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise GraphError(f"version {_line(version)} of the form; this archdsl reads version {VERSION}")
    return {key: value for key, value in document.items() if key not in ("schema", "version")}


def _refuse_cycles(nodes: object) -> None:
    """Detects cycles before nodes are validated one by one, which could report only an undefined name."""
    from archdsl.graph.view import cycles

    listed = (node for node in nodes if isinstance(node, dict)) if isinstance(nodes, list) else ()
    named = [
        (path, [name for name in inputs if isinstance(name, str)])
        for node in listed
        if isinstance(path := node.get("path"), str) and isinstance(inputs := node.get("inputs"), list)
    ]
    if found := cycles(named):
        raise GraphError(*(f"the nodes form a cycle: {' -> '.join((*cycle, cycle[0]))}" for cycle in found))


def _problems(error: ValidationError, within: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Pydantic's errors, each with its place in the document: ``nodes[3].op: no op is called 'convv'``."""
    for found in error.errors(include_url=False, include_input=False):
        location = (*within, *found["loc"])
        inner = found.get("ctx", {}).get("error")
        if isinstance(inner, ValidationError):  # of an op's arguments, which are read by the op's own class
            yield from _problems(inner, location)
            continue
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in location).lstrip(".")
        message = found["msg"].removeprefix("Value error, ")
        yield f"{place}: {message[:1].lower()}{message[1:]}" if place else message


def _inconsistencies(graph: Graph) -> Iterator[str]:
    """Contradictions between parts of the graph."""
    if not graph.instances or graph.instances[0].parent is not None:
        yield "instances[0] must be the model itself, without a parent"
        return
    nesting = [0]
    for index, instance in enumerate(graph.instances[1:], 1):
        if instance.parent is None or not 0 <= instance.parent < index:
            yield f"instances[{index}]: its parent must come before it"
            return
        nesting.append(nesting[instance.parent] + 1)
    if max(nesting) > MAX_NESTING:
        yield f"instances are nested {max(nesting)} deep; {MAX_NESTING} are allowed"
    yield from _bad_names(graph)
    for port in graph.inputs:
        if port.node != port.name:
            yield f"input {port.name}: its node must be its own name, not {port.node}"
        if any(dim <= 0 for dim in port.shape):
            yield f"input {port.name}: every dimension must be 1 or more"
    yield from _sizes(graph)
    for kind, ports in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        if len({port.name for port in ports}) != len(ports):
            yield f"two {kind} have the same name"
    for node in graph.nodes:
        if not 0 <= node.instance < len(graph.instances):
            yield f"{node.path}: there is no instance {node.instance}"
        owner = graph.by_path.get(node.layer)
        if owner is None or owner.layer != owner.path:
            yield f"{node.path}: {node.layer} owns no weights"
        elif owner.op != node.op:
            yield f"{node.path}: it shares the weights of {node.layer}, which is another op"
        elif owner.float32 != node.float32:
            yield f"{node.path}: it shares the weights of {node.layer}, which computes in another precision"


def _bad_names(graph: Graph) -> Iterator[str]:
    """Names that no backend could take, or that hold terminal escapes. A spec cannot declare them either."""
    named = [
        ("name", graph.name),
        *((f"inputs[{i}].name", port.name) for i, port in enumerate(graph.inputs)),
        *((f"outputs[{i}].name", port.name) for i, port in enumerate(graph.outputs)),
        *((f"nodes[{i}].path", node.path) for i, node in enumerate(graph.nodes)),
        *((f"instances[{i}].block", instance.block) for i, instance in enumerate(graph.instances)),
        *((f"instances[{i}].path", instance.path) for i, instance in enumerate(graph.instances[1:], 1)),
        *((f"about[{i}]", key) for i, (key, _) in enumerate(graph.about)),
    ]
    for place, name in named:
        bad = next((c for c in name if c == "/" or not c.isprintable()), None)
        if bad is not None:
            yield f"{place}: a name cannot hold {'`/`' if bad == '/' else f'U+{ord(bad):04X}'}"
        elif not name:
            yield f"{place}: a name cannot be empty"
    files = [
        *((f"nodes[{i}]", node.origin.file) for i, node in enumerate(graph.nodes)),
        *((f"instances[{i}]", instance.origin.file) for i, instance in enumerate(graph.instances)),
    ]
    yield from (f"{place}.origin.file: {file!a} is no name" for place, file in files if not file.isprintable())


def _sizes(graph: Graph) -> Iterator[str]:
    """Run-time sizes that exceed the limits: sums over the graph are polynomials in them."""
    names: set[str] = set()
    for name, shape in graph.shapes.items():
        if (count := terms(shape)) > DEFAULT.terms:
            yield f"{name}: a shape of {count} terms; {DEFAULT.terms} are allowed"
            return
        names.update(n for dim in shape if isinstance(dim, Sym) for monomial in dim.monomials for n in monomial)
    if len(names) > MAX_SIZES:
        yield f"{len(names)} run-time sizes; {MAX_SIZES} are allowed"


def json_schema() -> str:
    """The JSON schema of the form, draft 2020-12, generated from the models."""
    from archdsl.ops.registry import OPS

    schema = Graph.model_json_schema()
    schema["$defs"]["Op"] = {
        "description": "An op by its name, with its arguments beside it; docs/ops lists them.",
        "type": "object",
        "properties": {"op": {"enum": sorted(OPS)}},
        "required": ["op"],
    }
    schema["properties"] = {"schema": {"const": SCHEMA}, "version": {"const": VERSION}} | schema["properties"]
    schema["required"] = ["schema", "version", *schema["required"]]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dumps(head | schema, indent=2) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(json_schema())
