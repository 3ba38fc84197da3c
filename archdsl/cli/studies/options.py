"""What the commands that train share: their options, the run of a study, and the output of its results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.tables import FORMATS, format_option, output_option

if TYPE_CHECKING:
    from archdsl.training.engine import Engine
    from archdsl.training.plan import Plan, Variant

_Command = TypeVar("_Command", bound=Callable[..., Any])


Conduct: TypeAlias = "Callable[[Plan, Engine, Callable[[str], None]], dict[str, str]]"
"""A function that runs a plan with an engine, reports progress, and returns the reasons of failures."""


@dataclass(frozen=True)
class Training:
    """The values of the options of training."""

    data: str
    folder: Path
    recipe: Path | None
    changes: tuple[str, ...]
    backend: str | None
    engine: str
    address: str | None
    jobs: int | None
    resume: bool


def training_options(*, required: bool = True) -> Callable[[_Command], _Command]:
    """A decorator that adds the options of ``Training``, by the names of its fields, and those of the report."""

    def add(function: _Command) -> _Command:
        for option in reversed(_options(required=required)):
            function = option(function)
        return function

    return add


def _options(*, required: bool) -> tuple[Callable[[Any], Any], ...]:
    return (
        click.option(
            "--data",
            required=required,
            metavar="NAME",
            help="digits, mnist, fashion_mnist, cifar10, cifar100; a folder, an .npz file, or `module:function`.",
        ),
        click.option(
            "--into",
            "folder",
            required=required,
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="The folder of the study: its plan, results and checkpoints.",
        ),
        click.option(
            "--recipe", type=click.Path(path_type=Path), metavar="FILE", help="How to train, as TOML (docs/studies.md)."
        ),
        click.option(
            "--with",
            "changes",
            multiple=True,
            metavar="KEY=VALUE",
            help="Replace a value of the recipe: `epochs=5`, `optimiser.rate=0.01`.",
        ),
        click.option(
            "--backend",
            type=click.Choice(["tensorflow", "jax", "torch"]),
            help="What Keras runs on.  [default: KERAS_BACKEND, or tensorflow]",
        ),
        click.option(
            "--jobs", type=click.IntRange(min=1), help="Trials at once.  [default: as many as there are processors]"
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="What runs the trials: processes of this machine, or Ray.",
        ),
        click.option("--address", metavar="ADDRESS", help="Of a cluster of Ray whose machines share DIR."),
        click.option(
            "--resume",
            is_flag=True,
            help="Go on with the study in DIR from its last finished epochs; more seeds and variants are added.",
        ),
        format_option(*FORMATS),
        output_option,
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Turns ``StudyError`` and ``OSError`` into a ``Refusal``."""
    from archdsl.training.errors import StudyError

    try:
        yield
    except StudyError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"{error.filename or 'the study'}: {(error.strerror or str(error)).lower()}") from None


def conducted(
    kind: str,
    variants: tuple[Variant, ...],
    seeds: tuple[int, ...],
    training: Training,
    conduct: Conduct | None = None,
    trials: int = 0,
) -> dict[str, str]:
    """Runs a study until it ends. Returns the reasons of failures, by trial name.

    ``conduct`` replaces the run of all trials of the plan; ``trials`` is the expected number of trials then.
    """
    from archdsl.cli.terminal import hushed, progress
    from archdsl.training.cluster import Ray
    from archdsl.training.data import load
    from archdsl.training.data.model import fit
    from archdsl.training.engine import Local
    from archdsl.training.plan import Plan
    from archdsl.training.recipe import read
    from archdsl.training.run import prepare, run, shares

    with refusing():
        recipe = read(training.recipe, training.changes)
        with hushed():
            data = load(training.data)
        for variant in variants:
            fit(data, variant.graph)
        jobs, threads = shares(training.jobs, trials or len(variants) * len(seeds))
        backend = training.backend or os.environ.get("KERAS_BACKEND", "tensorflow")
        name = str(Path(training.data).resolve()) if Path(training.data).exists() else training.data
        plan = Plan(kind, variants, seeds, name, recipe, backend, threads)
        plan = prepare(plan, training.folder, resume=training.resume)
        engine = Ray(jobs, training.address) if training.engine == "ray" else Local(jobs)
        with progress() as telling:
            if conduct is not None:
                return conduct(plan, engine, telling)
            return run(training.folder, engine, telling)


def show_results(
    folder: Path, format: str | None, out: str, reach: float | None, *, partial: bool, cost: str = "macs"
) -> None:
    """Writes the results of a study in the requested format; a search has the Pareto front by ``cost`` first."""
    from archdsl.cli.tables import chosen_format, show, show_tables
    from archdsl.study.ablation import table, to_json
    from archdsl.study.pareto import table as front
    from archdsl.training.plan import load
    from archdsl.training.results import results

    form = chosen_format(format, out)
    with refusing():
        found, kind = results(folder, reach, partial=partial), load(folder).kind
    tables = [table(found)] if kind != "search" else [front(found, cost), table(found)]
    if form == "json":
        show(to_json(found), out)
    elif form == "html":
        from archdsl.plots.page import page

        show(page(found, tables), out)
    else:
        show_tables(*tables, format=form, out=out)


def told(ctx: click.Context, plan_folder: Path, failed: dict[str, str]) -> None:
    """Reports the trials that failed, and exits with 1 if there are any."""
    if not failed:
        return
    from archdsl.training.plan import load

    for name, reason in failed.items():
        trial = load(plan_folder).trial(name)
        click.echo(f"error: {trial.variant}, seed {trial.seed}: {reason}", err=True)
    ctx.exit(1)
