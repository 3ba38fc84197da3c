"""``archdsl study ablate``: trains variants of a model with the same settings, each with several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.limits import chosen, limit_option
from archdsl.cli.numbers import Percent
from archdsl.cli.specs import SpecType, find, set_option
from archdsl.cli.studies.options import Training, conducted, show_results, told, training_options
from archdsl.cli.surveys import given_ranges, over_option

if TYPE_CHECKING:
    from archdsl.files import Located
    from archdsl.training.plan import Variant

_EPILOG = """\b
Examples:
  archdsl study ablate specs/ablation.arch --data cifar10 --seeds 3 --into out/ablation
  archdsl study ablate net.arch --data digits --over "with_se=[false, true]" --into out/se
  archdsl study ablate net.arch --variants Net,NetWide --data digits --into out/net -o net.html
  archdsl study show out/ablation

Every variant has the same order of images, and the same first weights wherever paths and shapes are the same."""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="SPEC…", type=SpecType(), nargs=-1, required=True)
@click.option("--variants", metavar="NAME,…", help="Which models of the file.  [default: all that need no arguments]")
@over_option(required=False)
@click.option("--baseline", metavar="NAME", help="What the others are compared with.  [default: the first variant]")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="How many: 0, 1, 2, …")
@click.option("--reach", type=Percent(), metavar="PERCENT", help="Count the epochs to this accuracy.")
@training_options()
@set_option
@limit_option
@click.pass_context
def ablate(
    ctx: click.Context,
    /,
    specs: tuple[str, ...],
    variants: str | None,
    ranges: tuple[str, ...],
    baseline: str | None,
    seeds: int,
    reach: float | None,
    format: str | None,
    out: str,
    settings: tuple[str, ...],
    **options: Any,
) -> None:
    """Train variants of a model with the same settings, and compare them.

    The variants are the named models, or those of a file that need no arguments, or those that --variants names, or one
    for each combination of the values of --over. Each is trained with each seed. The table has the accuracy with its
    95% confidence interval, the paired difference from the baseline, the epochs and seconds to a target accuracy, and
    the cost of each variant.
    """
    training = Training(**options)
    if ranges and variants:
        raise Refusal("--over makes variants of one model, and --variants names others: give one of them")
    if len(specs) > 1 and (ranges or variants):
        raise Refusal("--over and --variants are about one file, and several specs are named")
    found: list[Variant] = []
    for spec in specs:
        located = find(spec)
        found += _over(located, ranges, settings) if ranges else _named(located, variants, settings, len(specs) > 1)
    found = _first(found, baseline)
    failed = conducted("ablate", tuple(found), tuple(range(seeds)), training)
    show_results(training.folder, format, out, reach and reach / 100, partial=False)
    told(ctx, training.folder, failed)


def _named(located: Located, names: str | None, settings: tuple[str, ...], is_one: bool) -> Iterator[Variant]:
    """The models of a file; with ``is_one``, where several specs are named, only the model that is named."""
    from archdsl.api import elaborate
    from archdsl.cli.settings import parse
    from archdsl.compiler import Program
    from archdsl.diagnostics import ArchError
    from archdsl.diagnostics.suggest import did_you_mean
    from archdsl.training.plan import Variant

    if located.is_graph:
        raise Refusal(f"{located.source.name} is a graph, which has no variants")
    program = Program(located.source, located.loader, chosen())
    if program.has_errors:
        raise ArchError(program.diagnostics)
    wanted: Sequence[str] = [part.strip() for part in names.split(",")] if names else program.ready(located.model)
    if is_one and located.model is not None:
        wanted = [located.model]
    if not wanted:
        raise Refusal(f"{located.source.name} has no model that needs no arguments: give some with --set or --over")
    for name in wanted:
        if name not in program.models:
            near = did_you_mean(name, program.models) or (f"there are {', '.join(program.models)}",)
            raise Refusal(f"--variants: no model is called `{name}`: {near[0]}")
        yield Variant(name, elaborate(program, name, parse(program, name, settings)).graph, settings)


def _over(located: Located, ranges: tuple[str, ...], settings: tuple[str, ...]) -> Iterator[Variant]:
    from archdsl.api import elaborate
    from archdsl.survey import MOST, argument
    from archdsl.training.plan import Variant

    program, model, fixed, varied = given_ranges(located, ranges, settings)
    for count, values in enumerate(product(*varied.values())):
        if count == MOST:
            raise Refusal(f"--over: more than {MOST:_} variants")
        given = dict(zip(varied, values, strict=True))
        words = tuple(f"{name}={argument(name, value).text}" for name, value in given.items())
        yield Variant(", ".join(words), elaborate(program, model, {**fixed, **given}).graph, (*settings, *words))


def _first(found: Sequence[Variant], baseline: str | None) -> list[Variant]:
    """The variants with the baseline first."""
    names = [variant.name for variant in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Refusal(f"two variants are called `{twice}`")
    if baseline is None:
        return list(found)
    if baseline not in names:
        raise Refusal(f"--baseline: no variant is called `{baseline}`; there are {', '.join(names)}")
    return sorted(found, key=lambda variant: variant.name != baseline)
