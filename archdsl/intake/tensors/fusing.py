"""Rewrite rules and constant folding on a program."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.operators.numbers import computed
from archdsl.intake.tensors.program import Node, Program
from archdsl.intake.tensors.rules import RULES
from archdsl.intake.tensors.rules.form import Form

_PASSES: Final = 6


def fused(program: Program) -> Program:
    """The program after all rules, to a fixed point, without what is computed of constants and what nothing uses."""
    found = _folded(program)
    for _ in range(_PASSES):
        if not _pass(_live(found)):
            break
    return _live(found)


def _folded(program: Program) -> Program:
    """The program with what is computed of constants as constants."""
    made = replace(program, constants=dict(program.constants), nodes=[])
    for node in program.nodes:
        inputs = [made.constants.get(name) if name else None for name in node.inputs]
        is_known = all(not name or value is not None for name, value in zip(node.inputs, inputs, strict=True))
        if is_known and not node.refused:
            try:
                values = computed(node, tuple(inputs))
            except (ValueError, IndexError, TypeError, KeyError, OverflowError, Unsupported):
                values = None  # the operator is looked at again where its place is known
            if values is not None:
                made.constants |= dict(zip(node.outputs, values, strict=False))
                continue
        made.nodes.append(node)
    return made


def _pass(program: Program) -> bool:
    form = Form(program, program.makers(), program.users())
    nodes: list[Node] = []
    changed = False
    for node in program.nodes:
        form.new = []
        found = next((made for rule in RULES if (made := rule(form, node)) is not None), None)
        if found is None:
            nodes.append(node)
            continue
        changed = True
        nodes += [*form.new, found]
        form.makers |= {name: each for each in (*form.new, found) for name in each.outputs}
        form.users.update(name for each in (*form.new, found) for name in each.inputs)
        form.users.subtract(node.inputs)
    program.nodes = nodes
    return changed


def _live(program: Program) -> Program:
    needed = {*program.outputs}
    kept: list[Node] = []
    for node in reversed(program.nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    program.nodes = kept[::-1]
    return program
