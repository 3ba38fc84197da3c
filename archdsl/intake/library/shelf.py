"""The blocks of the library, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from archdsl.elaborate.declared import declared_value
from archdsl.elaborate.loader import Loader
from archdsl.elaborate.module import Module
from archdsl.elaborate.session import Session
from archdsl.elaborate.values import BlockRef
from archdsl.files import DiskLoader
from archdsl.limits import Limits
from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

_LIBRARY = "std"
_STEPS = 10**12
"""Compile-time steps that its expressions may take in all: a matcher bounds its own work."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What can be called, and the session in which its expressions are evaluated."""

    session: Session
    blocks: tuple[BlockRef, ...]
    homes: dict[str, str]
    """By the name of a block, the module to import it from."""


@cache
def shelf() -> Shelf:
    """All blocks of the library with one input and one output, in the order of their modules."""
    loader: Loader = DiskLoader()
    session = Session(SourceFile("library", ""), loader, declared_value, Limits(steps=_STEPS))
    blocks: list[BlockRef] = []
    homes: dict[str, str] = {}
    for name in loader.modules(_LIBRARY):
        source = loader.module(name)
        assert source is not None, "it is listed"
        module = session.files.load(source, is_library=True)
        for declaration in module.ast.declarations:
            if isinstance(declaration, ast.Block) and _is_chain(declaration):
                blocks.append(_block(module, declaration))
                homes[declaration.name.id] = name
    return Shelf(session, tuple(blocks), homes)


def _block(module: Module, declaration: ast.Block) -> BlockRef:
    found = module.find(declaration.name.id)
    assert isinstance(found, BlockRef)
    return found


def _is_chain(block: ast.Block) -> bool:
    """Whether one tensor flows in, and one out."""
    signature = block.signature
    return signature is None or (
        len(signature.inputs) == len(signature.outputs) == 1 and not signature.inputs[0].is_open
    )


@cache
def has_loop(block: ast.Block) -> bool:
    """Whether a block makes steps in rounds."""
    return any(isinstance(node, ast.Repeat | ast.Each) for node in walk(block.body))


@cache
def mentioned(block: ast.Block) -> frozenset[str]:
    """The names that a definition uses."""
    return frozenset(node.id for node in walk(block) if isinstance(node, ast.Name)) - {block.name.id}
