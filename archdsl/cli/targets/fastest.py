"""``--for cpu``: measures the forms of a model on this machine, reports them, and writes the fastest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT
from archdsl.cli.tables import show_tables
from archdsl.cli.targets.registry import TARGETS, Options, prepared
from archdsl.cli.targets.weights import fitting
from archdsl.cli.terminal import progress

if TYPE_CHECKING:
    from archdsl.architecture import Architecture

PLACES = ("cpu",)


def refuse_beside_place(outs: Sequence[str], to: str | None, optimise: bool, options: Options) -> None:
    """Raises ``Refusal`` for options that ``--for`` decides itself."""
    given = {"--to": to, "--optimise": optimise, "--names": options.names, "--inline": options.inline}
    given["--by-order"] = options.by_order
    for option, value in given.items():
        if value:
            raise Refusal(f"--for chooses the form by itself: leave out {option}")
    if len(outs) > 1 or STDOUT in outs:
        raise Refusal("--for writes one form to a file: name one OUT")


def write_fastest(architecture: Architecture, out: str, options: Options) -> tuple[Architecture, Path, str]:
    """Writes the file and shows the report. Returns the model written, the file, and a message.

    ``out`` has the ending of a form, which is then the only one, or none, which the form then gives it.
    """
    from archdsl.runtimes.fastest import FORMS, NoForm, fastest, table
    from archdsl.runtimes.inputs import examples

    try:
        examples(architecture.graph, 1)
    except ValueError as error:
        raise Refusal(str(error)) from None
    given = [name for name, target in FORMS.items() if out.lower().endswith(TARGETS[target].ending)]
    with TemporaryDirectory(prefix="archdsl-") as folder:
        with fitting(architecture, options, TARGETS["onnx"].takes), progress() as telling:
            try:
                forms = fastest(
                    architecture,
                    Path(folder),
                    weights=options.weights,
                    partial=options.partial,
                    seed=options.seed or 0,
                    runtimes=given or tuple(FORMS),
                    telling=telling,
                )
            except NoForm as error:
                raise Refusal(f"--for cpu: {error}") from None
        best = forms[0]
        target = TARGETS[FORMS[best.runtime.name]]
        file = out if given else f"{out}{target.ending}"
        using = Options(weights=str(best.weights), inline=target.name == "onnx")
        more = prepared(best.architecture, [target], using)[target.name](target, file)
        show_tables(table(forms), format="text", out=STDOUT)
    rewritten = f"for {best.runtime.title}" + (f", rewritten: {', '.join(best.rewrites)}" if best.rewrites else "")
    return best.architecture, Path(file), "; ".join(filter(None, (rewritten, more)))
