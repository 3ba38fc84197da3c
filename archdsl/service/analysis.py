"""The analysis of one version of an open text, computed on demand and cached."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cached_property

from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic
from archdsl.elaborate.loader import Loader
from archdsl.elaborate.module import Module
from archdsl.limits import DEFAULT, Limits
from archdsl.names import Index, Names
from archdsl.service.instances import Instances
from archdsl.service.lines import Lines
from archdsl.service.memory import Memory
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.lexer import Lexed
from archdsl.syntax.parser import Reading, parse_once, reparse


class Analysis:
    """A text with its imports.

    >>> found = Analysis(SourceFile("net.arch", "model Net() :: [8] -> [4] { dense(5) }"))
    >>> [diagnostic.code for diagnostic in found.diagnostics]
    ['contract-broken']
    """

    def __init__(
        self,
        source: SourceFile,
        loader: Loader | None = None,
        limits: Limits = DEFAULT,
        memory: Memory | None = None,
    ) -> None:
        """``memory`` has results for other versions of the text."""
        self.source = source
        self.loader = loader
        self.limits = limits
        self.memory = memory or Memory()
        self.kept: dict[int, object] = {}
        """What features made of something that this holds, by its identity."""
        self._look: Callable[[], None] = _go_on
        self.is_complete = False
        """Whether everything was checked, so that ``diagnostics`` costs nothing."""
        self._begin()

    # --- the text ---

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text)

    @cached_property
    def _reading(self) -> Reading:
        reading = reparse(self.source, self.limits, self.memory.pieces)
        self.memory.pieces = reading.pieces
        return reading

    def _read(self, source: SourceFile, limits: Limits) -> tuple[ast.Module, tuple[Diagnostic, ...]]:
        return self._reading[:2] if source is self.source else parse_once(source, limits)

    def _program(self) -> Program:
        """The compiled text, whose models are elaborated on request."""
        program = Program(self.source, self.loader, self.limits, self._read)
        program.interrupt(self._look)
        return program

    def _begin(self) -> None:
        """Starts the check."""
        self.program = self._program()
        self.program.remember(self.memory.clean, self.memory.kept)
        self._pieces: Generator[None] = self.program.checking()

    @property
    def lexed(self) -> Lexed:
        """The tokens and comments of the text."""
        return self._reading.lexed

    @property
    def module(self) -> Module:
        return self.program.module

    @property
    def parsed(self) -> ast.Module:
        return self.program.module.ast

    @property
    def index(self) -> Index:
        """The name index of the text."""
        return self.program.module.names

    @cached_property
    def indices(self) -> tuple[Index, ...]:
        """The name indices of the text and of all its imports."""
        return tuple(module.names for module in self.program.modules)

    def declaration(self, offset: int) -> ast.Declaration | None:
        """The declaration that contains a place, or ends there."""
        found = [d for d in self.parsed.declarations if d.span.start <= offset <= d.span.end]
        return found[-1] if found else None

    def names(self, offset: int) -> Names | None:
        """The names in the declaration around a place."""
        declaration = self.declaration(offset)
        return None if declaration is None else self.index.names(declaration)

    def module_of(self, source: SourceFile) -> Module | None:
        """The module of a file."""
        return next((module for module in self.program.modules if module.source is source), None)

    # --- what is wrong ---

    @cached_property
    def first_diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that need no instantiation: syntax, names, types, symbolic shapes.

        Found by a program of its own, so that what is found later is as if this had not been asked for.
        """
        program = self._program()
        try:
            program.remember(self.memory.clean, self.memory.kept)
            program.check_text()
            return program.diagnostics
        finally:
            program.close()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, as from ``archdsl check``."""
        for _ in self.checking():
            pass
        return self.program.diagnostics

    def checking(self) -> Iterator[None]:
        """Completes the check step by step: one model, or one `check` line, at a time."""
        while not self.is_complete:
            try:
                next(self._pieces)
            except StopIteration:
                self.is_complete = True
            except BaseException:  # half of a piece is none
                self._end()
                self._begin()
                raise
            yield

    @contextmanager
    def interruptible(self, look: Callable[[], None]) -> Iterator[None]:
        """Calls ``look`` regularly during checks inside; an exception from it ends the check.

        The next one goes on from what was found to be right by then.
        """
        self._look = look
        self.program.interrupt(look)
        try:
            yield
        finally:
            self._look = _go_on
            self.program.interrupt(_go_on)

    def _end(self) -> None:
        self._pieces.close()
        self.program.close()
        self.__dict__.pop("indices", None)

    # --- instances ---

    @cached_property
    def instances(self) -> Instances:
        """The elaborated models and blocks to be shown."""
        return Instances(self._program())

    def prepare(self, offset: int, look: Callable[[], None]) -> None:
        """Elaborates the instance of the block at a place in advance, unless ``look`` raises an exception."""
        declaration = self.declaration(offset)
        if not isinstance(declaration, ast.Block):
            return
        self.instances.program.interrupt(look)
        try:
            self.instances.of(declaration)
        except BaseException:
            self._forget_instances()  # half of one is none
            raise
        self.instances.program.interrupt(_go_on)

    def _forget_instances(self) -> None:
        if "instances" in self.__dict__:
            self.instances.program.close()
            del self.__dict__["instances"]

    def close(self) -> None:
        """Ends the use of a version and frees its memory."""
        self._end()
        self._forget_instances()
        self.__dict__.clear()

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)


def _go_on() -> None:
    """Looks at nothing."""
