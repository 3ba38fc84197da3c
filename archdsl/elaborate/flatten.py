"""Template to graph: stamps out every call, removes dead nodes, and gives all uses of a ``shared`` block one owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.elaborate.template import Group, Step, Template
from archdsl.elaborate.values import Slot
from archdsl.graph.dims import Shape, show
from archdsl.graph.model import Graph, Instance, Node, Port
from archdsl.ops.base import Op, Weight
from archdsl.ops.call import NOTHING
from archdsl.ops.show import call
from archdsl.passes.liveness import dead
from archdsl.source import Span

ShareKey = tuple[Slot, str, str]
"""Which weights a step uses: the ``shared`` line, the instance it was elaborated in, the place inside of it."""


class _Share(NamedTuple):
    """A step with shared weights: which others share them, and where the ``shared`` name was used."""

    key: ShareKey
    use: Span


class _Place(NamedTuple):
    """A node before liveness is known."""

    step: Step
    op: Op
    path: str
    inputs: tuple[str, ...]
    instance: int
    share: _Share | None
    float32: bool


class _Stamper:
    def __init__(self) -> None:
        self.places: list[_Place] = []
        self.instances: list[Instance] = []
        self._active: dict[Slot, ShareKey] = {}

    def stamp(
        self,
        template: Template,
        prefix: str,
        inputs: Sequence[str],
        instance: int,
        share: _Share | None,
        float32: bool = False,
    ) -> list[str]:
        """Stamps out one call and returns the paths of its outputs."""
        values = list(inputs)
        groups: dict[int, int] = {}
        for slot in template.slots:
            # Within a shared block, a `shared` line of its own is one of its places.
            self._active[slot] = _place_of(share.key, f"={slot.name}") if share else (slot, prefix, "")
        for step in template.steps:
            path = prefix + step.path
            owner = self._group(step.position.group, prefix, instance, groups)
            inner: _Share | None = None
            if step.slot is not None:
                inner = _Share(self._active[step.slot], share.use if share else step.span)
            elif share is not None:
                inner = _Share(_place_of(share.key, step.path), share.use)
            taken = tuple(values[ref] for ref in step.inputs)
            is_precise = float32 or step.position.float32
            if isinstance(step.what, Op):
                self.places.append(_Place(step, step.what, path, taken, owner, inner, is_precise))
                values.append(path)
            else:
                called = step.what
                self.instances.append(
                    Instance(
                        path=path,
                        kind="model" if called.kind == "model" else "block",
                        block=called.block,
                        call=step.call,
                        parent=owner,
                        origin=step.origin,
                        doc=called.doc,
                        named=step.position.is_named,
                    )
                )
                values.extend(self.stamp(called, path + ".", taken, len(self.instances) - 1, inner, is_precise))
        return [values[ref] for ref in template.outputs]

    def _group(self, group: Group | None, prefix: str, instance: int, groups: dict[int, int]) -> int:
        """The instance of a group, created at its first step."""
        if group is None:
            return instance
        if id(group) not in groups:
            parent = self._group(group.parent, prefix, instance, groups)
            self.instances.append(
                Instance(
                    path=prefix + group.path,
                    kind="group",
                    block=group.name,
                    call=NOTHING,
                    parent=parent,
                    origin=group.origin,
                    named=True,
                )
            )
            groups[id(group)] = len(self.instances) - 1
        return groups[id(group)]


def flatten(
    template: Template,
    root: Instance,
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
    report: Callable[[Diagnostic], None],
    *,
    ports: Mapping[str, Span],
    about: tuple[tuple[str, str | int | float | bool], ...] = (),
) -> Graph | None:
    """The graph of a model's template, or ``None`` where shared weights do not fit all of their uses.

    What no output needs is left out, with a warning.
    """
    stamper = _Stamper()
    stamper.instances.append(root)
    results = stamper.stamp(template, "", list(inputs), 0, None)
    places = stamper.places
    unused = dead([(p.path, p.inputs) for p in places], results)
    if unused:
        gone = set(unused)
        needed_by_dead = {name for p in places if p.path in gone for name in p.inputs}
        needed = {place.step.span for place in places if place.path not in gone}
        for place in places:
            # Only the end of a dead chain is reported: the rest is dead because of it. So is a step that another round
            # or instance needs, as the last of WaveNet's layers has nothing to hand on.
            if place.path in gone and place.path not in needed_by_dead and place.step.span not in needed:
                report(codes.UnusedResult(span=place.step.span, step=place.step.position.word))
        places = [p for p in places if p.path not in gone]
    used = {name for p in places for name in p.inputs} | set(results)
    for name in inputs:
        if name not in used:
            report(codes.UnusedInput(span=ports[name], name=name))
    owners = _owners(places, inputs, report)
    if owners is None:
        return None
    nodes = tuple(
        Node(
            path=place.path,
            op=place.op,
            inputs=place.inputs,
            shape=place.step.shapes[0],
            instance=place.instance,
            origin=place.step.origin,
            layer=layer,
            named=place.step.position.is_named,
            float32=place.float32,
        )
        for place, layer in zip(places, owners, strict=True)
    )
    return Graph(
        name=root.block,
        inputs=tuple(Port(name=name, shape=shape, node=name) for name, shape in inputs.items()),
        outputs=tuple(
            Port(name=name, shape=shape, node=node)
            for (name, shape), node in zip(outputs.items(), results, strict=True)
        ),
        nodes=nodes,
        instances=tuple(stamper.instances),
        doc=root.doc,
        about=about,
    )


def _owners(
    places: Sequence[_Place], inputs: Mapping[str, Shape], report: Callable[[Diagnostic], None]
) -> list[str] | None:
    """For each node the path of the owner of its weights: the first use of the same ``shared`` place.

    What has no weights owns itself, and may differ from one use to the next. ``None`` after errors.
    """
    first: dict[ShareKey, tuple[_Place, tuple[Weight, ...]]] = {}
    owners: list[str] = []
    differing: set[Span] = set()
    shapes = dict(inputs) | {p.path: p.step.shapes[0] for p in places}
    for place in places:
        weights = place.op.weights(*(shapes[name] for name in place.inputs)) if place.share else ()
        if place.share is None or not weights:
            owners.append(place.path)
            continue
        key, use = place.share
        owner, owned = first.setdefault(key, (place, weights))
        assert owner.share is not None
        is_alike = weights == owned and place.op == owner.op and place.float32 == owner.float32
        if not is_alike and use not in differing:
            differing.add(use)
            what, here, there = "weights", _show_weights(weights), _show_weights(owned)
            if here == there:
                what, here, there = "arguments", str(call(place.op)), str(call(owner.op))
            if here == there:
                what, here, there = "precision", _precision(place), _precision(owner)
            report(
                codes.SharedMismatch(
                    span=use,
                    name=key[0].name,
                    what=what,
                    op=place.op.name,
                    here=here,
                    labels=(Label(owner.share.use, f"needs {there}"),),
                )
            )
        owners.append(owner.path)
    return None if differing else owners


def _precision(place: _Place) -> str:
    return "float32" if place.float32 else "the policy's precision"


def _show_weights(weights: Sequence[Weight]) -> str:
    return ", ".join(f"{w.name} {show(w.shape)}" for w in weights)


def _place_of(key: ShareKey, inside: str) -> ShareKey:
    """A place inside of a shared instance."""
    slot, home, path = key
    return slot, home, f"{path}.{inside}"
