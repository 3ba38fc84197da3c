"""Import of models that a Python function makes. Unlike for files, this runs the code of the named module."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.files import import_keras, import_torch
from archdsl.intake.imported import Imported
from archdsl.intake.opaque import Opaque
from archdsl.intake.style import USUAL, Style


def import_live(
    name: str, sizes: Sequence[Sequence[int]], *, style: Style = USUAL, opaque: Opaque | None = None
) -> Imported:
    """The spec of what ``module:attribute`` is or, called without arguments, gives: a module of PyTorch or a model of
    Keras. ``sizes`` are those of a module's inputs, after the batch and with channels first. With ``opaque``, what the
    language lacks is an opaque step.

    Raises:
        Unreadable: there is no such attribute, it is no model, or the model cannot be read.
    """
    model = _model(name)
    if _is_a(model, "torch.export", "ExportedProgram"):
        return import_torch(model, (), style=style, opaque=opaque)
    if _is_a(model, "torch.nn", "Module"):
        from archdsl.intake.torch.read import example

        return import_torch(model, example(sizes), style=style, opaque=opaque)
    if _is_a(model, "keras", "Model"):
        return import_keras(model, style=style, opaque=opaque)
    kind = type(model).__name__
    raise Unreadable(name, [Problem("", f"it is of type `{kind}`, no module of PyTorch or model of Keras")])


def _model(name: str) -> Any:
    """A value if it is a model, otherwise the result of calling it."""
    module, _, path = name.partition(":")
    sys.path.insert(0, "")  # modules beside the user, as for `python -m`
    try:
        found: Any = import_module(module)
    except Exception as error:  # whatever someone else's module raises
        said = f"importing `{module}` raises {type(error).__name__}: {error}"
        raise Unreadable(name, [Problem("", said)]) from error
    finally:
        sys.path.remove("")
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            raise Unreadable(name, [Problem("", f"`{module}` has no `{path}`")])
        found = getattr(found, attribute)
    kinds = (("torch.nn", "Module"), ("torch.export", "ExportedProgram"), ("keras", "Model"))
    if any(_is_a(found, *kind) for kind in kinds) or not callable(found):
        return found
    try:
        return found()
    except Exception as error:  # whatever a function of someone else's raises
        said = f"`{path}()` raises {type(error).__name__}: {error}"
        raise Unreadable(name, [Problem("", said)]) from error


def _is_a(value: Any, module: str, kind: str) -> bool:
    """Whether the class of a value is from a library, which is loaded if so."""
    library = sys.modules.get(module)
    return library is not None and isinstance(value, getattr(library, kind))
