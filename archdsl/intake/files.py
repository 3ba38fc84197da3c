"""Import of model files as specs, by file extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from archdsl.intake import ENDINGS, is_foreign
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.imported import Imported, imported
from archdsl.intake.keras.calls import layer_name
from archdsl.intake.keras.file import configuration
from archdsl.intake.keras.holes import Known
from archdsl.intake.keras.numbering import renumbered
from archdsl.intake.keras.walk import read
from archdsl.intake.opaque import Opaque, not_known
from archdsl.intake.origin import Origin
from archdsl.intake.style import USUAL, Style
from archdsl.intake.weights import by_layer

if TYPE_CHECKING:
    from archdsl.intake.tensors.program import Program

Source: TypeAlias = tuple[Callable[[Sequence[Any]], Sequence[Any]], list[tuple[int, ...]]]
"""The inference function of a source, and the shapes of its inputs."""


_PICKLED: Final = (".pt2", ".pt", ".pth")
"""Extensions of files with pickles, which execute code when loaded; those of ``torch.export.save`` too."""


def import_file(file: str, *, style: Style = USUAL, opaque: Opaque | None = None) -> Imported:
    """The spec of the model in a file. Nothing of the file is executed.

    With ``opaque``, what the language lacks is an opaque step, which has its name and its shapes.

    Raises:
        Unreadable: it is no such file, has what the language lacks, or was not proved equal.
        OSError: it cannot be read.
    """
    if not is_foreign(file):
        raise Unreadable(file, [Problem("", _refused(file))])
    if file.lower().endswith(".onnx"):
        return import_onnx(file, style=style, opaque=opaque)
    document, version = configuration(file)
    known = Known(by_layer(file), (), opaque) if opaque is not None else None
    writer = f"keras {version}" if version else ""
    return import_document(document, Path(file).name, writer=writer, style=style, opaque=known)


def _refused(file: str) -> str:
    if file.lower().endswith(_PICKLED):
        return (
            "PyTorch runs code that such a file holds; load it yourself, and import what a function gives: module:name"
        )
    return f"it does not end in {' or '.join(ENDINGS)}"


def import_onnx(file: str, *, style: Style = USUAL, opaque: Opaque | None = None) -> Imported:
    """The same from a file of ONNX. Outputs are compared where ONNX Runtime is there, and the head says so."""
    from archdsl.intake import compared
    from archdsl.intake.onnx.read import read

    name = Path(file).name
    return _import_program(
        read(file, shapes=opaque is not None), name, lambda: compared.of_file(file), style=style, opaque=opaque
    )


def import_torch(
    module: Any, example: Sequence[Any], *, style: Style = USUAL, opaque: Opaque | None = None
) -> Imported:
    """The same from a module of PyTorch, for inputs of the sizes of an example; or from what was recorded of one."""
    from archdsl.intake.torch.read import answers, read

    name = type(module).__name__
    program = read(module, example, name)
    shapes = [*program.inputs.values()]
    return _import_program(program, name, lambda: (answers(module), shapes), style=style, opaque=opaque)


def _import_program(
    program: Program, name: str, source: Callable[[], Source], *, style: Style, opaque: Opaque | None
) -> Imported:
    """The spec of a program over tensors; ``source`` opens the model to compare it with."""
    from archdsl.intake import compared
    from archdsl.intake.tensors.fusing import fused
    from archdsl.intake.tensors.reading import lowered

    origin = Origin(name, program.writer)
    graph = lowered(fused(program), name, opaque)
    found = imported(graph, name, style, head=(origin.head,), about=origin.facts)
    reason = not_known(node.op for node in found.graph) or compared.check(source, found, name)
    if reason is None:
        said = "Outputs for random inputs are those of the source, but for rounding."
    else:
        said = f"Outputs were not compared with those of the source: {reason}."
    text = found.text.replace(f"# {origin.head}\n", f"# {origin.head}\n# {said}\n", 1)
    return replace(found, text=text, sources={**found.sources, found.graph.instances[0].origin.file: text})


def import_keras(model: Any, *, style: Style = USUAL, opaque: Opaque | None = None) -> Imported:
    """The same from a model of Keras in memory; one of a class of its own is run once on symbolic tensors.

    Raises ``TypeError`` for an object that is not a Keras model.
    """
    from archdsl.backends.keras.document import document, outputs, weights, writer
    from archdsl.backends.keras.traced import NotRecorded, recorded

    try:
        with recorded(model) as functional:
            found = renumbered(document(functional), type(model).__name__)
            known = None
            if opaque is not None:
                arrays = {found.called(name): shapes for name, shapes in weights(functional).items()}
                told = Opaque({found.called(place): shape for place, shape in opaque.shapes.items()})
                known = Known(arrays, outputs(functional), told)
    except NotRecorded as error:
        raise Unreadable(model.name, [Problem("", str(error))]) from error
    name = layer_name(found.document)
    try:
        return import_document(found.document, name, writer=writer(), style=style, opaque=known)
    except Unreadable as error:
        problems = [replace(each, place=found.in_memory(each.place)) for each in error.problems]
        raise Unreadable(model.name, problems) from None


def import_document(
    document: Mapping[str, Any], name: str, *, writer: str = "", style: Style = USUAL, opaque: Known | None = None
) -> Imported:
    """The same from the configuration of a model of Keras; with ``opaque``, what it does not say of unknown layers."""
    origin = Origin(name, writer)
    graph = read(document, name, opaque)
    why = not_known(node.op for node in graph) or "Keras was not run"
    head = (origin.head, f"Outputs were not compared with those of the source: {why}.")
    return imported(graph, name, style, head=head, about=origin.facts)
