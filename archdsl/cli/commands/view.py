"""``archdsl view``: a model's interactive diagram in the browser, which follows edits of the file."""

from __future__ import annotations

import errno
import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.foreign import opaque_options
from archdsl.cli.looks import diagram_options
from archdsl.cli.specs import STDIN, find, open_located, set_option, spec_argument
from archdsl.diagnostics import ArchError
from archdsl.diagram.options import DiagramError, Options

if TYPE_CHECKING:
    from archdsl.viewer import Channel, Server

_EPILOG = """\b
Examples:
  archdsl view net.arch
  archdsl view resnet50 --open
  archdsl view resnet50 --depth 2 --fold c4 --color params --direction LR
  archdsl view net.arch:Tiny --set depths=[1,1,1,1] --port 8000"""


class Reading(NamedTuple):
    """The result of reading a spec: a model, or its errors."""

    kind: Literal["model", "problems"]
    data: str
    """JSON on one line, as the page takes it."""
    files: frozenset[Path]
    """What it depends on."""


@click.command(epilog=_EPILOG)
@spec_argument
@opaque_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="The port to serve on; a free one if not given.",
)
@click.option("--open/--no-open", "browser", default=False, help="Open the page in a browser.")
@diagram_options
@set_option
def view(spec: str, port: int, browser: bool, options: Options, settings: tuple[str, ...]) -> None:
    """Show a model in the browser and follow its file.

    The page is served to this machine only, at an address that is printed. It shows the model anew when the spec or a
    file that it imports is saved, and keeps what is unfolded; mistakes are shown over the last good diagram. The
    options say what it looks like at first. Ctrl-C ends it.
    """
    if spec == STDIN:
        raise Refusal("view follows a file: `archdsl render - -o net.html` writes a page of what is piped in")
    from archdsl.backends.html import live_page
    from archdsl.viewer import EVENTS, Channel

    gc.enable()  # unlike other commands this one lasts
    readings = _readings(spec, settings, options)
    channel = Channel()
    _publish(next(readings), channel)  # what is refused is refused before anything is served
    server = _server(live_page(EVENTS, options).encode(), channel, port)
    server.start()
    try:
        click.echo(f"{spec} is shown at {server.address}\nCtrl-C ends it.")
        if browser:
            click.launch(server.address)
        for reading in readings:
            _publish(reading, channel)
    finally:
        server.stop()


def _server(page: bytes, channel: Channel, port: int) -> Server:
    from archdsl.viewer import Server

    try:
        return Server(page, channel, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refusal(f"port {port} is in use; without --port a free one is taken") from None
        raise Refusal(f"cannot serve on port {port}: {(error.strerror or str(error)).lower()}") from None


def _publish(reading: Reading, channel: Channel) -> None:
    channel.publish(reading.kind, reading.data, drop="problems")


def _readings(spec: str, settings: tuple[str, ...], options: Options) -> Iterator[Reading]:
    """The current result, then a new one after each change, for ever.

    What is refused at first (no such file, parameter or block) ends the command; later it is a problem like others.
    """
    from archdsl.viewer import stamps, wait_for_change

    known = stamps(find(spec).loader.looked_at)  # of before the reading: what is written meanwhile counts as a change
    reading = _read(spec, settings, options)
    while True:
        yield reading
        wait_for_change(known | stamps(reading.files - known.keys()))
        known = stamps(reading.files)
        try:
            reading = _read(spec, settings, options)
        except Refusal as refusal:
            reading = _problems("The spec cannot be shown", refusal.message, reading.files)
        except click.exceptions.Exit:
            reading = _problems("The settings no longer fit the spec", "The terminal shows why.", reading.files)


def _read(spec: str, settings: tuple[str, ...], options: Options) -> Reading:
    from archdsl.backends.html import to_json

    located = find(spec)
    try:
        architecture = open_located(located, settings)
    except ArchError as error:
        from archdsl.diagnostics.terminal import count, render

        text = "\n\n".join(render(diagnostic, colour=True) for diagnostic in error.diagnostics)
        return _problems(count(error.diagnostics), text, frozenset(located.loader.looked_at))
    files = frozenset(located.loader.looked_at)
    try:
        return Reading("model", to_json(architecture.graph, options, sources=architecture.sources), files)
    except DiagramError as error:  # it is of what was typed, and not of the spec
        raise Refusal(str(error)) from None


def _problems(title: str, text: str, files: frozenset[Path]) -> Reading:
    found: dict[str, Any] = {"title": title, "text": text}
    return Reading("problems", json.dumps(found), files)
