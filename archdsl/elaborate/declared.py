"""The values of what a file declares."""

from __future__ import annotations

from dataclasses import replace

from archdsl.diagnostics.catalogue.contracts import NotAModel
from archdsl.elaborate.expressions import evaluate_or_poison
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.module import Declared, Module
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.values import POISON, BlockRef, FunctionRef, Value, describe
from archdsl.syntax import ast


def declared_value(session: Session, module: Module, declaration: Declared) -> Value:
    """The value of a declaration, ``POISON`` after reporting why it has none."""
    match declaration:
        case ast.Function():
            return FunctionRef(declaration, module)
        case ast.Block():
            return BlockRef(declaration, module, about=declaration.body.about, doc=declaration.doc)
    name = declaration.name
    try:
        with session.calls.entering(declaration, name.id, name.span), session.calls.outside():
            value = evaluate_or_poison(declaration.value, Scope(session, module))
    except Failure as failure:
        session.reporter.report(*failure.diagnostics)
        return POISON
    if isinstance(declaration, ast.Let) or value is POISON:
        return value
    if not isinstance(value, BlockRef) or not value.decl.is_model:
        wanted = "a call of a model"
        session.reporter.report(NotAModel(span=declaration.value.span, value=describe(value), wanted=wanted))
        return POISON
    about = declaration.about or value.about
    doc = declaration.doc or value.doc
    return replace(value, name=name.id, own=value.arguments, about=about, doc=doc)
