"""Many models at once: the figures of several specs, of the whole zoo, or of one model with changing arguments."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from archdsl.api import choose_model, elaborate, find, select
from archdsl.architecture import Architecture
from archdsl.bundled import bundled
from archdsl.comparison.entries import Entries
from archdsl.comparison.entry import Entry, measure
from archdsl.comparison.scaling import Argument, Member
from archdsl.compiler import Program, needs_model
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.elaborate.values import Given, show_value
from archdsl.files import Located, locate
from archdsl.limits import DEFAULT, Limits
from archdsl.parameters import Expression, plain

if TYPE_CHECKING:
    from archdsl.study.speed import Clock, Speed

Settings: TypeAlias = Callable[[Program, str], Mapping[str, Any]]
"""The arguments of a model, which may be read with the names of its program in sight."""
Ranges: TypeAlias = Callable[[Program, str], Mapping[str, Sequence[Any]]]
"""The values that each parameter takes."""
Spec: TypeAlias = str | os.PathLike[str]
"""A spec's name, or its path."""
_KNOWN: Final[dict[tuple[str, str, str], Entry]] = {}
"""The figures of bundled models by file, text and model: they do not change while a program runs."""
MOST: Final = 1_000
"""Models that one family may have."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A model, or a whole spec, that has errors."""

    name: str
    diagnostics: tuple[Diagnostic, ...]


def zoo() -> tuple[str, ...]:
    """Names that stand for all bundled files, in alphabetical order.

    >>> zoo()[:3]
    ('ablation', 'alexnet', 'bit')
    """
    return tuple(sorted({file.removesuffix(".arch") for file, _ in bundled().values()}))


def whole(located: Located) -> Located:
    """The spec without the model that was asked for, so that it stands for all in it."""
    return located._replace(model=None)


def survey(
    specs: Iterable[Located | Architecture], settings: Settings | None = None, limits: Limits = DEFAULT
) -> Iterator[Entry | Failed]:
    """The figures of every model that the specs stand for, each once, in order.

    A spec that names no model stands for all in its file that need no arguments, and a model that needs some for its
    variants that do not. A file is read once, however many of its models are asked for.
    """
    programs: dict[tuple[object, ...], Program] = {}
    seen: set[tuple[object, ...]] = set()
    is_plain = settings is None and limits == DEFAULT
    for located in specs:
        if isinstance(located, Architecture):
            yield measure(located.graph, located.name)
            continue
        if located.is_graph:
            yield _graph(located)
            continue
        key = (located.source.identity, located.source.name, located.source.text)
        if key not in programs:
            programs[key] = Program(located.source, located.loader, limits)
        program, is_known = programs[key], is_plain and located.is_bundled
        if not program.models:
            yield Failed(located.source.name, program.diagnostics or (needs_model(program),))
        for model in _members(program, located.model):
            if (*key, model) not in seen:
                seen.add((*key, model))
                fixed = (located.source.name, located.source.text, model)
                result = (_KNOWN.get(fixed) if is_known else None) or _measured(program, model, settings)
                if is_known and isinstance(result, Entry):
                    _KNOWN[fixed] = result
                if isinstance(result, Failed):  # its errors are the program's: the others start afresh
                    program = programs[key] = Program(located.source, located.loader, limits)
                yield result


def _graph(located: Located) -> Entry | Failed:
    try:
        return measure(select(located, {}).graph, located.source.name)
    except ArchError as error:
        return Failed(located.source.name, error.diagnostics)


def _members(program: Program, model: str | None) -> Sequence[str]:
    if model is None:
        return program.ready() or program.models
    family = program.ready(model)
    return [model] if model in family or not family else family


def _measured(program: Program, model: str, settings: Settings | None) -> Entry | Failed:
    try:
        params = settings(program, choose_model(program, model)) if settings else {}
        return measure(elaborate(program, model, params).graph, program.source.name, changed=bool(params))
    except ArchError as error:
        return Failed(model, tuple(error.diagnostics))


def family(
    located: Located, ranges: Ranges, settings: Settings | None = None, limits: Limits = DEFAULT
) -> Iterator[Member]:
    """A model with every combination of values, the last parameter changing quickest.

    Raises:
        ArchError: the spec has errors whatever the values are.
        ValueError: there are no combinations, or more than ``MOST``, or a parameter is given in both ways.
    """
    program = Program(located.source, located.loader, limits)
    model = choose_model(program, located.model)
    fixed, varied = _arguments(program, model, settings, ranges)
    for name, values in varied.items():
        if not values:
            raise ValueError(f"`{name}` has no values")
        if name in fixed:
            raise ValueError(f"`{name}` has a value already")
    indices = [range(len(values)) for values in varied.values()]
    if (count := prod(map(len, indices))) > MOST:
        raise ValueError(f"{count:_} models are more than {MOST:_}")
    for chosen in product(*indices):
        if program.has_errors:  # values of the language belong to the program that made them
            program = Program(located.source, located.loader, limits)
            fixed, varied = _arguments(program, model, settings, ranges)
        given = {name: values[index] for (name, values), index in zip(varied.items(), chosen, strict=True)}
        arguments = tuple(argument(name, value) for name, value in given.items())
        try:
            graph = elaborate(program, model, {**fixed, **given}).graph
        except ArchError as error:
            yield Member(arguments, None, tuple(error.diagnostics))
        else:
            kept = {argument.name: argument.value for argument in arguments}
            yield Member(arguments, measure(graph, located.source.name, changed=True, arguments=kept))


def _arguments(
    program: Program, model: str, settings: Settings | None, ranges: Ranges
) -> tuple[Mapping[str, Any], Mapping[str, Sequence[Any]]]:
    varied = {name: [plain(name, value) for value in values] for name, values in ranges(program, model).items()}
    return settings(program, model) if settings else {}, varied


def argument(name: str, given: Any) -> Argument:
    """A parameter with its value, for programs and as text."""
    value = given.value if isinstance(given, Given) else given
    text = _as_written(value)
    return Argument(name, text if isinstance(value, Expression) else _as_python(value), text)


def _as_written(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_as_written, value))}]"
    return value.text if isinstance(value, Expression) else show_value(value)


def _as_python(value: Any) -> Any:
    """A value of the language as JSON and notebooks have it: an op or a block is its text."""
    if isinstance(value, tuple):
        return [_as_python(element) for element in value]
    return value if isinstance(value, bool | int | float | str) else _as_written(value)


def compare(specs: Spec | Architecture | Sequence[Spec | Architecture] = (), *, limits: Limits = DEFAULT) -> Entries:
    """The figures of models side by side: of those given or named, or of the whole zoo.

    ``file.arch`` stands for all its models that need no arguments.

    Raises:
        ArchError: one of the specs has errors.
        FileNotFoundError: there is no such spec.

    >>> [(entry.name, entry.params, entry.top1) for entry in compare(["resnet18", "MobileNetV2"])]
    [('ResNet18', 11699112, 69.8), ('MobileNetV2', 3538984, 72.0)]
    """
    named = [specs] if isinstance(specs, str | os.PathLike | Architecture) else specs
    found: list[Located | Architecture] = [
        spec if isinstance(spec, Architecture) else find(spec, limits) for spec in named
    ]
    found = found or [whole(locate(name, limits)) for name in zoo()]
    entries = []
    for result in survey(found, limits=limits):
        if isinstance(result, Failed):
            raise ArchError(result.diagnostics)
        entries.append(result)
    return Entries(entries)


def scale(
    spec: str | os.PathLike[str], over: Mapping[str, Sequence[Any]], *, limits: Limits = DEFAULT, **params: Any
) -> Entries:
    """The figures of a family: a model with every combination of the values in ``over``.

    Raises:
        ArchError: one of the models has errors.
        FileNotFoundError: there is no such spec.
        ValueError: a parameter has no values, or one in ``params`` too, or there are too many combinations.

    >>> [entry.params for entry in scale("MobileNetV2", {"width": [0.5, 1.0]})]
    [1987224, 3538984]
    """
    entries = []
    for step in family(find(spec, limits), lambda *_: over, lambda *_: params, limits):
        if step.entry is None:
            raise ArchError(step.diagnostics)
        entries.append(step.entry)
    return Entries(entries)


def bench(
    specs: Spec | Sequence[Spec],
    *,
    runtimes: Sequence[str] | None = None,
    batches: Sequence[int] = (1,),
    threads: int | None = None,
    rounds: int = 10,
    clock: Clock = "wall",
    weights: Spec | None = None,
    limits: Limits = DEFAULT,
    **params: Any,
) -> Speed:
    """How long models take on this machine, on the runtimes that are named or on all that are installed.

    Each runtime runs in a process of its own, on the processor alone; they take turns, ``rounds`` times. ``threads`` is
    for each of them; as many as there are processors when not given. ``clock="cpu"`` counts processor time. ``weights``
    is a file for a single model, which has fresh ones otherwise. ``params`` set parameters of the models.

    Raises:
        ArchError: one of the specs has errors.
        FileNotFoundError: there is no such spec.
        KeyError: there is no such runtime.
        ValueError: the size of an input is left open, or ``weights`` is given for several models.
        WeightsError: the weights do not fit.
    """
    from archdsl.runtimes.measure import measure as measured
    from archdsl.runtimes.measure import subject

    named = [specs] if isinstance(specs, str | os.PathLike) else specs
    if weights is not None and len(named) > 1:
        raise ValueError("weights are of one model, and several are named")
    found = [find(spec, limits) for spec in named]
    subjects = [
        subject(select(located, params, limits).graph, located.source.name, weights, changed=bool(params))
        for located in found
    ]
    return measured(subjects, runtimes, batches=batches, threads=threads, rounds=rounds, clock=clock)
