"""The difference as JSON, versioned like an API."""

from __future__ import annotations

from typing import Any, Final

from archdsl.difference.model import Delta, Edit, Note, Section, Side
from archdsl.difference.text import Difference
from archdsl.ops.call import text
from archdsl.summary.figures import plain
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-diff"
VERSION: Final = 1


def to_json(difference: Difference, *, indent: int | None = 2) -> str:
    """The totals, the sections with their notes and edits, then the consequences.

    The ``delta`` of all edits, in notes and in ``follows``, sum to the ``delta`` of the models, ignored changes aside.
    What depends on a dimension left open is a string such as ``"9408*h*w/4"``.
    """
    members = {
        "different": bool(difference),
        "before": _side(difference.before),
        "after": _side(difference.after),
        "delta": _delta(difference.delta),
        "common": round(difference.common, 4),
        "facts": [{"kind": f.kind, "name": f.name, "old": f.old, "new": f.new} for f in difference.facts],
        "sections": [_section(section) for section in difference.sections],
        "follows": [_edit(edit) for edit in difference.follows],
        "renamed": [list(names) for names in difference.renamed],
        "ignored": difference.ignored,
        "ops": [{"op": k.op, "count": list(k.counts), "params": list(k.params)} for k in difference.kinds],
    }
    return document(SCHEMA, VERSION, indent=indent, **members)


def _side(side: Side) -> dict[str, Any]:
    cost = side.cost
    return {
        "name": side.name,
        "model": side.model,
        "params": cost.params,
        "trainable": cost.trainable,
        "non_trainable": cost.non_trainable,
        "macs": plain(cost.macs),
        "depth": side.depth,
        "nodes": side.nodes,
    }


def _section(section: Section) -> dict[str, Any]:
    return {"title": section.title, "cause": section.cause, "notes": [_note(note) for note in section.notes]}


def _note(note: Note) -> dict[str, Any]:
    return {
        "kind": note.kind,
        "subject": note.subject,
        "where": note.where,
        "what": note.what,
        "delta": _delta(note.delta),
        "edits": [_edit(edit) for edit in note.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "kind": edit.kind,
        "subject": edit.subject,
        "before": edit.before,
        "after": edit.after,
        "attribute": edit.attribute,
        "old": text(edit.old),
        "new": text(edit.new),
        "nodes": edit.nodes,
        "delta": _delta(edit.delta),
    }


def _delta(delta: Delta) -> dict[str, int | str]:
    return {"params": delta.params, "trainable": delta.trainable, "macs": plain(delta.macs)}
