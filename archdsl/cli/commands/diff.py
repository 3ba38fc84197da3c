"""``archdsl diff``: the difference of two models, or of a file from its committed version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from archdsl.cli.exits import USAGE, Refusal
from archdsl.cli.foreign import opaque_options
from archdsl.cli.limits import limit_option
from archdsl.cli.output import STDOUT, tell, written
from archdsl.cli.specs import STDIN, SpecType, find, open_located, set_option
from archdsl.cli.tables import chosen_format, coloured, format_option, show
from archdsl.cli.terminal import show_diagnostics, working

if TYPE_CHECKING:
    from archdsl.difference import Aspect, Difference
    from archdsl.files import Located
    from archdsl.graph.model import Graph

DIFFERENT: Final = 1
_FORMATS: Final = ("text", "json", "markdown")
_PICTURES: Final = ("svg", "png", "pdf", "dot")
_OTHER_PICTURES: Final = ("mmd", "html", "gif", "jpg", "jpeg")
"""What text is not wanted in: the other endings of ``render``, and other pictures."""
_EPILOG = """\b
Examples:
  archdsl diff net.arch                        what changed since the last commit
  archdsl diff net.arch@v1.0 net.arch@main
  archdsl diff resnet50 resnet50_v1
  archdsl diff resnet50 specs/resnet50.arch:ResNet101 --format markdown
  archdsl diff resnet50 --set-b classes=10
  archdsl diff resnet50 resnet101 -o deeper.svg
  archdsl diff saved.json net.arch --ignore training --ignore names --exit-code"""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="A [B]", type=SpecType(), nargs=-1, required=True)
@format_option(*_FORMATS)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    default=STDOUT,
    help="A file to write to: a picture if it ends in .svg, .png, .pdf or .dot.",
)
@click.option(
    "--ignore",
    type=click.Choice(["training", "eps", "names", "facts"]),
    multiple=True,
    help="Leave out arguments for training (initialisers, L2, momentum, dropout rates), epsilons, names of layers, or "
    "what `about` says.",
)
@click.option("--all", "whole", is_flag=True, help="List every change, also of models with little in common.")
@click.option("--exit-code", is_flag=True, help="Exit with 0 for no difference, 1 for a difference, 2 for an error.")
@set_option
@click.option("--set-a", "settings_a", multiple=True, metavar="NAME=VALUE", help="Set a parameter of A only.")
@click.option("--set-b", "settings_b", multiple=True, metavar="NAME=VALUE", help="Set a parameter of B only.")
@opaque_options
@limit_option
@click.pass_context
def diff(
    ctx: click.Context,
    specs: tuple[str, ...],
    format: str | None,
    out: str,
    ignore: tuple[Aspect, ...],
    whole: bool,
    exit_code: bool,
    settings: tuple[str, ...],
    settings_a: tuple[str, ...],
    settings_b: tuple[str, ...],
) -> None:
    """Show how model B differs from model A.

    What was added, removed, moved or changed, told by blocks, each with its part of the parameters and multiply-adds;
    the parts sum to the whole. What only follows from a change, such as other shapes, is counted and not listed.

    A file alone is compared with what was committed last, or with itself where --set-a or --set-b say what differs.
    Models that are written differently and compute the same have no difference.

    A picture shows model B with what was removed from A, and marks what differs.
    """
    from archdsl.diagnostics import ArchError
    from archdsl.difference import compare

    a, b = _sides(specs, own=bool(settings_a or settings_b))
    left, right = _find_first(a, specs), find(b)
    try:
        before = open_located(left, (*settings, *settings_a))
        after = open_located(right, (*settings, *settings_b))
    except ArchError as error:
        if not exit_code:
            raise
        show_diagnostics(error.diagnostics, err=True)
        ctx.exit(USAGE)
    with working(f"comparing {before.name} with {after.name}"):
        names = (_name(left, settings_a), _name(right, settings_b))
        difference = compare(before.graph, after.graph, ignore=ignore, names=names)
    ending = Path(out).suffix.removeprefix(".").lower()
    if format is None and ending in _OTHER_PICTURES:
        raise Refusal(f"a difference is not drawn to .{ending}: end {out} in {', '.join(f'.{e}' for e in _PICTURES)}")
    if format is None and ending in _PICTURES:
        _draw(before.graph, after.graph, names, Path(out), ending)
    else:
        form = chosen_format(format, out, _FORMATS)
        show(_shown(difference, form, whole=whole, colour=coloured(out)), out)
    if difference and exit_code:
        ctx.exit(DIFFERENT)


def _sides(specs: tuple[str, ...], *, own: bool) -> tuple[str, str]:
    """The two specs; the first is optional."""
    if len(specs) > 2:
        raise Refusal(f"a difference is one of two specs, not of {len(specs)}")
    if len(specs) == 2:
        a, b = specs
    elif own:
        a = b = specs[0]
    else:
        return _committed(specs[0]), specs[0]
    if a == b == STDIN:
        raise Refusal("standard input can be read once")
    return a, b


def _find_first(a: str, specs: tuple[str, ...]) -> Located:
    try:
        return find(a)
    except Refusal as refusal:
        if a in specs:
            raise
        # The user did not write the revision that the message is about.
        raise Refusal(
            f"{refusal.message}\n{specs[0]} alone is compared with its last commit; or give two specs"
        ) from None


def _committed(spec: str) -> str:
    """The last committed version of a spec."""
    written = re.fullmatch(r"(.*?\.(?:arch|json))((?::.*)?)", spec, re.DOTALL)
    if written is None:
        raise Refusal(f"{spec} against what? give two specs, or --set-b for one that is set up otherwise")
    return f"{written[1]}@HEAD{written[2]}"


def _name(located: Located, settings: tuple[str, ...]) -> str:
    """The name of a side if the models' own names are equal."""
    return f"{located.asked} ({', '.join(settings)})" if settings else located.asked


def _draw(a: Graph, b: Graph, names: tuple[str, str], target: Path, format: str) -> None:
    from archdsl.backends.graphviz.layout import RenderError, draw
    from archdsl.diagram.options import Options
    from archdsl.difference.overlay import overlay

    both = overlay(a, b, names=names)
    try:
        with working(f"drawing {both.graph.name}"):
            picture = draw(both.graph, format, Options(marks=both.marks), costs=both.cost)
    except RenderError as error:
        raise Refusal(str(error)) from None
    with written(target) as file:
        file.write_bytes(picture)
    tell(target)


def _shown(difference: Difference, format: str, *, whole: bool, colour: bool) -> str:
    from archdsl.difference import to_json, to_markdown, to_text

    match format:
        case "json":
            return to_json(difference)
        case "markdown":
            return to_markdown(difference, whole=whole)
        case _:
            return to_text(difference, whole=whole, colour=colour)
