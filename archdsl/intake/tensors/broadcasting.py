"""Arrays that are joined with tensors, in the order in which these lie."""

from __future__ import annotations

from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Atom, Axes, View, leaves, length


def as_lies(view: View, array: Numbers, lies: Axes) -> Numbers | None:
    """Numbers that are broadcast to a tensor, in the order in which it lies.

    ``None`` if they vary over a part of an axis, or over the batch.
    """
    atoms: list[Atom] = []
    sizes: list[int] = []
    varies: set[Atom] = set()
    for row, size in zip(view.axes, array.shape, strict=True):
        for atom in leaves(row):
            atoms.append(atom)
            sizes.append(atom.size if size != 1 else 1)
            if size != 1:
                varies.add(atom)
    order = [atoms.index(atom) for row in lies for atom in row]
    batch = [i for i, atom in enumerate(atoms) if atom.is_batch]
    parts = array.reshape(sizes)
    if any(parts.shape[i] != 1 for i in batch):
        return None
    if any(0 < sum(atom in varies for atom in row) < len(row) for row in lies):
        return None
    parts = parts.transpose(*batch, *order)
    return parts.reshape([length(row) if any(atom in varies for atom in row) else 1 for row in lies])
