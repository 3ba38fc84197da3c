"""The completion candidates that fit a syntactic context, unordered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archdsl.elaborate.module import Module
from archdsl.names import Definition
from archdsl.names.language import FIGURES, FUNCTIONS, KEYWORDS, built_in, figure
from archdsl.ops.docs import document
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS
from archdsl.service.analysis import Analysis
from archdsl.service.columns import columns, outputs
from archdsl.service.completion.context import Context
from archdsl.service.completion.model import Sort
from archdsl.syntax import ast, tables
from archdsl.syntax.tokens import DECLARATION

TYPES: Final = ("int", "float", "bool", "str", "op", "tensor", "init", "list")
FACTS: Final = ("paper", "year", "imagenet_top1", "imagenet_top5", "imagenet_source", "params", "url")
"""What `about` says of most models."""
_STEP_WORDS: Final = ("if", "for", "repeat", "ports")
_DECLARED: Final[dict[str, Sort]] = {
    "block": "block", "model": "model", "function": "function", "let": "value", "parameter": "parameter",
    "dimension": "dimension", "port": "tap", "shared": "value", "variable": "value", "tap": "tap", "op": "op",
    "initialiser": "initialiser", "keyword": "keyword", "built-in": "function", "figure": "figure", "lost": "value",
}  # fmt: skip


class Candidate(NamedTuple):
    """A candidate. Lower ``group``s are likelier kinds."""

    name: str
    sort: Sort
    group: int
    definition: Definition | None = None
    detail: str = ""
    insert: str = ""


def candidates(analysis: Analysis, place: Context) -> Iterator[Candidate]:
    """The candidates for a place."""
    if place.in_comment:
        return
    if place.is_module:
        yield from _modules(analysis)
        return
    yield from _keywords(place)
    node, parent = (place.path[-1], place.parent) if place.path else (None, None)
    if node is None:
        if "NAME" in place.accepted:
            yield from _unread(analysis, place)
        return
    match parent:
        case ast.ImportName() | ast.Import():
            yield from _exports(analysis, place)
        case ast.Type() | ast.TypeName():
            yield from (Candidate(name, "type", 0) for name in TYPES)
        case ast.Field() if parent.name is node:
            found = columns(analysis, place.names, parent.value) or tuple(_every_column(analysis))
            yield from (Candidate(name, "field", 0) for name in found)
        case ast.Branch() if parent.label is node:
            yield from _labels(place)
            yield from _steps(analysis, place)
        case ast.About():
            yield from _facts(parent, node)
        case ast.Apply() if parent.target is node or _is_target(parent, node):
            yield from _labels(place)
            yield from _steps(analysis, place)
        case ast.Argument() if isinstance(about := place.path[-3], ast.About) and parent.value is not node:
            yield from _facts(about, node)
        case ast.Argument() if parent.name is node:
            yield from _arguments(analysis, place)
        case ast.Argument():
            if parent.name is None and not parent.spread:
                yield from _arguments(analysis, place)
            if parent.name is not None:
                yield from _choices(analysis, place, parent.name.id)
            if parent.name is not None or not _follows_keyword(place):
                yield from _values(analysis, place)
        case ast.Tap() | ast.Let() | ast.Shared() | ast.Param() | ast.Block() | ast.Function() if _defines(
            parent, node
        ):
            return
        case ast.Port() if parent.name is node:
            return
        case _:
            yield from _values(analysis, place)


def _facts(about: ast.About, node: ast.Node) -> Iterator[Candidate]:
    """The facts that `about` does not have yet."""
    given = {entry.name.id for entry in about.entries if entry.name is not None and entry.name is not node}
    yield from (Candidate(name, "fact", 0, insert=f"{name} = ") for name in FACTS if name not in given)


def _choices(analysis: Analysis, place: Context, name: str) -> Iterator[Candidate]:
    """The possible values of an argument: strings, or truth values."""
    called = callee(place)
    wanted = dict(parameters(analysis, place, called[0])).get(name, "") if called is not None else ""
    words = re.findall(r'"[^"]*"', wanted)
    if re.match(r"(a )?bool\b", wanted):
        words += ("true", "false")
    yield from (Candidate(word, "value", -1) for word in dict.fromkeys(words))


def _every_column(analysis: Analysis) -> Iterator[str]:
    """The columns of all tables of the file, for an unknown row."""
    for declaration in analysis.parsed.declarations:
        if isinstance(declaration, ast.Let):
            yield from columns(analysis, analysis.index.names(declaration), declaration.value)


def _follows_keyword(place: Context) -> bool:
    """Whether an earlier argument is named, so that this one must be."""
    called = callee(place)
    return called is not None and any(a.name is not None and a.span.end <= place.offset for a in called[1])


def _defines(parent: ast.Node, node: ast.Node) -> bool:
    return getattr(parent, "name", None) is node


def _is_target(parent: ast.Apply, node: ast.Node) -> bool:
    return isinstance(node, ast.Name) and parent.target.span.start == node.span.start


def _unread(analysis: Analysis, place: Context) -> Iterator[Candidate]:
    """For unparsable context: whether a step or a value is next, from the preceding tokens."""
    if place.before and place.before[0].type == "FROM":
        yield from _exports(analysis, place)
    else:
        yield from _values(analysis, place)


def _keywords(place: Context) -> Iterator[Candidate]:
    spelling = tables.load().spelling
    for kind in sorted(place.accepted):
        word = spelling.get(kind, "")
        if word.isalpha():
            is_start = kind in DECLARATION and (place.offset == 0 or not place.before)
            if kind in DECLARATION and kind != "LET" and place.before and place.before[-1].type != "NEWLINE":
                continue
            yield Candidate(word, "keyword", 0 if is_start else 2)


# --- names ------------------------------------------------------------------------------------------------------------


def _visible(analysis: Analysis, place: Context) -> Iterator[Definition]:
    """The names in scope at a place: of the declaration, then of the file."""
    if place.names is not None:
        yield from place.names.visible(place.offset)
    yield from analysis.index.declared.values()


def _named(found: Definition, group: int) -> Candidate:
    origin = found.origin
    sort = _DECLARED.get(origin.kind, "value")
    return Candidate(found.name, sort, group, found)


def _steps(analysis: Analysis, place: Context) -> Iterator[Candidate]:
    """The possible steps: ops, blocks, values that hold one, and tensors at the start of a flow."""
    itself = _itself(place)
    begins = _begins_flow(place)
    for found in _visible(analysis, place):
        kind = found.origin.kind
        if found.name == itself:
            continue
        if kind in ("block", "shared", "import", "lost"):
            yield _named(found, 0)
        elif kind in ("tap", "port"):
            yield _named(found, 0 if begins else 3)
        elif kind == "parameter" and isinstance(found.node, ast.Param):
            names = {each.name for each in found.node.type.alternatives}
            yield _named(found, 0 if names & {"op", "tensor"} or not names else 3)
        elif kind in ("let", "function", "variable"):
            yield _named(found, 1)
        elif kind == "model":
            yield _named(found, 2)
    yield from (Candidate(name, "op", 1, built_in(name)) for name in OPS)
    yield from (Candidate(name, "keyword", 1, built_in(name)) for name in KEYWORDS)


def _itself(place: Context) -> str:
    """The name of the declaration around a place, which it cannot use."""
    own = place.declaration
    return own.name.id if isinstance(own, ast.Block | ast.Let | ast.Function | ast.Variant) else ""


def _begins_flow(place: Context) -> bool:
    return not place.before or place.before[-1].type != "ARROW"


def _values(analysis: Analysis, place: Context) -> Iterator[Candidate]:
    """The possible expressions: names in scope, functions, ops and initialisers."""
    own, itself = place.declaration, _itself(place)
    is_check = isinstance(own, ast.Check)
    is_condition = isinstance(own, ast.Check) and own.subject.span.end < place.offset
    checked = _checked(analysis, place) if is_check else frozenset()
    for found in _visible(analysis, place):
        kind = found.origin.kind
        if found.name == itself and found.origin.kind not in ("parameter", "figure"):
            continue
        if not is_check:
            yield _named(found, 2 * (kind == "model"))
        elif kind in ("model", "block"):
            yield _named(found, 1 if is_condition else -1 if found.name not in checked else 0)
        else:
            yield _named(found, (-1 if is_condition else 1) if kind == "figure" else 0)
    yield from (Candidate(name, "function", 2, built_in(name)) for name in FUNCTIONS)
    yield from (Candidate(name, "initialiser", 3, built_in(name)) for name in KINDS if name not in OPS)
    yield from (Candidate(name, "op", 3, built_in(name)) for name in OPS if name not in FUNCTIONS)
    yield from (Candidate(name, "keyword", 3, built_in(name)) for name in KEYWORDS)
    if is_check and place.names is None:
        yield from (Candidate(name, "figure", 0, figure(name)) for name in FIGURES)


def _checked(analysis: Analysis, place: Context) -> frozenset[str]:
    """The subjects of earlier `check` lines."""
    before = (d.subject for d in analysis.parsed.declarations if isinstance(d, ast.Check) and d.span.end < place.start)
    heads = (subject.callee if isinstance(subject, ast.Call) else subject for subject in before)
    return frozenset(head.id for head in heads if isinstance(head, ast.Name))


def _labels(place: Context) -> Iterator[Candidate]:
    """Labels of a final `ports`: the outputs of the signature."""
    send = next(
        (
            node
            for node in reversed(place.path)
            if isinstance(node, ast.Send | ast.Apply) and node.span.start < place.offset
        ),
        None,
    )
    if isinstance(send, ast.Send):
        given = {branch.label.id for branch in send.branches if branch.label is not None}
        for name in outputs(place.declaration):
            if name not in given:
                yield Candidate(name, "label", 0, insert=f"{name}: ")


# --- calls ------------------------------------------------------------------------------------------------------------


def callee(place: Context) -> tuple[ast.Expr, Sequence[ast.Argument]] | None:
    """The callee around a place and its arguments, if an argument is expected there."""
    for node in reversed(place.path[:-1]):
        if isinstance(node, ast.Apply | ast.Call) and node.arguments is not None:
            target = node.target if isinstance(node, ast.Apply) else node.callee
            if target.span.end <= place.offset:
                return target, node.arguments
        if isinstance(node, ast.Flow | ast.Body | ast.Signature):
            return None
    return None


def _arguments(analysis: Analysis, place: Context) -> Iterator[Candidate]:
    """The callee's parameters without a value."""
    called = callee(place)
    if called is None:
        return
    target, arguments = called
    given = {a.name.id for a in arguments if a.name is not None and a.name.span.start != place.offset}
    count = sum(a.name is None and a.span.end <= place.offset for a in arguments)
    for number, (name, detail) in enumerate(parameters(analysis, place, target)):
        if name not in given and number >= count:
            yield Candidate(name, "parameter", 0, detail=detail, insert=f"{name}=")


def parameters(analysis: Analysis, place: Context, target: ast.Expr) -> Iterator[tuple[str, str]]:
    """The callee's parameters with their types and defaults as text."""
    from archdsl.names.references import owner_of

    found = place.names.meant(target) if place.names and isinstance(target, ast.Name) else None
    if found is not None and found.kind == "op":
        for doc in document(OPS[found.name]).arguments:
            yield doc.name, f"{doc.wanted}{f' = {doc.default}' if doc.default else ''}"
        return
    if found is not None and found.kind == "keyword":
        if found.name == "residual":
            yield from (("drop", "a rate of stochastic depth"), ("when", "a condition"))
        return
    files = {index.module.source: index for index in analysis.indices}
    definition = owner_of(target, place.names, analysis.index, files)
    if definition is not None:
        yield from _declared_parameters(definition)
    elif found is None or found.kind in ("parameter", "let", "variable", "function", "shared"):
        known = (each.origin.node for each in analysis.index.declared.values())  # values say which of them is called
        yield from (p for node in known if isinstance(node, ast.Block) for p in _declared_parameters(node))


def _declared_parameters(definition: ast.Block | ast.Function) -> Iterator[tuple[str, str]]:
    for param in definition.params:
        yield param.name.id, " ".join(param.span.text.split()).partition(":")[2].strip()


# --- imports ----------------------------------------------------------------------------------------------------------


def _modules(analysis: Analysis) -> Iterator[Candidate]:
    if analysis.loader is None:
        return
    for package in analysis.loader.packages():
        for module in analysis.loader.modules(package):
            yield Candidate(module, "module", 0 if package != "zoo" else 1)


def _exports(analysis: Analysis, place: Context) -> Iterator[Candidate]:
    """The names that an import's module declares, without those imported already."""
    node = place.declaration
    if not isinstance(node, ast.Import) or analysis.loader is None:
        return
    module = imported_module(analysis, node)
    if module is None:
        return
    given = {n.name.id for n in node.names if n.name.span.start != place.offset}
    known = {name for _, name in analysis.module.imports.values()}
    for name in module.exports():
        if name not in given:
            definition = module.names.exported(name)
            sort = _DECLARED.get(definition.kind, "value") if definition else "value"
            yield Candidate(name, sort, 1 if name in known else 0, definition)


def imported_module(analysis: Analysis, node: ast.Import) -> Module | None:
    """The module of an import, even if nothing is imported from it."""
    from archdsl.compiler import Program
    from archdsl.elaborate.loader import Outside, Unreadable

    if analysis.loader is None:
        return None
    try:
        loader = analysis.loader
        source = loader.file(node.module, analysis.source) if node.is_path else loader.module(node.module)
    except (Outside, Unreadable):
        return None
    if source is None:
        return None
    known = next((module for module in analysis.program.modules if module.source.identity == source.identity), None)
    return known or Program(source, analysis.loader, analysis.limits).module
