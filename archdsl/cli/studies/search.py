"""``archdsl study search``: searches for the best values of a model's parameters within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archdsl.cli.budgets import budget_options, criteria
from archdsl.cli.exits import Refusal
from archdsl.cli.numbers import Duration
from archdsl.cli.runtimes import Names
from archdsl.cli.specs import find, set_option, spec_argument
from archdsl.cli.studies.options import Training, conducted, refusing, show_results, told, training_options
from archdsl.cli.surveys import given_ranges, over_option
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.files import Located
    from archdsl.training.engine import Engine
    from archdsl.training.latency import Latency
    from archdsl.training.search import Strategy
    from archdsl.training.space import Pool, Space

_EPILOG = """\b
Examples:
  archdsl study search space.arch --max-macs 40M --dry-run
  archdsl study search space.arch --max-params 0.3M --trials 40 --data cifar10 \\
      --with epochs=5 --with holdout=0.1 --sampler nsga2 --into out/search
  archdsl study search net.arch --over "width=8..64 step 8" --over "act=[relu, gelu]" \\
      --where "width * depth <= 128" --max-macs 40M --dry-run
  archdsl study show out/search

The numbers of candidates that were dropped are told, with the reasons. DIR/winner.arch has the best as a spec."""


@click.command(epilog=_EPILOG)
@spec_argument
@over_option(required=False)
@click.option("--where", "conditions", multiple=True, metavar="CONDITION", help="What must hold: `w * depth <= 128`.")
@click.option(
    "--candidates", type=click.IntRange(min=1), default=10_000, show_default=True, help="How many are judged at most."
)
@click.option("--trials", type=click.IntRange(min=1), default=20, show_default=True, help="How many are trained.")
@click.option(
    "--sampler",
    type=click.Choice(["tpe", "nsga2", "random"]),
    default="tpe",
    show_default=True,
    help="Of Optuna: tpe looks for accuracy, nsga2 for accuracy against cost.",
)
@click.option("--cost", type=click.Choice(["macs", "params"]), default="macs", show_default=True, help="Of the front.")
@click.option(
    "--round", "each", type=click.IntRange(min=1), default=4, show_default=True, help="Candidates chosen at once."
)
@click.option(
    "--prune",
    type=click.Choice(["median", "halving"]),
    help="End trials behind the median of others, or at epochs 1, 4, 16, … behind their best quarter.",
)
@click.option(
    "--max-latency", "slowest", type=Duration(), metavar="TIME", help="At most so long for one image here: `5ms`."
)
@click.option(
    "--latency-on",
    "runtimes",
    type=Names(),
    metavar="NAME",
    help="The runtime that is measured, as `bench` does.  [default: ONNX Runtime if it is installed]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is random.")
@click.option("--dry-run", is_flag=True, help="Judge the candidates, and train none.")
@budget_options
@training_options(required=False)
@set_option
@click.pass_context
def search(
    ctx: click.Context,
    /,
    spec: str,
    ranges: tuple[str, ...],
    conditions: tuple[str, ...],
    candidates: int,
    slowest: float | None,
    runtimes: tuple[str, ...] | None,
    seed: int,
    dry_run: bool,
    format: str | None,
    out: str,
    settings: tuple[str, ...],
    **options: Any,
) -> None:
    """Search a space of models for accuracy within a budget.

    The space is every combination of the values that the spec lists (`width: int in [8, 16]`), or that --over gives
    instead, for which the spec's `where` and all --where hold. Candidates whose shapes are not proved, or that break a
    budget, are dropped before any model is built. The sampler chooses which of the others to train. Accuracy should be
    measured on held-out training images: --with holdout=0.1.
    """
    from archdsl.training.search import Strategy

    given, options = _split(options, Training)
    chosen, budgets = _split(options, Strategy)
    with refusing():
        strategy = Strategy(**chosen)
    if not dry_run and (given["data"] is None or given["folder"] is None):
        raise Refusal("a search that trains takes --data and --into; --dry-run judges alone")
    located = find(spec)
    space = _space(located, ranges, conditions, settings, budgets)
    started = time.perf_counter()
    with working("judging candidates"), refusing():
        pool = space.pool(candidates, seed)
    click.echo(_words(space, pool, time.perf_counter() - started), err=True)
    if dry_run:
        return
    if not pool.passed:
        raise Refusal("no candidate is left to train")
    training = Training(**given)
    latency = _latency(training.folder, slowest, runtimes)
    failed = _trained(space, pool, training, strategy, seed, latency)
    if latency is not None and slowest is not None:
        limit = f"{1000 * slowest:g} ms"
        click.echo(f"{latency.slow} of {len(latency.measured)} candidates took longer than {limit}", err=True)
    show_results(training.folder, format, out, None, partial=False, cost=strategy.cost)
    _write_winner(located, space, settings, training.folder, latency)
    told(ctx, training.folder, failed)


def _space(
    located: Located,
    ranges: tuple[str, ...],
    conditions: tuple[str, ...],
    settings: tuple[str, ...],
    budgets: dict[str, Any],
) -> Space:
    from archdsl.diagnostics import ArchError
    from archdsl.source import SourceFile
    from archdsl.training.space import Space

    program, model, fixed, varied = given_ranges(located, ranges, settings)
    listed = {name: values for name, values in program.domains(model).items() if name not in fixed}
    if not listed and not varied:
        raise Refusal(f"`{model}` lists no values, as `width: int in [8, 16]` does: give some with --over")
    found = [program.expression(SourceFile("--where", f"let condition = {text}")) for text in conditions]
    if program.has_errors:
        raise ArchError(program.diagnostics)
    wanted = [each for each in found if each]
    with refusing():
        return Space(program, model, fixed, {**listed, **varied}, wanted, criteria(budgets, "params"))


def _split(options: Mapping[str, Any], kind: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options that are fields of a dataclass, and the others."""
    mine = {name: value for name, value in options.items() if name in kind.__dataclass_fields__}
    return mine, {name: value for name, value in options.items() if name not in mine}


def _latency(folder: Path, slowest: float | None, runtimes: tuple[str, ...] | None) -> Latency | None:
    from archdsl.training.latency import Latency

    if slowest is None:
        return None
    if runtimes is None:
        return Latency(folder, slowest)
    if len(runtimes) > 1:
        raise Refusal("--latency-on: one runtime is measured, and several are named")
    return Latency(folder, slowest, runtimes[0])


def _words(space: Space, pool: Pool, seconds: float) -> str:
    rate = pool.judged / max(seconds, 1e-9)
    lines = [
        f"{pool.judged:_} of {space.size:_} candidates judged in {seconds:.1f} s ({rate:_.0f} a second), none built: "
        f"{len(pool.passed):_} pass",
        *(f"  {count:_} dropped: {reason}" for reason, count in pool.dropped.items()),
    ]
    return "\n".join(lines)


def _trained(
    space: Space, pool: Pool, training: Training, strategy: Strategy, seed: int, latency: Latency | None
) -> dict[str, str]:
    from archdsl.training.plan import Plan, Variant
    from archdsl.training.search import search as searched

    baseline = space.baseline()
    if isinstance(baseline, str):
        click.echo(f"{space.model} as its defaults make it is not trained: {baseline}", err=True)
    first = () if isinstance(baseline, str) else (Variant(space.model, baseline),)

    def conduct(plan: Plan, engine: Engine, telling: Callable[[str], None]) -> dict[str, str]:
        begun = replace(plan, variants=first)  # the plan of a search that goes on has the candidates, too
        return searched(training.folder, begun, space, pool, engine, strategy, latency=latency, telling=telling)

    return conducted("search", first, (seed,), training, conduct, strategy.trials)


def _write_winner(
    located: Located, space: Space, settings: tuple[str, ...], folder: Path, latency: Latency | None
) -> None:
    """Writes ``winner.arch``: a copy of the file with the best candidate as a model, with its figures in a `check`."""
    from archdsl.cli.output import tell, written
    from archdsl.training.plan import load
    from archdsl.training.results import results

    whole = [subject for subject in results(folder).subjects if subject.accuracies and not subject.ended]
    known = [each for each in whole if latency is None or each.name in latency.measured]  # not a baseline, then
    if not known:
        return
    best = max(known, key=lambda subject: sum(subject.accuracies.values()) / len(subject.accuracies))
    words = (*settings, *load(folder).variant(best.name).settings)
    name = f"{space.model}Winner"
    lines = [
        located.source.text.rstrip(),
        "",
        f"## The best of {len(known)} that were trained to the end.",
        f"model {name} = {space.model}({', '.join(words)})",
        f"check {name}(), params == {best.params}, macs == {best.macs}",
    ]
    target = folder / "winner.arch"
    with written(target) as file:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    tell(target)
