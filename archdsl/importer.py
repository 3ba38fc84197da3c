"""Imports ``.arch`` files like Python modules: ``import archdsl.importer``, then ``from specs import resnet50``.

The models of the file are callables that build Keras models::

    import archdsl.importer
    from specs import resnet50

    model = resnet50.ResNet50(classes=10)          # a keras.Model
    graph = resnet50.ResNet50.load(classes=10).graph

Files are found where Python modules are: in the folders on ``sys.path``, and in packages; not in zips. A Python module
of the same name wins. An error in a file raises ``ArchError``, as one in a Python file raises ``SyntaxError``. A module
is what its file and those that it imports were when it was imported, until it is reloaded. Keras is imported when the
first model is built.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from inspect import Parameter as PythonParameter
from inspect import Signature
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from archdsl.api import elaborate
from archdsl.architecture import Architecture
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.files import Located, NotFound, on_disk, read_text
from archdsl.parameters import Parameter

if TYPE_CHECKING:
    import keras


class SpecFinder(MetaPathFinder):
    """Finds ``name.arch`` in the folders in which Python looks for ``name``."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        name = fullname.rpartition(".")[2]
        if not name or os.path.basename(name) != name:  # noqa: PTH119  # a path, which leads to other folders
            return None
        folders: Sequence[object] = sys.path if path is None else path
        for folder in folders:
            # Like Python, this passes over entries that are no text, and what is no folder or may not be looked at.
            if isinstance(folder, str) and os.path.isfile(file := os.path.join(folder, f"{name}.arch")):  # noqa: PTH113, PTH118
                found = Path(os.path.abspath(file))  # noqa: PTH100  # for `""`, the current folder of now
                return spec_from_file_location(fullname, found, loader=SpecLoader(found))
        return None


class SpecLoader(Loader):
    """Makes a module of a file: its models by name."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def exec_module(self, module: ModuleType) -> None:
        try:
            located = on_disk(self._file)
        except NotFound as error:
            raise ImportError(str(error), name=module.__name__, path=str(self._file)) from None
        program = Program(located.source, located.loader)
        if program.has_errors:
            raise ArchError(program.diagnostics)
        models = {name: Model(located, program, name, module.__name__) for name in program.models}
        vars(module).update(models, __all__=list(models), __doc__=_header(located.source.text))

    def get_source(self, fullname: str) -> str:
        """For tools that show the source of a module."""
        return read_text(self._file)


class Model:
    """A model of a file, to be called with its parameters."""

    def __init__(self, located: Located, program: Program, name: str, module: str) -> None:
        self._located = located
        self.__name__ = self.__qualname__ = name
        self.__module__ = module
        self.__doc__ = program.doc(name) or _USE  # without one, help() would describe this class
        self.__signature__ = _signature(program.parameters(name))

    def __repr__(self) -> str:
        return f"<model {self.__module__}.{self.__name__}{self.__signature__}>"

    def __call__(self, *args: Any, **params: Any) -> keras.Model:
        """The Keras model, its weights initialised. Raises ``ArchError`` when the parameters do not fit."""
        return self.load(*args, **params).build()

    def load(self, *args: Any, **params: Any) -> Architecture:
        """The model as it was checked, without Keras: its graph, summary and warnings."""
        given = self.__signature__.bind(*args, **params).arguments
        given |= given.pop(_OTHERS, {})
        # A program of its own, since a program keeps what it reported.
        return elaborate(Program(self._located.source, self._located.loader), self.__name__, given)


_USE = "A model: called with its parameters it is a keras.Model; load() gives its architecture, without Keras."
_OTHERS = "params"
"""Takes the parameters whose names are none in Python: ``Net(**{"lambda": 0.5})``."""


class _Written:
    """A default that only the compiler can evaluate, shown as the spec has it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _is_python(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _signature(parameters: dict[str, Parameter]) -> Signature:
    by_place = True
    found: list[PythonParameter] = []
    for name, parameter in parameters.items():
        if not _is_python(name):
            by_place = False  # the next one would have its place
            continue
        default: Any = PythonParameter.empty
        if parameter.default is not None:
            default = _Written(parameter.default) if parameter.value is None else _list(parameter.value)
        elif found and found[-1].default is not PythonParameter.empty:
            by_place = False  # a variant may set the first parameter and leave the second
        kind = PythonParameter.POSITIONAL_OR_KEYWORD if by_place else PythonParameter.KEYWORD_ONLY
        found.append(PythonParameter(name, kind, default=default, annotation=_Written(parameter.type)))
    if not all(map(_is_python, parameters)):
        found.append(PythonParameter(_OTHERS, PythonParameter.VAR_KEYWORD))
    return Signature(found)


def _list(value: Any) -> Any:
    """Converts the language's lists, which are tuples, to Python's."""
    return list(map(_list, value)) if isinstance(value, tuple) else value


def _header(text: str) -> str | None:
    """The comment that a file starts with."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#") or line.startswith("##"):
            break
        lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines) or None


if not any(isinstance(finder, SpecFinder) for finder in sys.meta_path):
    sys.meta_path.append(SpecFinder())  # at the end, so that Python's own modules win
