"""The rules of this test suite hold: golden files are compared, and change only by a developer's hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_ci_refuses_to_update_golden_files() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--update-golden", "tests/unit/test_docs.py"]
    environment = os.environ | {"CI": "true"}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "CI only compares" in result.stderr


def test_golden_shows_the_difference(
    tmp_path: Path, golden: Callable[[Path, str], None], pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--update-golden"):
        pytest.skip("golden files are being written")
    (tmp_path / "x.err").write_text("one\ntwo\n", encoding="utf-8")
    golden(tmp_path / "x.err", "one\ntwo\n")
    with pytest.raises(pytest.fail.Exception, match=r"(?s)-two\n\+three"):
        golden(tmp_path / "x.err", "one\nthree\n")
    with pytest.raises(pytest.fail.Exception, match="does not exist"):
        golden(tmp_path / "y.err", "")
