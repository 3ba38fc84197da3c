"""Checks definitions whether or not anything calls them: mistakes that occur for all arguments are reported."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue.contracts import UnboundDimension
from archdsl.diagnostics.catalogue.names import UnknownName
from archdsl.elaborate.conditions import broken
from archdsl.elaborate.expressions import bind_parameters, evaluate_function
from archdsl.elaborate.failure import Exhausted, Failure
from archdsl.elaborate.instantiate import define
from archdsl.elaborate.module import Module
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import Declared
from archdsl.elaborate.sketch import Outputs, Sketch, letters, stated
from archdsl.elaborate.template import Assembly
from archdsl.elaborate.types import is_known, meaning, unknown
from archdsl.elaborate.values import POISON, Given, Tensor, Unknown, Value
from archdsl.graph.symbols import Var
from archdsl.ops.types import INT, Type
from archdsl.syntax import ast

_OP = Type.named("op")
_OF_NAMES = (UnknownName, UnboundDimension)
"""What names mean is looked at elsewhere."""


def check_definitions(session: Session, module: Module) -> None:
    """Reports mistakes in a file's blocks and functions that occur for all arguments, unless they were reported."""
    known = dict[object, Outputs]()
    with session.budget.apart():
        for declaration in module.ast.declarations:
            if not isinstance(declaration, ast.Block | ast.Function) or _is_sound(declaration, session):
                continue
            session.budget.look()
            before = session.known
            key = ("definition", before.key(declaration)) if before is not None else None
            if before is not None and key in before.clean:
                continue
            with session.reporter.aside() as found:
                try:
                    _check(declaration, session, module, known)
                except Failure as failure:
                    session.reporter.report(*failure.diagnostics)
                except (Exhausted, RecursionError):  # what a call of it needs is counted there
                    return
            if before is not None and key is not None and not found.found:
                before.clean.add(key)
            for problem in found.found:
                if _is_new(problem, session, module):
                    session.reporter.report(problem)


def _is_sound(decl: ast.Block | ast.Function, session: Session) -> bool:
    """Whether it is a model without parameters that was elaborated without errors, so that nothing is left to check."""
    return isinstance(decl, ast.Block) and decl.is_model and not decl.params and id(decl) in session.sound


def _is_new(problem: Diagnostic, session: Session, module: Module) -> bool:
    """Whether it is an error at a place, in this file, for which none was reported."""
    places = (problem.span, *(frame.span for frame in problem.trace))
    here = next((place for place in places if place.source is module.source), None)
    if here is None or not problem.is_error or isinstance(problem, _OF_NAMES):
        return False
    return not any(
        known.is_error and place.source is here.source and place.start < here.end and here.start < place.end
        for known in session.reporter.sink.found
        for place in (known.span, *(frame.span for frame in known.trace))
    )


def _check(decl: ast.Block | ast.Function, session: Session, module: Module, known: dict[object, Outputs]) -> None:
    scope = _parameters(decl, session, module)
    if isinstance(decl, ast.Function):
        evaluate_function(decl, scope)
        return
    assembly, signature = Assembly(), decl.signature
    inputs: dict[str, Tensor] = {"": assembly.hole(None)}
    wanted: Declared = []
    if signature is not None:
        ports = signature.inputs
        inputs = {key: assembly.hole(shape) for port in ports for key, shape in [letters(port, scope)]}
        wanted = stated(signature.outputs, scope)
    sketch = Sketch(session, assembly, module.names.names(decl), known)
    define(sketch, decl.name.id, decl, scope, inputs, wanted)


def _parameters(decl: ast.Block | ast.Function, session: Session, module: Module) -> Scope:
    """A scope in which each parameter is an unknown value of its type; its default is checked against the type."""
    scope = Scope(session, module)
    given = {p.name.id: Given(_parameter(p), p.span) for p in decl.params if p.default is None}
    try:
        bind_parameters(decl.name.id, decl.params, given, scope, decl.name.span)
    except Failure as failure:
        session.reporter.report(*failure.diagnostics)
    for param in decl.params:
        scope.names[param.name.id] = _parameter(param, scope.names[param.name.id])
    if isinstance(decl, ast.Block):
        session.reporter.report(*broken(decl.name.id, decl, scope, decl.name.span))
    return scope


def _parameter(param: ast.Param, default: Value = POISON) -> Value:
    if not is_known(param.type):
        return POISON
    wanted = meaning(param.type)
    if wanted == _OP:
        return Unknown(wanted, () if default is POISON else (default,))
    return Var.number(param.name.id) if wanted == INT else unknown(wanted)
