"""``archdsl render``: a diagram of a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.output import default_name, written
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.api import Architecture

_EPILOG = """\b
Examples:
  archdsl render resnet50
  archdsl render specs/resnet50.arch -o out/resnet50.png --levels 2
  archdsl render net.arch:Tiny --set depths=[1,1,1,1] -o tiny.dot
  archdsl render resnet50 -o resnet50.html"""


@click.command(epilog=_EPILOG)
@spec_argument
@click.option("-o", "--output", "out", metavar="FILE", help="An .svg, .png, .dot or .html file; NAME.svg if not given.")
@click.option("--levels", type=click.IntRange(min=1), help="How many blocks deep to look; all of them if not given.")
@set_option
def render(spec: str, out: str | None, levels: int | None, settings: tuple[str, ...]) -> None:
    """Draw a diagram of a model.

    Ops are boxes within their blocks; arrows say the shapes. Works without a system Graphviz. An .html file is one
    page that folds, zooms and searches in any browser. Folders of FILE are made. FILE is replaced only when all went
    well.
    """
    from archdsl.backends.graphviz.layout import FORMATS, RenderError, draw

    target = Path(out or default_name(spec, "svg"))
    form = target.suffix.removeprefix(".").lower()
    if form not in (*FORMATS, "html"):
        raise Refusal(f"what to draw in {target}? end it in .svg, .png, .dot or .html")
    architecture = open_model(spec, settings)
    try:
        with working(f"drawing {architecture.name}"):
            picture = _page(architecture, levels) if form == "html" else draw(architecture.graph, form, levels=levels)
    except RenderError as error:
        raise Refusal(str(error)) from None
    with written(target) as file:
        file.write_bytes(picture)
    click.echo(f"wrote {target}")


def _page(architecture: Architecture, levels: int | None) -> bytes:
    from archdsl.backends.html import to_html

    return to_html(architecture.graph, sources=architecture.sources, depth=levels).encode()
