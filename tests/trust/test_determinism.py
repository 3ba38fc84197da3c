"""The same spec gives the same bytes: in other processes, folders and locales, and after other specs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("which", [(), pytest.param(("all",), marks=pytest.mark.full)])
def test_outputs_are_the_same_bytes_everywhere(which: tuple[str, ...], tmp_path: Path) -> None:
    """Every text of a model of bundled files, the diagnostics of all error cases, and some pictures."""
    settings: list[tuple[dict[str, str], Path, tuple[str, ...]]] = [
        ({"PYTHONHASHSEED": "0"}, ROOT, which),
        (
            {"PYTHONHASHSEED": "4321", "TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8", "COLUMNS": "40"},
            tmp_path,
            (*which, "reversed"),
        ),
    ]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.trust.outputs", *arguments],
            cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment, stdout=subprocess.PIPE, text=True,
        )
        for environment, folder, arguments in settings
    ]  # fmt: skip
    first, second = (process.communicate(timeout=240)[0].splitlines() for process in processes)
    assert all(process.returncode == 0 for process in processes)
    assert len(first) > 400
    assert [a for a, b in zip(first, second, strict=True) if a != b] == []
