"""Instantiates calls of blocks: a template for arguments and input shapes, memoised for equal calls."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from archdsl.diagnostics.catalogue import flows as codes
from archdsl.elaborate import apply
from archdsl.elaborate.budget import LETTERS, TEMPLATE
from archdsl.elaborate.conditions import bind_block
from archdsl.elaborate.expressions import evaluate
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.flow import Call, Flows
from archdsl.elaborate.ports import entered, takes, told
from archdsl.elaborate.proof import prove
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Observation, Session
from archdsl.elaborate.signature import Declared, bind_inputs, declared_ports
from archdsl.elaborate.template import Assembly, Step, Template, finish
from archdsl.elaborate.types import fit
from archdsl.elaborate.values import (
    ANY_NUMBER,
    POISON,
    BlockRef,
    Bundle,
    FunctionRef,
    Given,
    OpRef,
    Result,
    Row,
    SharedRef,
    Tensor,
    Value,
    call_of,
    name_of,
    without,
)
from archdsl.graph.dims import Shape
from archdsl.names import diagnose
from archdsl.source import Span
from archdsl.syntax import ast


class _Carry:
    """Moves arguments into another assembly: tensors in them are captured as further inputs of the block."""

    def __init__(self) -> None:
        self.tensors: dict[Tensor, int] = {}
        """Each with its number among the further inputs, in their order."""
        self.declarations: list[ast.Declaration] = []
        """The blocks and functions in arguments that have a key."""
        self.has_shared = False
        """Whether an argument is a `shared` line."""

    def key(self, value: Value) -> Hashable:
        """A memoisation key, equal for arguments that elaborate alike. Of tensors, shape and identity count."""
        match value:
            case Tensor():
                return "tensor", self.tensors.setdefault(value, len(self.tensors)), value.shape
            case Bundle():
                return "bundle", tuple((n, self.key(t)) for n, t in value.tensors.items())
            case tuple():
                return "list", tuple(map(self.key, value))
            case Row():
                return "row", tuple((n, self.key(v)) for n, v in value.fields.items())
            case OpRef():
                return "op", value.op, self.arguments(value.arguments), tuple(self.key(g.value) for g in value.joined)
            case BlockRef():
                self.declarations.append(value.decl)
                return "block", id(value.decl), self.arguments(value.arguments)
            case SharedRef():
                self.has_shared = True
                return "shared", id(value.slot)
            case FunctionRef():
                self.declarations.append(value.decl)
                return "function", id(value.decl)
            case _:
                return type(value), value

    def arguments(self, arguments: Mapping[str, Given]) -> Hashable:
        return tuple((name, self.key(given.value)) for name, given in arguments.items())

    def into(self, value: Value, inner: Sequence[Tensor]) -> Value:
        """The value with its captured tensors replaced by the block's own inputs."""
        if not self.tensors:
            return value
        match value:
            case Tensor():
                return inner[self.tensors[value]]
            case Bundle():
                return Bundle({n: self.into(t, inner) for n, t in value.tensors.items()})
            case tuple():
                return tuple(self.into(v, inner) for v in value)
            case Row():
                return Row({n: self.into(v, inner) for n, v in value.fields.items()})
            case OpRef():
                joined = tuple(Given(self.into(g.value, inner), g.span) for g in value.joined)
                return OpRef(value.op, self.all_into(value.arguments, inner), joined)
            case BlockRef():
                return replace(value, arguments=self.all_into(value.arguments, inner))
            case _:
                return value

    def all_into(self, arguments: Mapping[str, Given], inner: Sequence[Tensor]) -> dict[str, Given]:
        return {name: given._replace(value=self.into(given.value, inner)) for name, given in arguments.items()}


def argument_key(ref: BlockRef) -> Hashable:
    """A key that is equal for calls of the same block or variant with the same arguments, none of them tensors."""
    return id(ref.decl), ref.name, _Carry().arguments(ref.arguments)


def _rehome(output: Result, made: Sequence[Tensor]) -> Result:
    if isinstance(output, Tensor):
        return made[0]
    return Bundle(dict(zip(output.tensors, made, strict=True)))


def _holes(ref: BlockRef, assembly: Assembly) -> Result:
    """The outputs after an error: tensors of unknown shape, as many as the signature states."""
    signature = ref.decl.signature
    if signature is not None and signature.outputs[0].name is not None:
        return Bundle({f"{p.key}{ANY_NUMBER if p.is_open else ''}": assembly.hole(None) for p in signature.outputs})
    return assembly.hole(None)


def enter(ref: BlockRef, flow: Result, span: Span) -> dict[str, Tensor]:
    """The tensors that flow into a block, by the names of its ports."""
    signature = ref.decl.signature
    name = name_of(ref)
    if signature is None:
        return {"": flow} if isinstance(flow, Tensor) else dict(flow.tensors)
    ports = signature.inputs
    if isinstance(flow, Tensor):
        if len(ports) == 1 and not ports[0].is_open:
            return {ports[0].key: flow}
        if flow.shape is None:
            raise Silence()
        given = "one tensor"
    else:
        keys = flow.tensors
        taken = [(port, key) for port in ports for key in keys if takes(port, key)]
        if {port.key for port, _ in taken} == {port.key for port in ports} and len(taken) == len(keys):
            return {key: keys[key] for _, key in taken}
        given = told(keys)
    lists = [port.key for port in ports if port.is_open]
    closed = told(port.key for port in ports if not port.is_open)
    wanted = (
        ", ".join([*filter(None, [closed]), *(f"a list `{name}`" for name in lists)]) if ports[0].key else "one tensor"
    )
    help_ = ("`ports { … }` makes several named tensors flow together",) if len(ports) > 1 else ()
    if lists:
        help_ = (f"`ports {{ {lists[0]}: ...list }}` makes a list of tensors flow",)
    raise Failure(codes.PortsMismatch(span=span, what=f"`{name}`", wanted=wanted, given=given, help=help_))


def template_of(
    session: Session, ref: BlockRef, span: Span, taken: Mapping[str, Tensor], carry: _Carry, key: Hashable
) -> Template | None:
    """The template of a call, memoised."""
    known = session.templates.get(key)
    if known is not None:
        template, found_before, depth = known
        session.budget.charge(len(found_before), span)
        session.reporter.again(found_before, depth, (ref, span))
        return template
    session.budget.charge(TEMPLATE + len(carry.tensors), span)
    kept, declarations = session.kept, (ref.decl, *carry.declarations)
    if kept is not None and (carry.has_shared or any(each.span.source is session.main for each in declarations)):
        kept = None  # it depends on the text
    if kept is not None and (template := kept.get(key)) is not None:
        session.claimed |= kept.claimed
        session.templates[key] = (template, (), session.calls.depth)
        return template
    with session.reporter.recording() as found:
        try:
            template = _elaborate(session, ref, span, taken, carry)
        except Failure as failure:
            session.reporter.report(*failure.diagnostics)
            template = None
    if template is not None:
        template.broken |= found.has_errors
        if not template.broken:
            session.sound.add(id(ref.decl))
    session.templates[key] = (template, found.found, session.calls.depth)
    if kept is not None and template is not None and not template.broken and not found.found:
        kept.add(key, template, declarations, (span for span in session.claimed if span.source is not session.main))
    return template


def template_for_inputs(session: Session, ref: BlockRef, span: Span, inputs: Mapping[str, Shape]) -> Template | None:
    """The template of a whole model."""
    outside = Assembly()
    signature = ref.decl.signature
    named = signature is not None and signature.inputs[0].name is not None
    made = {name: outside.input(shape) for name, shape in inputs.items()}
    flow: Result = next(iter(made.values())) if len(made) == 1 else Bundle(made)
    taken = enter(ref, Bundle(made) if named else flow, span)
    carry = _Carry()
    key = (id(ref.decl), carry.arguments(ref.arguments), tuple((name, t.shape) for name, t in taken.items()), ref.name)
    template = template_of(session, ref, span, taken, carry, key)
    if template is not None:
        session.budget.count_nodes(template.size, span)
    return template


def _elaborate(session: Session, ref: BlockRef, span: Span, taken: Mapping[str, Tensor], carry: _Carry) -> Template:
    decl, name = ref.decl, name_of(ref)
    session.reporter.allowances.enter(decl)
    assembly = Assembly()
    inner = {port: assembly.input(_shape(tensor)) for port, tensor in taken.items()}
    carried = [assembly.input(_shape(tensor)) for tensor in carry.tensors]
    scope = Scope(session, ref.module)
    bind_block(name, decl, carry.all_into(ref.arguments, carried), scope, span)
    spared = frozenset(_spared(decl.params, ref.arguments, scope))
    signature = decl.signature
    if signature is not None:
        bind_inputs(name, entered(signature.inputs, inner), list(inner.values()), scope, span)
    names = ref.module.names.names(decl)
    with session.calls.calling(ref, span):
        for use in names.ambiguous:
            session.reporter.report(diagnose.ambiguous(use))
        wanted = declared_ports(signature.outputs, scope) if signature else []
        output = define(Instance(session, assembly, names), name, decl, scope, inner, wanted, ref)
    return finish(
        assembly,
        output,
        block=name,
        kind="model" if decl.is_model else "block",
        doc=ref.doc,
        spared=spared,
    )


def _spared(params: Sequence[ast.Param], given: Mapping[str, Given], scope: Scope) -> Iterator[str]:
    """The arguments that equal their parameters' defaults, given the values in the scope."""
    for param in params:
        name, default = param.name.id, param.default
        if name not in given or default is None:
            continue
        with scope.session.reporter.aside():
            try:
                value = fit(evaluate(default, scope), param.type)
            except Failure:  # with these arguments it has no value, so that none equals it
                continue
        if _full(value) == _full(scope.names[name]):
            yield name


def _full(value: Value) -> Hashable:
    """A key of a value, equal for ops with the same arguments whether these are given or defaults."""
    if not isinstance(value, OpRef) or value.joined:
        return _Carry().key(value)
    defaults = {name: field.default for name, field in value.op.model_fields.items()}
    given = {name: given.value for name, given in value.arguments.items()}
    return value.op, tuple((name, _Carry().key(part)) for name, part in (defaults | given).items())


def define(
    flows: Flows,
    name: str,
    decl: ast.Block,
    scope: Scope,
    inputs: Mapping[str, Tensor],
    wanted: Declared,
    ref: BlockRef | None = None,
) -> Result:
    """Elaborates a block on its inputs; ``scope`` has its parameters and sizes, ``wanted`` are the stated output
    shapes.

    ``ref`` is what was called, if the values of all its arguments are known.
    """
    signature = decl.signature
    if signature is not None and signature.inputs[0].name is not None:
        values = Bundle(inputs).fields
        scope.names.update((port, POISON if port in flows.names.doubtful else v) for port, v in values.items())
    flow: Result = next(iter(inputs.values()))
    if signature is None and "" not in inputs:
        flow = Bundle(inputs)
    inside = scope.inner(holds_taps=True)
    try:
        output = flows.body(decl.body, inside, flow)
    finally:
        if flows.session.observer is not None:
            values = {**scope.names, **inside.names}
            flows.session.observer(Observation(decl, ref, values, inside.tapped, flows.assembly))
    if signature is None:
        return output
    return prove(flows.session, name, decl.body, wanted, output, flows.assembly)


class Instance(Flows):
    """The body of one block instance."""

    def add_op(self, call: apply.OpCall) -> Tensor:
        return apply.op(self.session, self.assembly, call)

    def add_block(self, call: Call, current: Result) -> Result:
        """Adds the template of a call to the assembly, memoised for equal calls."""
        session, assembly, ref = self.session, self.assembly, call.ref
        if any(given.value is POISON for given in ref.arguments.values()):
            raise Silence()
        session.budget.weigh(ref, call.span)  # its arguments are compared with those of other calls
        taken = enter(ref, current, call.span)
        carry = _Carry()
        key = (id(ref.decl), carry.arguments(ref.arguments), tuple((name, t.shape) for name, t in taken.items()))
        tensors = [*taken.values(), *carry.tensors]
        if any(t.shape is None for t in tensors):
            # What flows in is unknown; the arguments can be wrong all the same.
            bind_block(name_of(ref), ref.decl, ref.arguments, Scope(session, ref.module), call.span)
            return _holes(ref, assembly)
        template = template_of(session, ref, call.span, taken, carry, key)
        if template is None:
            return _holes(ref, assembly)
        session.budget.count_nodes(assembly.size + template.size, call.span)
        output = template.output
        results = [output] if isinstance(output, Tensor) else list(output.tensors.values())
        assembly.broken |= template.broken
        if any(t.shape is None for t in results):
            return _rehome(output, [assembly.hole(t.shape) for t in results])
        shown = call_of(without(ref, template.spared))
        session.budget.charge(len(str(shown)) // LETTERS, call.span)
        made = assembly.add(
            Step(
                what=template,
                inputs=tuple(t.ref for t in tensors),
                shapes=tuple(t.shape for t in results if t.shape is not None),
                span=call.span,
                position=call.position,
                call=shown,
                slot=call.slot,
            )
        )
        return _rehome(output, made)


def _shape(tensor: Tensor) -> Shape:
    assert tensor.shape is not None
    return tensor.shape
