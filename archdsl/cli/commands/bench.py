"""``archdsl bench``: the speed of models on this machine, on every installed runtime."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from archdsl.cli import inputs
from archdsl.cli.exits import Refusal
from archdsl.cli.limits import limit_option
from archdsl.cli.numbers import Number
from archdsl.cli.output import STDOUT
from archdsl.cli.plotting import plot_option, save
from archdsl.cli.runtimes import Names
from archdsl.cli.specs import SpecType, find, open_located, set_option
from archdsl.cli.tables import FORMATS, chosen_format, format_option, output_option, show, show_tables
from archdsl.cli.terminal import progress, show_diagnostics

if TYPE_CHECKING:
    from archdsl.runtimes.measure import Subject
    from archdsl.study.speed import Clock

_EPILOG: Final = """\b
Examples:
  archdsl bench mobilenet_v2
  archdsl bench mobilenet_v2 resnet50 efficientnet_b0 --batch 8 --plot times.svg
  archdsl bench net.arch --weights trained.safetensors --with onnx,openvino --batch 1,8,32
  archdsl bench resnet18 resnet50 vit_b16 --with openvino --plot accuracy.svg --accuracy
  archdsl bench resnet50 --threads 1 --format json | jq '.timings[].latency'
  archdsl bench --all --at-most 5G --with onnx --keep zoo.json --plot zoo.svg --accuracy

docs/bench.md says how it is measured."""


class Sizes(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """Comma-separated positive integers."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdecimal() and 0 < int(part) <= 65_536 for part in parts):
            self.fail(f"`{value}` is no list of sizes, such as 1,8", param, ctx)
        return tuple(dict.fromkeys(int(part) for part in parts))


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="SPEC…", type=SpecType(), nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All bundled models beside those named, the smallest first.")
@click.option("--at-most", "most", type=Number(), metavar="MACS", help="Of --all, those with no more multiply-adds.")
@click.option(
    "--with",
    "names",
    type=Names(),
    metavar="NAME,…",
    help="Which runtimes: keras, keras-function, torch, onnx, openvino, litert.  [default: all that are installed]",
)
@click.option(
    "--batch", "batches", type=Sizes(), metavar="N,…", default="1", show_default=True, help="Sizes of the batch."
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="Of each runtime.  [default: as many as there are processors]"
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=10, show_default=True, help="Turns that each runtime gets."
)
@click.option(
    "--clock",
    type=click.Choice(["wall", "cpu"]),
    default="wall",
    show_default=True,
    help="What times are of. Processor time depends less on what else runs; with several threads it is their sum.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep what is measured in FILE, JSON, and do not measure again what it has.",
)
@click.option(
    "--weights",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Of the model, if there is one; fresh ones otherwise.",
)
@format_option(*FORMATS)
@output_option
@plot_option("sizes and latencies as bars")
@click.option("--accuracy", is_flag=True, help="Plot the published accuracy against the latency instead.")
@set_option
@limit_option
def bench(
    specs: tuple[str, ...],
    everything: bool,
    most: float | None,
    names: tuple[str, ...] | None,
    batches: tuple[int, ...],
    threads: int | None,
    rounds: int,
    clock: Clock,
    keep: Path | None,
    weights: str | None,
    format: str | None,
    out: str,
    target: Path | None,
    accuracy: bool,
    settings: tuple[str, ...],
) -> None:
    """Measure how long models take on this machine: in Keras, PyTorch, ONNX Runtime, OpenVINO and LiteRT.

    For each model, runtime and size of the batch: the median and the quartiles of the latency, images in a second, the
    time of the first call with loading, and the peak of memory. Every runtime runs in a process of its own, on the
    processor alone, with the same weights and inputs; they take turns, so that a slow phase of the machine meets all
    of them. Those that are not installed are listed.
    """
    from archdsl.runtimes.kept import Kept
    from archdsl.runtimes.measure import measure
    from archdsl.study.speed import to_json

    form = chosen_format(format, out)
    if accuracy and target is None:
        raise Refusal("--accuracy is how --plot FILE draws: give it too")
    if not specs and not everything:
        raise click.UsageError("Missing argument 'SPEC…'; --all stands for all bundled models.")
    if weights is not None and (len(specs) > 1 or everything):
        raise Refusal("--weights are of one model, and several are named")
    if most is not None and not everything:
        raise Refusal("--at-most says which of --all are measured: give it too")
    if settings and everything:
        raise Refusal("--set is for models that are named: give it without --all")
    try:
        subjects = [_subject(spec, settings, weights) for spec in specs]
        kept = None if keep is None else Kept(keep)
        with progress() as telling:
            found = measure(
                chain(subjects, _zoo(most) if everything else ()),
                names,
                batches=batches,
                threads=threads,
                rounds=rounds,
                clock=clock,
                kept=kept,
                telling=telling,
            )
    except ValueError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"--keep {keep}: {(error.strerror or str(error)).lower()}") from error
    if not found.timings and not found.failures:
        raise Refusal(
            "; ".join(f"{each.title} is not installed: `pip install {each.install}`" for each in found.absent)
        )
    if target is not None:
        from archdsl.plots import speed

        save(target, lambda: speed.accuracy(found) if accuracy else speed.bars(found))
    if target is None or out != STDOUT:
        if form == "json":
            show(to_json(found), out)
        else:
            show_tables(found.table(), format=form, out=out)


def _zoo(most: float | None) -> Iterator[Subject]:
    """The bundled models up to a number of multiply-adds, in ascending order, without those with open sizes."""
    from archdsl.cli.surveys import gather

    entries, _ = gather((), everything=True, settings=())
    sized = sorted((entry.macs, entry.model) for entry in entries if isinstance(entry.macs, int))
    for macs, model in sized:
        if most is None or macs <= most:
            yield _subject(model, (), None)


def _subject(spec: str, settings: tuple[str, ...], weights: str | None) -> Subject:
    from archdsl.runtimes.measure import subject
    from archdsl.weights import WeightsError

    located = find(spec)
    architecture = open_located(located, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    if weights is not None:
        inputs.add({Path(weights)})
    try:
        return subject(architecture.graph, located.source.name, weights, changed=bool(settings))
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {weights}: {(error.strerror or str(error)).lower()}") from error
