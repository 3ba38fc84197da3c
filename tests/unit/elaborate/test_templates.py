"""A block that is called again with equal arguments is elaborated once, which nobody can tell from the graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.bundled import bundled
from archdsl.compiler import Program
from archdsl.files import locate
from archdsl.graph.model import Graph

SPECS = sorted({file for file, _ in bundled().values()})


class _Forgetful(dict):  # type: ignore[type-arg]
    """Keeps nothing."""

    def __setitem__(self, key: object, value: object) -> None:
        pass


def _graph(path: Path, model: str, *, reuse: bool) -> Graph | None:
    located = locate(str(path))
    program = Program(located.source, located.loader)
    if not reuse:
        program._session.templates = _Forgetful()
        program._session.shapes = _Forgetful()
    return program.graph(model)


@pytest.mark.parametrize("name", SPECS)
def test_reuse_changes_nothing(name: str) -> None:
    path = Path(__file__).parents[3] / "specs" / name
    located = locate(str(path))
    model = Program(located.source, located.loader).models[-1]
    reused = _graph(path, model, reuse=True)
    assert reused is not None
    assert reused == _graph(path, model, reuse=False)
