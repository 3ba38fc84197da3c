"""Files of other programs in commands: ``--opaque`` and ``--shape``, and what is said where such a file is no spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from archdsl.cli.exits import Refusal

if TYPE_CHECKING:
    from archdsl.intake.errors import Unreadable
    from archdsl.intake.opaque import Opaque

_F = TypeVar("_F", bound=Callable[..., Any])
_KEPT: Final = "archdsl.opaque"
_OPAQUE: Final = "--opaque reads the rest, and takes these as steps of which the shapes are known"
_SHAPES: Final = "--shape LAYER=SIZE says what a layer gives, without the batch"


def opaque_options(function: _F) -> _F:
    """``--opaque``, and ``--shape LAYER=SIZE``, as often as there are layers; ``chosen`` gives both to a reader."""
    function = click.option(
        "--shape",
        multiple=True,
        metavar="LAYER=SIZE",
        expose_value=False,
        callback=_keep_shapes,
        help="With --opaque, what a layer gives that the file does not say, without the batch: norm=7,7,64.",
    )(function)
    return click.option(
        "--opaque",
        is_flag=True,
        expose_value=False,
        is_eager=True,  # before --shape, wherever it stands
        callback=_keep,
        help="Take what the language lacks in a file of Keras or ONNX as opaque steps, which have their names and "
        "shapes, in place of an error.",
    )(function)


def chosen() -> Opaque | None:
    """Whether the command that runs takes what cannot be read as opaque steps, and their shapes."""
    kept: Opaque | None = click.get_current_context().meta.get(_KEPT)
    return kept


class Unread(Refusal):
    """A file of another program is no spec: all that is wrong with it, and what helps in the command that runs."""

    def __init__(self, error: Unreadable) -> None:
        meta = click.get_current_context().meta
        said = str(error)
        if _KEPT in meta and any(problem.kind for problem in error.problems):
            said += f"\n  = help: {_OPAQUE if meta[_KEPT] is None else _SHAPES}"
        super().__init__(said)
        self.code = error.code


def size(given: str, option: str) -> list[int]:
    """Numbers with commas between them.

    Raises:
        Refusal: these are none of a shape.
    """
    try:
        found = [int(number) for number in given.split(",")]
    except ValueError:
        raise Refusal(f"{option} takes numbers and commas, as 3,224,224, not {given}") from None
    if any(number < 1 for number in found):
        raise Refusal(f"{option} takes sizes of 1 and more")
    return found


def _keep(ctx: click.Context, _param: click.Parameter, is_asked: bool) -> None:
    ctx.meta[_KEPT] = None
    if is_asked:
        from archdsl.intake.opaque import Opaque

        ctx.meta[_KEPT] = Opaque()


def _keep_shapes(ctx: click.Context, _param: click.Parameter, told: Sequence[str]) -> None:
    if told and ctx.meta[_KEPT] is None:
        raise Refusal("--shape is for the steps of --opaque")
    if told:
        ctx.meta[_KEPT] = ctx.meta[_KEPT]._replace(shapes=dict(map(_told, told)))


def _told(given: str) -> tuple[str, list[int]]:
    """The name of a layer and the shape that it gives."""
    name, _, shape = given.rpartition("=")
    if not name:
        raise Refusal(f"--shape takes the name of a layer and a size, as norm=7,7,64, not {given}")
    return name, size(shape, "--shape")
