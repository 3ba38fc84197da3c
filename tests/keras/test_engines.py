"""Processes of this machine and Ray come to the same results, and so does a study in the process itself."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from archdsl.training import plan as plans
from archdsl.training.cluster import Ray
from archdsl.training.engine import Engine, Local
from archdsl.training.run import run
from tests.keras.test_training import known, plan

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(find_spec("ray") is None, reason="runs trials on Ray: `pip install 'archdsl[ray]'`"),
]


def test_engines_agree(tmp_path: Path) -> None:
    found = []
    engines: tuple[Engine, ...] = (Local(2), Ray(2))
    for engine in engines:
        folder = tmp_path / type(engine).__name__
        folder.mkdir()
        plans.save(plan(names=("Digits", "Smooth"), seeds=2), folder)
        heard: list[str] = []
        assert run(folder, engine, heard.append) == {}
        assert len(heard) >= 8
        found.append(known(folder))
    assert found[0] == found[1]
    assert [is_done for _, is_done, _ in found[0]] == [True] * 4
