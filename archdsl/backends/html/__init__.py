"""Graph to one interactive page: a file that pans, zooms, folds and searches in any browser, and loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from archdsl.backends.html.data import to_data
from archdsl.backends.html.page import escaped, to_page
from archdsl.graph.model import Graph

__all__ = ["live_page", "to_html", "to_json"]

_LOOKS: Final = {"heat": "", "direction": "TB", "theme": "auto"}


def to_html(
    graph: Graph,
    *,
    sources: Mapping[str, str] | None = None,
    depth: int | None = None,
    color: Literal["family", "params", "macs"] = "family",
    direction: Literal["TB", "LR"] = "TB",
    theme: Literal["auto", "light", "dark"] = "auto",
) -> str:
    """The page of a graph. The same graph gives the same text, and all text from the spec is data in it.

    ``sources`` are the texts of its files by their names, as ``Architecture.sources`` has them: the card of an op
    shows the line that it comes from. ``depth`` is how many blocks deep to look at first: 1 folds all that the model
    itself is written of, and without it what tells most is open, as far as it can be taken in. The other arguments are
    what one sees first; the page has switches for them.

    >>> import archdsl
    >>> lenet = archdsl.load("lenet5")
    >>> to_html(lenet.graph, sources=lenet.sources).startswith("<!doctype html>")
    True
    """
    looks = {"heat": "" if color == "family" else color, "direction": direction, "theme": theme}
    return to_page({"model": to_data(graph, sources or {}, depth)} | looks, title=graph.name)


def live_page(events: str) -> str:
    """The page without a graph: it takes its models from the server-sent events at an address.

    An event ``model`` has what ``to_json`` gives. An event ``problems`` has ``title`` and ``text``, in which colours
    are those of a terminal; the page shows it over the last model until the next one.
    """
    settings: dict[str, Any] = {"model": None, "events": events, **_LOOKS}
    return to_page(settings, title="archdsl")


def to_json(graph: Graph, sources: Mapping[str, str] | None = None) -> str:
    """What the page knows of a graph, as one line of JSON."""
    return escaped(to_data(graph, sources or {}))
