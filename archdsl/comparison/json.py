"""Comparisons as JSON, versioned like an API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from archdsl.comparison.entry import Entry
from archdsl.measures import MEASURES
from archdsl.summary.figures import plain
from archdsl.summary.forms import member
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-compare"
VERSION: Final = 1


def to_json(entries: Iterable[Entry], **more: Any) -> str:
    """The models as objects; ``more`` are further members of the document.

    What depends on a dimension left open is a string, what is not known ``null``; all other figures are numbers.
    """
    return document(SCHEMA, VERSION, models=[members(entry) for entry in entries], **more)


def members(entry: Entry) -> Mapping[str, Any]:
    return {
        "name": entry.name,
        "model": entry.model,
        "file": entry.file,
        "input": [plain(dim) for dim in entry.inputs[0]]
        if len(entry.inputs) == 1
        else [[plain(dim) for dim in shape] for shape in entry.inputs],
        **{measure.name: member(entry.figures[measure.name]) for measure in MEASURES},
        "year": entry.year,
        "imagenet_top1": entry.top1,
        "imagenet_source": entry.source or None,
        "about": dict(entry.facts),
    }
