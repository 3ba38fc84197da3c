"""The state of one compilation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from archdsl.diagnostics import Diagnostic
from archdsl.elaborate.budget import Budget
from archdsl.elaborate.calls import Calls
from archdsl.elaborate.files import Files, Read
from archdsl.elaborate.kept import Kept
from archdsl.elaborate.loader import Loader
from archdsl.elaborate.module import Declared, Module
from archdsl.elaborate.reporter import Reporter
from archdsl.elaborate.template import Assembly, Template
from archdsl.elaborate.values import BlockRef, Value
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.limits import DEFAULT, Limits
from archdsl.measures import Subject
from archdsl.ops.base import Misfit, Op
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.parser import parse_once

Observer: TypeAlias = "Callable[[Observation], None]"
Evaluate: TypeAlias = "Callable[[Session, Module, Declared], Any]"
"""The value of what a file declares."""


class Known(NamedTuple):
    """Checks that found nothing, by a key of their dependencies: they need not be repeated."""

    clean: set[tuple[str, bytes]]
    key: Callable[[ast.Declaration], bytes]


class Observation(NamedTuple):
    """One elaboration of a block's body."""

    decl: ast.Block
    ref: BlockRef | None
    """What was called; ``None`` where the body was elaborated once for all calls, of which nothing is known."""
    values: Mapping[str, Value]
    """Of the parameters, dimensions and ``let`` lines of the body."""
    tapped: Mapping[str, Value]
    assembly: Assembly


class Session:
    """The state that all parts of a compilation share: reporter, budget, loaded files and finished graphs.

    It knows no disk: files come from the loader, results are returned.
    """

    def __init__(
        self,
        main: SourceFile,
        loader: Loader,
        evaluate: Evaluate,
        limits: Limits | None = None,
        read: Read = parse_once,
    ) -> None:
        self.main = main
        self.known: Known | None = None
        """Checks of other texts that found nothing."""
        self.kept: Kept | None = None
        """Templates that other versions of the text made."""
        self.observer: Observer | None = None
        """Is shown each body that was elaborated."""
        self.limits = limits or DEFAULT
        self.budget = Budget(self.limits)
        self.calls = Calls(self.budget)
        self.reporter = Reporter(main, self.calls, self.budget)
        self.files = Files(
            loader,
            self.reporter,
            self.budget,
            lambda module, declared: evaluate(self, module, declared),
            read,
        )
        self.ops: dict[object, Op] = {}
        """Equal ops are one object; see ``make_op``."""
        self.shapes: dict[tuple[int, tuple[Shape, ...]], Shape] = {}
        """Output shapes by op and input shapes: models repeat few combinations many times."""
        self.doubts: dict[tuple[int, tuple[Shape, ...]], tuple[Misfit, ...]] = {}
        """Warnings about ops, by the same key: few have any."""
        self.claimed: set[Span] = set()
        """Steps whose shape the spec states."""
        self.templates: dict[object, tuple[Template | None, tuple[Diagnostic, ...], int]] = {}
        """Templates by the keys of their calls; each with its diagnostics, and the depth of its call."""
        self.sound: set[int] = set()
        """Blocks that were elaborated without an error, by the identity of their declarations."""
        self.graphs: dict[object, Graph | None] = {}
        self.measured: dict[int, Subject] = {}
        """What conditions ask of, by the identity of a graph in ``graphs``: measured once, however many ask."""

    def close(self) -> None:
        """Drops everything: reference cycles would keep it all until garbage collection."""
        self.files.close()
        self.__dict__.clear()
