"""Runs the embedded Graphviz, so that equal graphs give equal pictures everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from archdsl.atomic import replacing
from archdsl.backends.graphviz.dot import plan_to_dot
from archdsl.backends.graphviz.svg import tidy
from archdsl.diagram.options import Options
from archdsl.diagram.plan import plan
from archdsl.graph.model import Graph
from archdsl.passes.cost import Cost

FORMATS: Final = ("dot", "svg", "png", "pdf")
EMBEDDED: Final = "graphviz-pure"
SECONDS: Final = 6
"""Of processor time for a layout; every op of the largest models of the zoo takes less than one,"""
MEGABYTES: Final = 600
"""and less than a tenth of this memory."""
LARGEST: Final = 10_000
"""Boxes and arrows that are laid out; every op of the largest model of the zoo makes two thousand."""
TIMEOUT: Final = 60.0
"""Seconds after which a layout is given up on a machine that is busy, or whose system knows no such limits."""
_STOPPED: Final = (-24, -6)
"""Codes of a process that was stopped for its time, and of one that found no memory."""
_LESS: Final = "draw less of the model, with `--depth 1` or `--fold`, or write .dot and lay it out elsewhere"
_HIDDEN: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""No window of a console opens on Windows."""
_SHARP: Final = 192
"""Dots per inch of a PNG, twice those of a plain screen."""
_MANY: Final = 300
"""Boxes from which on a PNG has half as many, and stays in what viewers can open."""


class RenderError(Exception):
    """No picture could be made; the message says why, and what to do."""


def draw(
    graph: Graph,
    format: str,
    options: Options | None = None,
    *,
    costs: Cost | None = None,
    program: str | None = None,
) -> bytes:
    """The diagram as the bytes of a file: ``"dot"``, ``"svg"``, ``"png"`` or ``"pdf"``.

    ``program`` is a Graphviz ``dot`` to use in place of the embedded one, which writes no PDF: for that one is looked
    for. ``costs`` are explained at ``plan``.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
        RenderError: another format, no Graphviz, or one that failed or took too long.
    """
    if format not in FORMATS:
        raise RenderError(f"no diagram can be written as {format or 'a file without an ending'!r}: {_known()}")
    chosen = options or Options()
    drawn = plan(graph, chosen, costs)
    parts = sum(1 for _ in drawn.boxes()) + len(drawn.edges)
    if format != "dot" and parts > LARGEST:
        raise RenderError(f"{parts:_} boxes and arrows are more than the {LARGEST:_} that are laid out: {_LESS}")
    source = plan_to_dot(graph, drawn, chosen).encode()
    match format:
        case "dot":
            return source
        case "svg":
            return tidy(_run(program or _program(), "svg", source), graph, drawn)
        case "png":
            dots = _SHARP if sum(1 for _ in drawn.boxes()) < _MANY else _SHARP // 2
            return _run(program or _program(), "png", source, f"-Gdpi={dots}")
        case _:
            return _run(program or _installed(), "pdf", source)


def render(
    graph: Graph, path: str | os.PathLike[str], options: Options | None = None, *, program: str | None = None
) -> None:
    """Writes the diagram in the format that the path's ending names, whole or not at all.

    Raises:
        RenderError: as ``draw`` does.
        OSError: the file cannot be written.
    """
    target = Path(path)
    picture = draw(graph, target.suffix.removeprefix(".").lower(), options, program=program)
    with replacing(target) as file:
        file.write_bytes(picture)


def _known() -> str:
    return f"{', '.join(f'.{format}' for format in FORMATS[:-1])} and .{FORMATS[-1]} are known"


def _program() -> str:
    """The embedded Graphviz, or a ``dot`` where its wheel is missing."""
    for candidate in _candidates():
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise RenderError(f"no Graphviz found: `pip install {EMBEDDED}`, or write .dot and lay it out elsewhere")


def _installed() -> str:
    """The system's ``dot``, for formats that the embedded one does not write."""
    program = shutil.which("dot")
    if program is None:
        raise RenderError(
            "a PDF needs a Graphviz that is installed, as `apt install graphviz` or `brew install graphviz` do; "
            "an .svg is as sharp, and browsers print it"
        )
    return program


def _candidates() -> Iterator[str | None]:
    # Environments are run without being activated, so PATH is not the first place to look for what was installed here.
    try:
        files = distribution(EMBEDDED).files or ()
    except PackageNotFoundError:
        files = ()
    yield from (str(file.locate()) for file in files if file.stem == EMBEDDED and file.suffix in ("", ".exe"))
    yield shutil.which(
        EMBEDDED, path=os.pathsep.join((sysconfig.get_path("scripts"), str(Path(sys.executable).parent)))
    )
    yield shutil.which(EMBEDDED)
    yield shutil.which("dot")


def _run(program: str, format: str, source: bytes, *further: str) -> bytes:
    name = Path(program).stem  # where it lies is the machine's affair
    command = [program, "-Kdot", f"-T{format}", *further]
    started = subprocess.PIPE
    try:
        with subprocess.Popen(command, stdin=started, stdout=started, stderr=started, creationflags=_HIDDEN) as process:
            _restrict(process.pid)
            try:
                output, words = process.communicate(source, timeout=TIMEOUT)
            except BaseException:
                process.kill()
                raise
    except subprocess.TimeoutExpired:
        raise RenderError(f"{name} took more than {TIMEOUT:.0f} s: {_LESS}") from None
    except OSError as error:
        raise RenderError(f"{name} could not be run: {error.strerror or 'there is no such program'}") from None
    if process.returncode in _STOPPED:
        raise RenderError(f"{name} took more than {SECONDS} s or {MEGABYTES} MB: {_LESS}")
    if process.returncode:
        raise RenderError(f"{name} failed with code {process.returncode}: {words.decode(errors='replace').strip()}")
    return output


def _restrict(pid: int) -> None:
    """Limits the time and memory of a process that was just started, where the system supports it."""
    if sys.platform == "linux":
        import resource

        with suppress(ProcessLookupError):  # it is over already
            resource.prlimit(pid, resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
            resource.prlimit(pid, resource.RLIMIT_AS, (MEGABYTES * 1_000_000,) * 2)
