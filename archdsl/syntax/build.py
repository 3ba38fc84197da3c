"""Builds the AST: one method per grammar rule, from the values of its children.

Every method is called with the rule's children, punctuation included, so that spans run from bracket to bracket. The
parser does so while it reads, bottom up, so that no tree has to be made first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from archdsl.diagnostics.catalogue import flows as flow_codes
from archdsl.diagnostics.catalogue import syntax as codes
from archdsl.limits import Limits
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast, repair
from archdsl.syntax.expressions import Children, Expressions
from archdsl.syntax.tokens import ERROR, Token

_WORD = re.compile(r"[^\W\d]\w*")
_HEAD = re.compile(r"\s*([^\W\d]\w*)\s+([^\W\d]\w*)")

Read = TypeVar("Read")


class _Ports(NamedTuple):
    """The named ports of one side of a signature."""

    span: Span
    ports: tuple[ast.Port, ...]


class _AnyNumber(NamedTuple):
    """The shape of each tensor of a list port."""

    span: Span
    shape: ast.ShapeOf


class _Where(NamedTuple):
    """The conditions of a block."""

    span: Span
    conditions: tuple[ast.Expr, ...]


class _Computed(NamedTuple):
    """The contents of a function's braces."""

    span: Span
    statements: tuple[ast.Let | ast.Broken, ...]
    value: ast.Expr


def _as_shape(node: ast.Node) -> ast.ShapeOf | None:
    """A list expression as a shape, whose syntax is the same."""
    if not isinstance(node, ast.ListOf):
        return None
    dims = tuple(item for item in node.items if not isinstance(item, ast.Spread))
    return ast.ShapeOf(node.span, dims) if len(dims) == len(node.items) else None


class Builder(Expressions):
    """Builds the AST of a file."""

    def __init__(self, source: SourceFile, limits: Limits) -> None:
        super().__init__(source, limits)
        self.lost: set[str] = set()
        """Names that are defined in declarations and imports that could not be read."""

    def _noted(self, mended: repair.Mended[Read]) -> Read:
        """The result of a repair, with its diagnostics noted."""
        self.found += mended.found
        return mended.value

    # --- declarations ---

    def start(self, children: Children) -> tuple[ast.Declaration, ...]:
        return children[0] if children else ()

    def declarations(self, children: Children) -> tuple[ast.Declaration, ...]:
        return tuple(child for child in self._values(children) if not isinstance(child, ast.Broken))

    def broken(self, children: Children) -> ast.Broken:
        return self._named(self._token_span(children[0]))

    def broken_declaration(self, children: Children) -> ast.Broken:
        span = self._token_span(children[0])
        text = span.text
        head = _HEAD.match(text)
        if head is not None and head[1] == "from":
            self.lost.update(_WORD.findall(text.partition("import")[2]))
        elif head is not None and head[1] != "check":
            self.lost.add(head[2])
        return ast.Broken(span, ())

    def dotted(self, children: Children) -> ast.Name:
        return ast.Name(self._span(children), "".join(token.text for token in children))

    def import_(self, children: Children) -> ast.Import | ast.Broken:
        module = children[1]
        place = self._span([module])
        names = tuple(name for name in self._values(children[2:]) if isinstance(name, ast.ImportName))
        self.lost.update(name for lost in children if isinstance(lost, ast.Broken) for name in lost.names)
        if isinstance(module, ast.Broken):  # nobody knows where they come from
            self.lost.update((name.alias or name.name).id for name in names)
            return ast.Broken(module.span, ())
        if isinstance(module, Token):
            return ast.Import(self._span(children), self._text(module), True, names, place)
        return ast.Import(self._span(children), module.id, False, names, place)

    def import_name(self, children: Children) -> ast.ImportName:
        alias = self._name(children[2]) if len(children) == 3 else None
        return ast.ImportName(self._span(children), self._name(children[0]), alias)

    def let(self, children: Children) -> ast.Let:
        return ast.Let(self._span(children), self._name(children[1]), children[3])

    def shared(self, children: Children) -> ast.Shared:
        return ast.Shared(self._span(children), self._name(children[1]), children[3])

    def function(self, children: Children) -> ast.Function:
        keyword, name, (_, params), *_, last = children
        computed = last if isinstance(last, _Computed) else _Computed(last.span, (), last)
        span = Span(self.source, keyword.start, computed.span.end)
        return ast.Function(span, self._name(name), params, computed.statements, computed.value)

    def computed(self, children: Children) -> _Computed:
        *statements, value = self._values(children)
        return _Computed(self._span(children), tuple(statements), value)

    def block(self, children: Children) -> ast.Block:
        return self._definition(children, is_model=False)

    def model(self, children: Children) -> ast.Block:
        return self._definition(children, is_model=True)

    def _definition(self, children: Children, *, is_model: bool) -> ast.Block:
        params: tuple[ast.Param, ...] = ()
        conditions: tuple[ast.Expr, ...] = ()
        signature = None
        for child in children[2:-1]:
            if isinstance(child, ast.Signature):
                signature = child
            elif isinstance(child, _Where):
                conditions = child.conditions
            else:
                params = child[1]
        span, name, body = self._span(children), self._name(children[1]), self._body(children[-1])
        return ast.Block(span, name, params, conditions, signature, body, is_model)

    def where(self, children: Children) -> _Where:
        return _Where(self._span(children), self._values(children))

    def variant(self, children: Children) -> ast.Variant:
        about = children[4] if len(children) == 5 else None
        return ast.Variant(self._span(children), self._name(children[1]), children[3], about)

    def check(self, children: Children) -> ast.Check:
        rest = self._values(children[2:])
        signature = rest[0] if rest and isinstance(rest[0], ast.Signature) else None
        return ast.Check(self._span(children), children[1], signature, rest[1:] if signature else rest)

    def approximately(self, children: Children) -> ast.Compare:
        return ast.Compare(self._span(children), (children[0], children[2]), ("~=",))

    def params(self, children: Children) -> tuple[str, tuple[ast.Param, ...]]:
        params = self._sound(self._param(value) for value in self._values(children))
        self.found += repair.repeated([p.name for p in params], "parameter")
        return "params", params

    def param(self, children: Children) -> ast.Param:
        name, _, type_, *rest = children
        given = {mark.type: value for mark, value in zip(rest[::2], rest[1::2], strict=True)}
        return ast.Param(self._span(children), self._name(name), type_, given.get("IN"), given.get("EQUAL"))

    def _param(self, value: ast.Param | ast.Broken) -> ast.Param | None:
        """A parameter. One that could not be parsed has its name, if it has one, and any type."""
        if isinstance(value, ast.Param) or not value.names:
            return value if isinstance(value, ast.Param) else None
        span = value.span
        return ast.Param(span, ast.Name(span, value.names[0]), ast.Type(span, ()), None, ast.Broken(span, ()))

    @staticmethod
    def _sound(values: Iterable[Read | ast.Broken | None]) -> tuple[Read, ...]:
        """The values that are neither missing nor broken."""
        return tuple(value for value in values if value is not None and not isinstance(value, ast.Broken))

    def type(self, children: Children) -> ast.Type:
        return ast.Type(self._span(children), self._values(children))

    def type_name(self, children: Children) -> ast.TypeName:
        return ast.TypeName(self._span(children), children[0].text, children[2] if len(children) > 1 else None)

    def signature(self, children: Children) -> ast.Signature:
        return ast.Signature(self._span(children), self._port_list(children[1]), self._port_list(children[3]))

    @staticmethod
    def _port_list(side: ast.ShapeOf | _Ports) -> tuple[ast.Port, ...]:
        return side.ports if isinstance(side, _Ports) else (ast.Port(side.span, None, side, None, False),)

    def ports(self, children: Children) -> _Ports:
        values = self._values(children)
        lost = tuple(value for value in values if isinstance(value, ast.Broken))
        if lost:  # nobody knows how many there are
            whole = self._span(children)
            return _Ports(whole, (ast.Port(whole, None, ast.ShapeOf(whole, (self._named(whole),)), None, False),))
        lists: tuple[tuple[ast.Port, ...], ...] = values
        self.found += repair.repeated([ports[0].name for ports in lists if ports[0].name], "port")
        first: dict[str, ast.Port] = {}
        for port in (port for ports in lists for port in ports):
            first.setdefault(port.key, port)  # tensors flow by the names of ports
        return _Ports(self._span(children), tuple(first.values()))

    def port(self, children: Children) -> tuple[ast.Port, ...]:
        """The port, or one for each of the shapes in a list."""
        span, name, shape = self._span(children), self._name(children[0]), children[2]
        if isinstance(shape, _AnyNumber):
            return (ast.Port(span, name, shape.shape, None, True),)
        shapes = [_as_shape(dim) for dim in shape.dims]
        if not shapes or None in shapes:
            return (ast.Port(span, name, shape, None, False),)
        return tuple(ast.Port(each.span, name, each, i, False) for i, each in enumerate(shapes) if each is not None)

    def any_number(self, children: Children) -> _AnyNumber:
        return _AnyNumber(self._span(children), children[1])

    def _named(self, span: Span) -> ast.Broken:
        return ast.Broken(span, tuple(dict.fromkeys(_WORD.findall(span.text))))

    def shape(self, children: Children) -> ast.ShapeOf:
        if children[0].type == ERROR:
            return ast.ShapeOf(self._span(children), (self.broken(children),))
        return ast.ShapeOf(self._span(children), self._values(children))

    def unknown(self, children: Children) -> ast.Unknown:
        return ast.Unknown(self._span(children))

    def rest(self, children: Children) -> ast.Rest:
        return ast.Rest(self._span(children))

    def about(self, children: Children) -> ast.About:
        entries: tuple[ast.Argument, ...] = self._sound(self._values(children))
        self.found += repair.repeated([e.name for e in entries if e.name], "fact")
        return ast.About(self._span(children), entries)

    # --- bodies and flows ---

    def body(self, children: Children) -> ast.Body:
        statements: list[ast.Let | ast.Shared | ast.Broken] = []
        about: ast.About | None = None
        flow: ast.Flow | None = None
        items = self._values(children)
        flows = [item for item in items if isinstance(item, ast.Flow)]
        sound = [item for item in flows if len(item.steps) > 1 or not isinstance(item.steps[0], ast.Broken)]
        for item in items:
            if isinstance(item, ast.Flow):
                if not any(item is other for other in sound or flows[:1]):  # beside the flow, and could not be read
                    statements += [step for step in item.steps if isinstance(step, ast.Broken)]
                elif flow is None:
                    flow = item
                elif isinstance(item.steps[0], ast.Broken) or repair.lacks_body(flow.steps[-1]):
                    flow = repair.joined(flow, item)
                else:
                    flow = self._noted(repair.second_flow(flow, item))
                continue
            if flow is not None:
                self.found.append(codes.StatementAfterFlow(span=self._keyword(item)))
            elif isinstance(item, ast.About) and (about is not None or statements):
                self.found.append(codes.AboutOutOfPlace(span=self._keyword(item)))
            if not isinstance(item, ast.About):
                statements.append(item)
            elif about is None:
                about = item
        if flow is None:
            self.found.append(flow_codes.EmptyBody(span=self._span(children[-1:]), help=("`id` changes nothing",)))
        return ast.Body(self._span(children), tuple(statements), about, flow)

    def _body(self, value: ast.Body | ast.Broken) -> ast.Body:
        if isinstance(value, ast.Body):
            return value
        return ast.Body(value.span, (), None, ast.Flow(value.span, (value,)))

    def _keyword(self, item: ast.Node) -> Span:
        """The keyword of a statement."""
        return Span(self.source, item.span.start, item.span.start + len(item.span.text.split(maxsplit=1)[0]))

    def flow(self, children: Children) -> ast.Flow:
        return ast.Flow(self._span(children), self._values(children))

    def tap(self, children: Children) -> ast.Tap:
        return ast.Tap(self._span(children), children[0], self._name(children[2]))

    def claim(self, children: Children) -> ast.Claim:
        return ast.Claim(self._span(children), children[0], children[2])

    def apply(self, children: Children) -> ast.Apply:
        arguments = branches = None
        for child in children[1:]:
            if child[0] == "arguments":
                arguments = child[1]
            else:
                branches = child[1]
        first, last = children[0], children[-1]
        end = first.span.end if last is first else last[2]
        return ast.Apply(Span(self.source, first.span.start, end), first, arguments, branches)

    def target_field(self, children: Children) -> ast.Field:
        return self.field(children)

    def target_item(self, children: Children) -> ast.Item:
        return self.item(children)

    def choose(self, children: Children) -> ast.Choose:
        otherwise = children[4] if len(children) == 5 else None
        if isinstance(otherwise, ast.Choose):  # `else if`: a body of one step
            otherwise = ast.Body(otherwise.span, (), None, ast.Flow(otherwise.span, (otherwise,)))
        elif otherwise is not None:
            otherwise = self._body(otherwise)
        return ast.Choose(self._span(children), children[1], self._body(children[2]), otherwise)

    def each(self, children: Children) -> ast.Each:
        return ast.Each(self._span(children), self._names(children), children[-2], self._body(children[-1]))

    def repeat(self, children: Children) -> ast.Repeat:
        index = self._name(children[3]) if len(children) == 5 else None
        count, index = self._noted(repair.rounds(children[1], index))
        return ast.Repeat(self._span(children), count, index, self._body(children[-1]))

    def nest(self, children: Children) -> ast.Nest:
        return ast.Nest(children[0].span, children[0])

    def send(self, children: Children) -> ast.Send:
        return ast.Send(Span(self.source, children[0].start, children[1][2]), children[1][1])

    def fan(self, children: Children) -> tuple[str, tuple[ast.Branch, ...], int]:
        branches: tuple[ast.Branch, ...] = self._values(children)
        labels = [b.label for b in branches if b.label]
        self.found += repair.repeated(labels, "label")
        return "fan", self._noted(repair.branches(branches)), children[-1].end

    def branch(self, children: Children) -> ast.Branch:
        label = self._name(children[0]) if len(children) == 3 else None
        return ast.Branch(self._span(children), label, children[-1])

    def labelled(self, children: Children) -> ast.Branch:
        return self.branch(children)

    def spread(self, children: Children) -> ast.Spread:
        return ast.Spread(self._span(children), children[1])

    def several(self, children: Children) -> ast.Several:
        return ast.Several(self._span(children), children[1])
