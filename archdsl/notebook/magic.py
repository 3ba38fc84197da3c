"""The cell magic ``%%arch``: compiles a cell, and binds its models to variables."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.display import display

from archdsl.architecture import Architecture
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.diagnostics.terminal import render_all
from archdsl.files import Located
from archdsl.importer import Model
from archdsl.notebook.cells import Cells, text_of


class CellError(ArchError):
    """A cell has errors, which are shown as diagnostics instead of Python's traceback."""

    def _render_traceback_(self) -> list[str]:
        return render_all(self.diagnostics, colour=True).split("\n")


@dataclass(frozen=True, repr=False, eq=False)
class CellModel(Architecture):
    """A model of a cell. ``load`` elaborates it with other parameters."""

    model: Model | None = field(default=None, repr=False)

    def load(self, *args: Any, **params: Any) -> Architecture:
        assert self.model is not None
        return self.model.load(*args, **params)


class _Warnings:
    """The warnings of a cell."""

    def __init__(self, found: tuple[Diagnostic, ...]) -> None:
        self._found = found

    def __repr__(self) -> str:
        return render_all(self._found, colour=True)


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%%arch: {message}\n{self.format_usage().rstrip()}")


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="%%arch", add_help=False, usage="%%%%arch [NAME.arch] [--model MODEL] [--view [--height N]] [--quiet]"
    )
    parser.add_argument("name", nargs="?")
    parser.add_argument("--model")
    parser.add_argument("--view", action="store_true")
    parser.add_argument("--height", type=int, default=600)
    parser.add_argument("--quiet", action="store_true")
    return parser


class ArchMagic:
    """%%arch [NAME.arch] [--model MODEL] [--view [--height N]] [--quiet]

    Compile the cell. Each model becomes a variable: an architecture, which shows its diagram and table, and whose
    ``load(classes=100)`` gives it with other parameters; a model that needs arguments has ``load`` alone.

    NAME.arch     lets other cells import from this one: from "NAME.arch" import Block
    --model       which model is shown; without, the only one, or else a line of each
    --view        show the interactive page, which folds, pans, zooms and searches
    --height N    of that page, in pixels
    --quiet       show nothing

    Mistakes end the cell, as an exception does.
    """

    __name__ = "arch"

    def __init__(self, shell: Any, cells: Cells) -> None:
        self._shell = shell
        self._cells = cells
        self.__doc__ = type(self).__doc__

    def __call__(self, line: str, cell: str) -> None:
        asked = _parser().parse_args(shlex.split(line))
        label = asked.name or f"In[{len(self._shell.history_manager.input_hist_parsed) - 1}]"
        text = text_of(f"%%arch {line}\n{cell}") or ""
        models = self._compiled(label, text)
        if asked.name:
            self._cells.name(asked.name, text)
        self._shell.user_ns.update(models)
        if not asked.quiet:
            self._show([each for each in models.values() if isinstance(each, CellModel)], asked)

    def _compiled(self, label: str, text: str) -> dict[str, CellModel | Model]:
        """The models of a text by name. Raises ``CellError``."""
        source, loader = self._cells.source(label, text)
        program = Program(source, loader)
        program.check()
        if program.has_errors:
            raise CellError(program.diagnostics)
        if program.diagnostics:
            display(_Warnings(program.diagnostics))
        located = Located(source, loader, None, label)
        found: dict[str, CellModel | Model] = {}
        for name in program.models:
            model = Model(located, program, name, label)
            graph = program.usual_graph(name)
            found[name] = CellModel(graph, program.diagnostics, program.sources, model) if graph else model
        return found

    def _show(self, models: list[CellModel], asked: Namespace) -> None:
        if asked.model is not None:
            chosen = [each for each in models if each.name == asked.model]
            if not chosen:
                raise UsageError(
                    f"%%arch: no model `{asked.model}`: {', '.join(each.name for each in models) or 'none'}"
                )
            models = chosen
        if asked.view:
            for each in models[:1]:
                display(each.view(asked.height))
        elif len(models) == 1:
            display(models[0])
        else:
            for each in models:
                print(repr(each))  # noqa: T201  # the output of a cell
