"""``archdsl render``: a diagram of a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.output import default_name, written
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import working
from archdsl.diagram.options import COLORS, DIRECTIONS, THEMES, Color, DiagramError, Direction, Options, Theme

if TYPE_CHECKING:
    from archdsl.api import Architecture

_EPILOG = """\b
Examples:
  archdsl render resnet50
  archdsl render specs/resnet50.arch -o out/resnet50.png --depth 1
  archdsl render resnet50 --unfold ConvBNAct --fold c4 --color params
  archdsl render resnet50:ResNet152 --depth all -o every_op.svg
  archdsl render net.arch:Tiny --set depths=[1,1,1,1] -o tiny.dot
  archdsl render resnet50 -o resnet50.html"""


class _Depth(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A number of levels, or all."""

    name = "n|all"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | Literal["all"]:
        if value == "all":
            return "all"
        try:
            depth = int(str(value))
        except ValueError:
            depth = 0
        if depth < 1:
            self.fail(f"{value!r} is neither a number of levels from 1 on nor `all`", param, ctx)
        return depth


@click.command(epilog=_EPILOG)
@spec_argument
@click.option("-o", "--output", "out", metavar="FILE", help="What to write; NAME.svg if not given.")
@click.option(
    "--depth",
    type=_Depth(),
    help="How many blocks deep to look, or `all` for every op; what fits on one page if not given.",
)
@click.option("--fold", multiple=True, metavar="BLOCK", help="Draw a block, by name or path, as one box. Repeatable.")
@click.option("--unfold", multiple=True, metavar="BLOCK", help="Open a block, by name or path. Repeatable.")
@click.option(
    "--color",
    type=click.Choice(COLORS),
    default="family",
    show_default=True,
    help="What colours tell: the family of ops, or the share of parameters or multiply-adds.",
)
@click.option(
    "--direction", type=click.Choice(DIRECTIONS), default="TB", show_default=True, help="Where data flows: Top, Left, …"
)
@click.option(
    "--theme", type=click.Choice(THEMES), help="light if not given, or what the reader's system has in .html."
)
@set_option
def render(
    spec: str,
    out: str | None,
    depth: int | Literal["all"] | None,
    fold: tuple[str, ...],
    unfold: tuple[str, ...],
    color: Color,
    direction: Direction,
    theme: Theme | None,
    settings: tuple[str, ...],
) -> None:
    """Draw a diagram of a model.

    Ops are boxes within their blocks; repeats are drawn once, with how often they come; arrows say the shapes, dashed
    ones go round what they skip. Unless told otherwise, the diagram shows as much as can be read on one page.

    FILE ends in .svg, .png, .pdf, .dot, .mmd or .html. An .html file is one page that folds, zooms and searches in any
    browser; .mmd is Mermaid, for READMEs. Only .pdf needs a Graphviz that is installed. Folders of FILE are made. FILE
    is replaced only when all went well.
    """
    from archdsl.backends.graphviz.layout import FORMATS, RenderError, draw
    from archdsl.backends.mermaid import to_mermaid

    target = Path(out or default_name(spec, "svg"))
    form = target.suffix.removeprefix(".").lower()
    if form not in (*FORMATS, "mmd", "html"):
        raise Refusal(f"what to draw in {target}? end it in .svg, .png, .pdf, .dot, .mmd or .html")
    architecture = open_model(spec, settings)
    options = Options(depth, fold, unfold, color, direction, theme or "light")
    try:
        with working(f"drawing {architecture.name}"):
            match form:
                case "html":
                    picture = _page(architecture, options, theme)
                case "mmd":
                    picture = to_mermaid(architecture.graph, options).encode()
                case _:
                    picture = draw(architecture.graph, form, options)
    except (RenderError, DiagramError) as error:
        raise Refusal(str(error)) from None
    with written(target) as file:
        file.write_bytes(picture)
    click.echo(f"wrote {target}")


def _page(architecture: Architecture, options: Options, theme: Theme | None) -> bytes:
    from archdsl.backends.html import to_html

    if options.fold or options.unfold:
        raise Refusal("blocks of an .html page are folded and unfolded in it, and at first by --depth")
    graph = architecture.graph
    return to_html(
        graph,
        sources=architecture.sources,
        depth=len(graph.instances) if options.depth == "all" else options.depth,
        color=options.color,
        direction="TB" if options.direction in ("TB", "BT") else "LR",
        theme="dark" if theme == "dark" else "light" if theme else "auto",
    ).encode()
