"""What can be said of a file without instantiating anything: names without a meaning or with two, unused ones, style.

Elaboration reports errors of names where it comes by; this pass finds those in blocks that nothing calls and in
branches that no condition chose. Unused names and style are warnings; a file with errors has names that wait for their
mending, so unused ones are reported only without.
"""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.diagnostics import Diagnostic, Fix, Severity
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.catalogue.contracts import ChannelsFirst
from archdsl.diagnostics.catalogue.habits import BatchInShape, UnknownAllow, UnusedAllow
from archdsl.diagnostics.suggest import did_you_mean
from archdsl.elaborate.habits import meant
from archdsl.elaborate.modules import Module
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.signature import unbound
from archdsl.elaborate.unknown import unknown_name
from archdsl.elaborate.values import POISON
from archdsl.names import Names, diagnose
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def lint(module: Module) -> None:
    """Reports on one file to its session."""
    session = module.session
    for names in module.names.all():
        for problem in (*_doubtful(names), *_unknown(names, module)):
            if not session.sink.has(problem):
                session.report(problem)
    for declaration in module.ast.declarations:
        _style(declaration, module)
        if isinstance(declaration, ast.Block) and declaration.is_model:
            _inputs(declaration, module)
    if not session.sink.has_errors:
        for definition in module.names.unused():
            span = definition.places[0].span
            what = definition.kind if definition.kind in ("parameter", "import") else "name"
            session.report(codes.UnusedName(span=span, what=what, name=definition.name))
    _allowances(module)


def _allowances(module: Module) -> None:
    """Warns of comments `# allow:` that name no warning, and, where nothing hides them, of those that silence none."""
    session = module.session
    if not session.allowances:
        return
    from archdsl.diagnostics.explain import catalogue

    kinds = catalogue()
    for allowance in [*session.allowances.unused(module.ast)]:
        code, span, kind = allowance.code, allowance.span, kinds.get(allowance.code)
        if kind is None:
            help_ = did_you_mean(code, [name for name, each in kinds.items() if each.severity is Severity.WARNING])
            session.report(UnknownAllow(span=span, name=code, what="no warning", help=help_))
        elif kind.severity is not Severity.WARNING:
            session.report(UnknownAllow(span=span, name=code, what="an error, which cannot be allowed"))
        elif not session.sink.has_errors:
            session.report(UnusedAllow(span=span, name=code))


def _doubtful(names: Names) -> Iterator[Diagnostic]:
    """Names that mean two things, or are given twice."""
    yield from map(diagnose.ambiguous, names.ambiguous)
    yield from (diagnose.repeated(name, first.span, names) for name, first in names.repeated)


def _unknown(names: Names, module: Module) -> Iterator[Diagnostic]:
    """Uses of names that mean nothing; in a signature, where one cause has many, the first of each name."""
    declaration, scope = names.declaration, Scope(module)
    scope.names = {definition.name: POISON for definition in names.definitions}
    signature = declaration.signature.span if isinstance(declaration, ast.Block) and declaration.signature else None
    told: set[str] = set()
    for name, _, definition in names.uses:
        if definition is not None:
            continue
        if signature is None or not signature.start <= name.span.start < signature.end:
            yield unknown_name(name.id, name.span, scope)
            continue
        problem = unbound(name)
        if name.id not in told or module.session.sink.has(problem):
            told.add(name.id)
            yield problem


def _style(declaration: ast.Declaration, module: Module) -> None:
    match declaration:
        case ast.Block():
            _named(declaration.name, "model" if declaration.is_model else "block", module)
        case ast.Variant():
            _named(declaration.name, "model", module)
        case ast.Function() | ast.Let():
            what = "function" if isinstance(declaration, ast.Function) else "name"
            if not _is_snake(declaration.name.id):
                _report_style(declaration.name, what, "snake_case", module)


def _inputs(model: ast.Block, module: Module) -> None:
    """Warns of inputs that look like `[3, 224, 224]`, or like a batch of images."""
    for port in model.signature.inputs if model.signature else ():
        _channels(model, port.shape, module)
        _batch(model, port.shape, module)


def _channels(model: ast.Block, shape: ast.ShapeOf, module: Module) -> None:
    """One or three channels, then a square."""
    first, *square = shape.dims if len(shape.dims) == 3 else (None,)
    if not isinstance(first, ast.Literal) or first.span.text not in _CHANNELS:
        return
    height, width = (dim.span.text for dim in square)
    if height == width and height not in ("1", "2", "3", "?", "_"):
        right = f"[{height}, {width}, {first.span.text}]"
        help_ = (f"channels come last: `{right}`",)
        fix = Fix(shape.span, right)
        module.session.report(ChannelsFirst(span=shape.span, model=model.name.id, help=help_, fix=fix))


_BATCHES = frozenset({"batch", "batch_size", "bs"})
_CHANNELS = ("1", "3")
"""Of images."""


def _batch(model: ast.Block, shape: ast.ShapeOf, module: Module) -> None:
    """A number, then a square image of one or three channels, last or first; or a name that says it."""
    if len(shape.dims) < 2:
        return
    first, *rest = (dim.span.text for dim in shape.dims)
    if first in ("None", "none", "_"):
        return  # an error, which says so
    if len(rest) == 3 and rest[0] in _CHANNELS and rest[1] == rest[2]:
        rest = [*rest[1:], rest[0]]
    is_image = len(rest) == 3 and rest[0] == rest[1] != first and rest[2] in _CHANNELS and rest[0] not in _CHANNELS
    if (is_image and not _slides_along_three(model)) or (first in _BATCHES and first not in rest):
        right = f"[{', '.join(rest)}]"
        help_ = (f"shapes leave out the batch: `{right}`", meant(BatchInShape))
        fix = Fix(shape.span, right)
        module.session.report(BatchInShape(span=shape.span, model=model.name.id, help=help_, fix=fix))


def _slides_along_three(model: ast.Block) -> bool:
    """Whether an argument in the model has a number for each of three dimensions, so that the first is no batch."""
    lists = (n.value for n in walk(model) if isinstance(n, ast.Argument) and isinstance(n.value, ast.ListOf))
    return any(len(each.items) == 3 for each in lists)


def _named(name: ast.Name, what: str, module: Module) -> None:
    if not _is_pascal(name.id):
        _report_style(name, what, "PascalCase", module)


def _is_pascal(name: str) -> bool:
    """Letters of any script count; those without case are welcome everywhere.

    >>> [_is_pascal(name) for name in ("ConvBN", "Größe", "Блок", "層", "conv", "größe", "Conv_BN")]
    [True, True, True, True, False, False, False]
    """
    return name[0].isalpha() and not name[0].islower() and "_" not in name


def _is_snake(name: str) -> bool:
    """
    >>> [_is_snake(name) for name in ("conv_bn", "_size", "_", "größe", "幅", "convBN", "Größe", "__size")]
    [True, True, True, True, True, False, False, False]
    """
    return name == "_" or (name.removeprefix("_")[:1].isalpha() and name == name.lower())


def _report_style(name: ast.Name, what: str, style: str, module: Module) -> None:
    module.session.report(codes.NameStyle(span=name.span, what=what, name=name.id, style=style))
