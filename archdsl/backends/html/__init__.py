"""The interactive page of a graph: one file that pans, zooms, folds and searches in any browser, and loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.backends.html.data import to_data
from archdsl.backends.html.page import escaped, to_page
from archdsl.diagram.heat import STEPS, Heat
from archdsl.diagram.options import Options
from archdsl.graph.model import Graph

__all__ = ["hosted_page", "live_page", "to_html", "to_json"]


def to_html(graph: Graph, options: Options | None = None, *, sources: Mapping[str, str] | None = None) -> str:
    """The page of a graph. Equal graphs give equal text, and all text from the spec is escaped.

    ``options`` are what one sees first, as in other diagrams; the page has switches for them. ``sources`` are the texts
    of the spec's files by their names, as ``Architecture.sources`` has them: the card of an op shows the line that it
    comes from.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.

    >>> import archdsl
    >>> lenet = archdsl.load("lenet5")
    >>> to_html(lenet.graph, sources=lenet.sources).startswith("<!doctype html>")
    True
    """
    chosen = options or Options()
    return to_page({"model": to_data(graph, sources or {}, chosen)} | _looks(chosen), title=graph.name)


def live_page(events: str, options: Options | None = None) -> str:
    """The page without a graph: it receives models as server-sent events from an address.

    An event ``model`` has what ``to_json`` gives. An event ``problems`` has ``title`` and ``text``, in which colours
    are those of a terminal; the page shows it over the last model until the next one.
    """
    settings: dict[str, Any] = {"model": None, "events": events}
    return to_page(settings | _looks(options or Options()), title="archdsl")


def hosted_page(options: Options | None = None) -> str:
    """The page without a graph, for an editor that shows it next to a text: it receives models as messages.

    Messages are ``{kind, data}``: a ``model`` as ``to_json`` gives it, ``problems`` as in ``live_page``, a ``place``
    with ``file``, ``line`` and ``column`` whose step is to be chosen, a ``theme``. The page sends ``ready`` when it can
    take them, and a ``place`` with ``file`` and ``place`` when a reader chose a box.
    """
    settings: dict[str, Any] = {"model": None, "hosted": True}
    return to_page(settings | _looks(options or Options()), title="archdsl")


def to_json(graph: Graph, options: Options | None = None, *, sources: Mapping[str, str] | None = None) -> str:
    """The page's data of a graph, as one line of JSON.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    return escaped(to_data(graph, sources or {}, options or Options()))


def _looks(options: Options) -> dict[str, Any]:
    heat = "" if options.color == "family" else options.color
    steps = {"steps": list(STEPS), "scale": Heat("params", 0).scale()}
    return {"heat": heat, "direction": options.direction, "theme": options.theme, **steps}
