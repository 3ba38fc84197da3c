"""The model of diagnostics: one frozen value per mistake, and a sink that collects them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple, Self, dataclass_transform

from archdsl.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Label(NamedTuple):
    """A secondary place that explains the first, with a text."""

    span: Span
    text: str


class Frame(NamedTuple):
    """One link of the chain of instances: ``Bottleneck(128, stride=2)`` called at ``span``."""

    call: str
    span: Span
    argument: Span | None = None
    """The argument that the wrong value comes from, if there is one."""


class Fix(NamedTuple):
    """A replacement of one piece of text."""

    span: Span
    replacement: str
    is_safe: bool = False
    """Whether a tool may apply it without asking: a graph stays as it is, names of nodes included, and what is no valid
    spec has one reading."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """Base of the catalogue: one subclass per code.

    A subclass states ``message`` and ``label`` as templates over its own fields, and its docstring is what
    ``archdsl explain CODE`` prints. The code is the class name in kebab case.

    >>> class OddKernel(Diagnostic):
    ...     '''Kernels should be odd.'''
    ...     message = "kernel {k} is even"
    ...     k: int
    >>> OddKernel.code
    'odd-kernel'
    """

    message: ClassVar[str]
    label: ClassVar[str] = ""
    code: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.ERROR
    registry: ClassVar[dict[str, type[Diagnostic]]] = {}

    span: Span
    labels: tuple[Label, ...] = ()
    trace: tuple[Frame, ...] = ()
    help: tuple[str, ...] = ()
    fix: Fix | None = None
    more: int = field(default=0)
    """The number of further instances with the same mistake at the same place."""

    def __post_init__(self) -> None:
        """Truncates texts from a spec that are too long to read: a name of a megabyte, a list of ten thousand ports."""
        for name, value in vars(self).items():
            if isinstance(value, str) and len(value) > _LONGEST:
                object.__setattr__(self, name, shortened(value))
        for name, texts in (("help", self.help), ("labels", self.labels), ("trace", self.trace)):
            if any(len(_text(item)) > _LONGEST for item in texts):
                object.__setattr__(self, name, tuple(map(_cut, texts)))

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        assert cls.code not in Diagnostic.registry, f"two diagnostics have the code {cls.code}"
        Diagnostic.registry[cls.code] = cls

    def __new__(cls, **values: object) -> Self:  # noqa: ARG004  # `__init__` takes them
        if "__dataclass_fields__" not in cls.__dict__:
            # Here and not above: it takes half a millisecond a class, and a run reports few of the codes.
            dataclass(frozen=True, kw_only=True)(cls)
        return super().__new__(cls)

    def _fill(self, template: str) -> str:
        return template.format(**{f.name: getattr(self, f.name) for f in fields(self)})

    @property
    def text(self) -> str:
        """The message with its values filled in."""
        return self._fill(self.message)

    @property
    def primary(self) -> Label:
        return Label(self.span, self._fill(self.label))

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


_LONGEST: Final = 400


def shortened(text: str) -> str:
    """The text without its middle, if it is long.

    >>> shortened("a" * 1000) == "a" * 300 + "…" + "a" * 99
    True
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 100]}…{text[-99:]}"


def _text(item: str | Label | Frame) -> str:
    return item if isinstance(item, str) else item.text if isinstance(item, Label) else item.call


def _cut(item: str | Label | Frame) -> str | Label | Frame:
    match item:
        case Label():
            return item._replace(text=shortened(item.text))
        case Frame():
            return item._replace(call=shortened(item.call))
        case _:
            return shortened(item)


class Sink:
    """Collects diagnostics, and counts repetitions of one mistake at one place."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        key = (diagnostic.code, diagnostic.span)
        known = self._found.get(key)
        self._found[key] = diagnostic if known is None else replace(known, more=known.more + 1 + diagnostic.more)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def __len__(self) -> int:
        return len(self._found)

    def has(self, diagnostic: Diagnostic) -> bool:
        """Whether the same mistake at the same place was reported."""
        return (diagnostic.code, diagnostic.span) in self._found

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """The diagnostics in the order in which they were first reported."""
        return tuple(self._found.values())

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self._found.values())

    def sorted(self) -> tuple[Diagnostic, ...]:
        """The diagnostics by file in order of appearance, then by place, errors and warnings mixed."""
        files: dict[str, int] = {}
        for d in self._found.values():
            files.setdefault(d.span.source.name, len(files))
        return tuple(sorted(self._found.values(), key=lambda d: (files[d.span.source.name], d.span.start, d.span.end)))
