"""A hash of what a graph computes and of its names, which identifies the model that a file of weights belongs to."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from archdsl.graph.model import Graph

_FORM: Final = "archdsl-fingerprint 1"
"""Stands first in what is hashed, so that another form would never give the same number by chance."""


def fingerprint(graph: Graph) -> str:
    """A SHA-256 in hexadecimal over ops, arguments, wiring, shapes and paths of nodes, and the inputs and outputs.

    Where something was written, in what order, in which blocks, and what comments and ``about`` say, makes no
    difference, and neither do the name of the model and the precision in which it computes.
    """
    nodes = sorted(graph, key=lambda node: node.path)
    digest = hashlib.sha256(f"{_FORM}\n".encode())
    for port in graph.inputs:
        digest.update(_line("input", port.model_dump(mode="json")))
    for port in graph.outputs:
        digest.update(_line("output", port.model_dump(mode="json")))
    for node in nodes:
        digest.update(_line("node", node.model_dump(mode="json", exclude={"origin", "instance", "named", "float32"})))
    return digest.hexdigest()


def _line(kind: str, members: object) -> bytes:
    return f"{kind} {json.dumps(members, sort_keys=True, separators=(',', ':'), allow_nan=False)}\n".encode()
