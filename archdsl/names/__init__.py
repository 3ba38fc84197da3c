"""Name resolution of a file from its AST alone, before evaluation.

``Index(module)`` is of one file. It knows what the file declares (``declared``), and looks at what lies within a
declaration when ``names(declaration)`` first asks for it. What is imported is joined by ``link``, before that.

- ``Definition``: one meaning; two names mean the same if they have the same object. ``kind``, ``node`` (the ``Param``,
  ``Let``, ``Tap``, ``Block`` … that was read; of an import the ``ImportName``), ``places`` (where it is written),
  ``origin`` (of an import what the other file declares).
- ``Names``: of one declaration its ``definitions``, its ``uses`` (each with its definition, or ``None``), the
  ``repeated``, ``ambiguous`` and ``shadowed`` names, ``labels``. ``meant(name)`` binds an ``ast.Name`` that is used in
  it, ``visible(offset)`` gives what is known at a place, ``steps`` what the steps of a block are called.
- ``Use.role`` says how a name is used: as a step, called, as a value. Where a step is meant, the name of a number binds
  to the op (``figures.py``).
- ``references.at`` and ``references.references`` go from a place to its definition and from that to all its places,
  over joined files; ``diagnose`` turns what is wrong into diagnostics.

Fields (``row.width``, ``x.left``) are no names in this sense: what they are, their value says.
"""

from archdsl.names.index import Index, Names
from archdsl.names.model import Definition, Kind, Role, Use

__all__ = ["Definition", "Index", "Kind", "Names", "Role", "Use"]
