"""``archdsl check --watch``: reports the problems of specs, and again whenever one of the files changes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from archdsl.cli import checking
from archdsl.cli.exits import Refusal
from archdsl.cli.paths import expand
from archdsl.cli.specs import find, is_bundled
from archdsl.viewer import stamps, wait_for_change

if TYPE_CHECKING:
    from archdsl.files import Loaders


def watch(given: Sequence[str], most: int) -> NoReturn:
    """Reports problems for ever. A refusal ends it at first; later it is a line of the report."""
    gc.enable()  # unlike other commands this one lasts
    for text in _reports(given, most):
        if sys.stdout.isatty():
            click.clear()
        click.echo(text)
        click.echo("Waiting for a change; Ctrl-C ends it.", err=True)
        sys.stdout.flush()
    raise AssertionError("it lasts until it is interrupted")


def _reports(given: Sequence[str], most: int) -> Iterator[str]:
    files = frozenset[Path](_folders(given))
    known = stamps(files)
    text, files = _report(given, most)
    while True:
        known = stamps(files - known.keys()) | known
        yield text
        wait_for_change(known)
        known = stamps(files)
        try:
            text, files = _report(given, most)
        except Refusal as refusal:
            text = refusal.message


def _report(given: Sequence[str], most: int) -> tuple[str, frozenset[Path]]:
    """The report, and the files and folders that it depends on."""
    loaders: Loaders = {}
    located = [find(file, loaders) for file in expand(given, is_bundled)]
    text = checking.as_text([checking.examine(each) for each in located], most)
    looked_at = (path for each in located for path in each.loader.looked_at)
    return text, frozenset([*looked_at, *_folders(given)])


def _folders(given: Sequence[str]) -> Iterator[Path]:
    """The given folders and their subfolders, where files may appear and disappear."""
    for each in given:
        if Path(each).is_dir():
            yield Path(each)
            yield from (path for path in Path(each).rglob("*") if path.is_dir() and not path.name.startswith("."))
