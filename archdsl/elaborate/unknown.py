"""Diagnostics for unknown names, with suggestions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.suggest import closest, respelt, suggested
from archdsl.elaborate.builtins import LANGUAGE, aliases
from archdsl.elaborate.loader import library_home
from archdsl.elaborate.reporter import EXPLAINED
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.values import Builtin, InitRef
from archdsl.measures import MEASURES
from archdsl.names import Names
from archdsl.ops.registry import OPS
from archdsl.ops.wanted import wanted
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def unknown_name(name: str, span: Span, scope: Scope, *, what: str = "name") -> Diagnostic:
    """The diagnostic for an unknown name, with suggestions."""
    if name in _FOREIGN_VALUES:
        help_, replacement = _FOREIGN_VALUES[name]
        fix = Fix(span, replacement, is_safe=True) if replacement else None
        return codes.UnknownName(span=span, name=name, what=what, help=(help_,), fix=fix)
    plain = codes.UnknownName(span=span, name=name, what=what)
    if scope.session.reporter.knows(plain):  # in another round or instance: it is counted, and was explained
        return plain
    names = scope.module.names.around(span)
    first = names.first(name) if names else None
    if names is not None and first is not None and first.start > span.start:
        labels, help_ = (Label(first, "defined here"),), "a name is known after the line or step that defines it"
        if any(names.loops(span, first)):
            help_ = "a round does not know the round before: what it needs flows in; after the loop the name is a list"
        return codes.UnknownName(span=span, name=name, what=what, labels=labels, help=(help_,))
    if len(scope.session.reporter.sink) > EXPLAINED:
        return plain
    cause = _usual_cause(name, span, names)
    if cause is not None:
        return codes.UnknownName(span=span, name=name, what=what, help=(cause[0],), fix=cause[1])
    library = library_home(name, scope.session.files.loader)
    if library:
        line = f"from {library} import {name}"
        help_, fix = f"the library has it: `{line}`", scope.module.import_fix(line)
        return codes.UnknownName(span=span, name=name, what=what, help=(help_,), fix=fix)
    # A value is likelier to be one of the block's own; a step, an op.
    own = [found.name for found in names.visible(span.start)] if names else []
    figures = {alias: figure for alias, figure in _FIGURES.items() if figure in own}
    visible: Sequence[str] = own
    foreign: Mapping[str, str] = figures
    if what != "name" or not closest(name, own, figures):
        visible, foreign = [*own, *scope.module.names.declared, *_meant(what)], aliases()
    near = closest(name, visible, foreign)
    fix = respelt(span, name, near, foreign)
    if fix and name in foreign and _is_called_by_position(span, scope):
        fix = fix._replace(is_safe=False)
    return codes.UnknownName(span=span, name=name, what=what, help=suggested(near), fix=fix)


def _meant(what: str) -> Iterable[str]:
    """The names of the language that may stand there: functions and initialisers are no steps."""
    return (n for n in LANGUAGE if what == "name" or not isinstance(LANGUAGE[n], Builtin | InitRef))


def _is_called_by_position(span: Span, scope: Scope) -> bool:
    """Whether the name is called with several positional arguments, whose order differs in other libraries."""
    calls = (node for each in scope.module.ast.declarations for node in walk(each) if isinstance(node, ast.Apply))
    given = next((call.arguments or () for call in calls if call.target.span == span), ())
    return sum(argument.name is None for argument in given) > 1


def _usual_cause(name: str, span: Span, names: Names | None) -> tuple[str, Fix | None] | None:
    """Help for habits from Python's libraries, and for names that a signature should bind."""
    if name.lower() in _choices():
        return f'a string stands in quotes: `"{name.lower()}"`', Fix(span, f'"{name.lower()}"', is_safe=name.islower())
    dotted = re.match(r"(?:\.[A-Za-z_][A-Za-z_0-9]*)+", span.source.text[span.end : span.end + 100])
    if dotted is not None:  # `nn.ReLU`
        last = dotted[0].rpartition(".")[2]
        found = last if last in OPS else aliases().get(last)
        whole = Span(span.source, span.start, span.end + dotted.end())
        if found:
            return f"did you mean `{found}`?", Fix(whole, found, is_safe=True)
    if name in _FOREIGN_STEPS:
        return _FOREIGN_STEPS[name], None
    if name in _FLOWING:
        return f"what flows has no name: `conv(8) -> relu`; one is given by `step as {name}`", None
    label = names.labelled(name) if names else None
    if isinstance(label, ast.Send):
        return f"several tensors that flow are read from a tap: `ports {{ … }} as x`, then `x.{name}`", None
    if label is not None:
        return f"a label is no value; a tap is: `step as {name}`", None
    if names is not None and _is_in_domain(name, span, names.declaration):
        return "what a parameter may be does not depend on others; a condition behind `where` may", None
    if name in ("h", "w", "c"):
        return "a signature gives sizes their names: `:: [h, w, c] -> …`", None
    return None


def _is_in_domain(name: str, span: Span, declaration: ast.Declaration) -> bool:
    """Whether a parameter's name stands where the values of one are listed."""
    params = declaration.params if isinstance(declaration, ast.Block | ast.Function) else ()
    domains = [param.domain.span for param in params if param.domain is not None]
    return any(param.name.id == name for param in params) and any(d.start <= span.start < d.end for d in domains)


@cache
def _choices() -> frozenset[str]:
    """The strings that arguments of ops may be."""
    texts = " ".join(wanted(field) for op in OPS.values() for field in op.model_fields.values())
    return frozenset(re.findall(r'"([a-z_0-9]+)"', texts))


_FOREIGN_STEPS: Final[dict[str, str]] = {
    **dict.fromkeys(("Input", "InputLayer"), "the signature states the input; a flow starts with it"),
    **dict.fromkeys(("Sequential", "ModuleList"), "steps follow one another as they are: `conv(64) -> relu`"),
    **dict.fromkeys(
        ("tan", "atan", "sign", "erf"),
        "no op computes it; `archdsl ops` lists what there is",
    ),
    "self": "what a body names stands by itself, without `self`",
}
"""Help for parts of models that are no step here."""

_FLOWING: Final = frozenset({"x", "y", "out", "input", "inputs", "output"})
"""What others call a tensor that flows."""

_FIGURES: Final = {alias: measure.name for measure in MEASURES for alias in measure.aliases}
"""What others call the figures of a `check`."""

_FOREIGN_VALUES: Final[dict[str, tuple[str, str]]] = {
    "True": ("write `true`", "true"),
    "False": ("write `false`", "false"),
    **dict.fromkeys(("none", "None", "null"), ("there is no none: leave the argument out", "")),
}
