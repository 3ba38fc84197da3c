"""Output to standard output, or atomically to a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from archdsl.atomic import replacing
from archdsl.cli import inputs
from archdsl.cli.exits import Refusal
from archdsl.diagnostics.display import visible

STDOUT: Final = "-"


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``target`` at the end. Errors of the disk are refusals.

    Refuses to replace a file that the command has read, by whatever name.
    """
    with writing(target), replacing(target) as file:
        yield file


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """The same for a block that replaces ``target`` itself."""
    if inputs.holds(target):
        raise Refusal(f"cannot write {target}: it is what was read")
    try:
        yield
    except OSError as error:
        raise Refusal(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error


def write_text(text: str, out: str) -> bool:
    """Writes to a file, or to standard output for ``-``; returns whether it was a file."""
    if out == STDOUT:
        click.echo(text, nl=False)
        return False
    with written(Path(out)) as file:
        file.write_text(text, encoding="utf-8", newline="\n")
    return True


def tell(target: str | Path, more: str = "") -> None:
    """Reports the written file."""
    click.echo(f"wrote {visible(str(target))}{more}")


def default_name(spec: str, extension: str) -> str:
    """The default output file of a model: its name in lower case.

    >>> default_name("ResNet50", "keras"), default_name("specs/swin_t.arch", "svg")
    ('resnet50.keras', 'swin_t.svg')
    >>> default_name("specs/resnet50.arch:ResNet101", "keras")
    'resnet101.keras'
    >>> default_name("specs/resnet50.arch@release/1.2", "svg")
    'resnet50.svg'
    """
    path, _, model = spec.partition(":")
    path = path.partition("@")[0]
    return f"{(model or Path(path).stem).lower()}.{extension}"
