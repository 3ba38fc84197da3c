"""``archdsl render``: draws the diagram of a model."""

from __future__ import annotations

from pathlib import Path

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.foreign import opaque_options
from archdsl.cli.looks import diagram_options
from archdsl.cli.output import default_name, tell, written
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import working
from archdsl.diagram.options import DiagramError, Options

_EPILOG = """\b
Examples:
  archdsl render resnet50
  archdsl render specs/resnet50.arch -o out/resnet50.png --depth 1
  archdsl render resnet50 --unfold ConvBNAct --fold c4 --color params
  archdsl render resnet50:ResNet152 --depth all -o every_op.svg
  archdsl render net.arch:Tiny --set depths=[1,1,1,1] -o tiny.dot
  archdsl render resnet50 -o resnet50.html --unfold c4 --direction LR"""


@click.command(epilog=_EPILOG)
@spec_argument
@opaque_options
@click.option("-o", "--output", "out", metavar="FILE", help="What to write; NAME.svg if not given.")
@diagram_options
@set_option
def render(spec: str, out: str | None, options: Options, settings: tuple[str, ...]) -> None:
    """Draw a diagram of a model.

    Ops are boxes within their blocks; repeats are drawn once, with how often they come; arrows say the shapes, dashed
    ones go round what they skip. Unless told otherwise, the diagram shows as much as can be read on one page.

    FILE ends in .svg, .png, .pdf, .dot, .mmd or .html. An .html file is one page that folds, zooms and searches in any
    browser, and at first looks as the options say; .mmd is Mermaid, for READMEs. Only .pdf needs a Graphviz that is
    installed. Folders of FILE are made. FILE is replaced only when all went well.
    """
    from archdsl.backends.drawing import drawn
    from archdsl.backends.graphviz.layout import FORMATS, RenderError

    target = Path(out or default_name(spec, "svg"))
    form = target.suffix.removeprefix(".").lower()
    if form not in (*FORMATS, "mmd", "html"):
        raise Refusal(f"what to draw in {target}? end it in .svg, .png, .pdf, .dot, .mmd or .html")
    architecture = open_model(spec, settings)
    try:
        with working(f"drawing {architecture.name}"):
            picture = drawn(architecture.graph, form, options, architecture.sources)
    except (RenderError, DiagramError) as error:
        raise Refusal(str(error)) from None
    with written(target) as file:
        file.write_bytes(picture)
    tell(target)
