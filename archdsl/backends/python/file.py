"""A graph as a file of Keras."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from archdsl.backends.code.body import bodies
from archdsl.backends.code.merge import Definition, definitions
from archdsl.backends.code.terms import same
from archdsl.backends.code.text import docstring
from archdsl.backends.code.values import Argument, Make
from archdsl.backends.known import need_known
from archdsl.backends.python import loading
from archdsl.backends.python.dialect import Keras
from archdsl.backends.python.naming import functions
from archdsl.backends.python.sources import Taken, taken
from archdsl.backends.python.usual import usual
from archdsl.backends.python.write import Writer, inputs
from archdsl.graph.dims import show
from archdsl.graph.model import Graph

_ZEROS = '''
def zero_pad{rank}d(x: KerasTensor, padding: int | tuple) -> KerasTensor:
    """Zeros around a map, if there are any."""
    return layers.ZeroPadding{rank}D(padding)(x) if padding else x
'''
_OWN = {f"zero_pad{rank}d": _ZEROS.format(rank=rank).strip("\n") for rank in (1, 2, 3)}


_NAMES = ("KerasTensor", "initializers", "layers", "ops", "regularizers")
"""What is imported from Keras where it is used."""


def written(graph: Graph) -> str:
    """A file that imports only Keras, h5py and NumPy and defines the model, with a function for each kind of block.

    Raises ``ArchError`` where what a step computes is not known.
    """
    need_known(graph, "Keras code")
    dialect = Keras(graph)
    made = definitions(bodies(dialect), dialect)
    needed = {name for lowered in dialect.layers.values() for name in lowered.helpers}
    if any(dialect.whole(port.node) for port in graph.outputs):
        needed.add("Repeat")
    own = sorted(needed & _OWN.keys())
    sources = taken(needed - _OWN.keys(), graph.name, _given(made, needed - _OWN.keys()))
    reserved = {*Keras.reserved, *loading.NAMES, *own, *sources.names, *inputs(made[-1], graph), graph.name}
    writer = Writer(made, functions(made, reserved), reserved)
    parts = [_OWN[name] for name in own] + sources.texts
    parts += ["\n".join(writer.function(each)) for each in made[:-1]]
    parts.append("\n".join(writer.model(made[-1], graph)))
    body = "\n\n\n".join(parts)
    loads = loading.loading(
        scales="Scale" in needed,
        depthwise=re.search(r"layers\.(Depthwise|Separable)", body) is not None,
        statistics="layers.Normalization(" in body,
    )
    body = "\n\n\n".join([body, *loads])
    head = [*docstring(_about(graph), ""), "", *_imports(body, sources), ""]
    head += [""] if re.match(r"def |class |@", body) else []
    return "\n".join(head) + "\n" + body + "\n"


def _given(definitions: Sequence[Definition], own: Collection[str]) -> dict[str, set[str]]:
    """The arguments of archdsl's layers that differ from their defaults."""
    found: dict[str, set[str]] = {}
    queue: list[Argument] = [made for definition in definitions for made in definition.body.attrs.values()]
    for term in queue:
        if isinstance(term, Make):
            if term.callee in own:
                values = dict(term.args)
                names = found.setdefault(term.callee, set())
                names |= {
                    name
                    for place, (name, value) in enumerate(term.args)
                    if place < term.placed or not same(value, usual(term.callee, name, values))
                }
            queue += [argument for _, argument in term.args]
    return found


def _about(graph: Graph) -> str:
    given = ", ".join(show(port.shape) for port in graph.inputs)
    made = ", ".join(show(port.shape) for port in graph.outputs)
    return f"{graph.name}: {given} -> {made}."


def _imports(body: str, sources: Taken) -> Iterator[str]:
    """Import statements in isort's order: the standard library, then others; ``import`` before ``from``."""
    statements = {*loading.IMPORTS, *sources.imports}
    if "Callable" in body:
        statements.add("from collections.abc import Callable")
    standard = _merged([statement for statement in statements if _is_standard(statement)])
    others = _merged([statement for statement in statements if not _is_standard(statement)])
    names = [name for name in _NAMES if re.search(rf"(?<![\w.]){name}\b", body)]
    yield from standard
    yield ""
    yield from (line for line in others if not line.startswith("from keras import"))
    if names:
        yield f"from keras import {', '.join(names)}"


def _is_standard(statement: str) -> bool:
    return statement.split()[1].partition(".")[0] not in ("keras", "numpy", "h5py")


def _merged(statements: Sequence[str]) -> list[str]:
    plain = sorted(s for s in statements if s.startswith("import "))
    found: dict[str, set[str]] = {}
    for statement in statements:
        if statement.startswith("from "):
            _, module, _, name = statement.split(maxsplit=3)
            found.setdefault(module, set()).add(name)
    order = sorted(found)
    return [*plain, *(f"from {module} import {', '.join(sorted(found[module]))}" for module in order)]
