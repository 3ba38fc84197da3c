"""Packages of specs: the one in the documentation is built, installed and imported from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).parents[2] / "docs" / "package-template"
NET = """\
from acme.blocks import Stem
from acme.heads.pooled import Head

model Net() :: [64, 64, 3] -> [10] { Stem(16) -> Head(10) }
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the template is installed to, with nothing fetched."""
    folder = tmp_path_factory.mktemp("site")
    wheels = tmp_path_factory.mktemp("wheels")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels), cwd=TEMPLATE)
    (wheel,) = wheels.iterdir()
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    return folder


def run(*command: str, cwd: Path | None = None, path: Path | None = None, fails: bool = False) -> str:
    env = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    result = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=100)
    assert (result.returncode != 0) == fails, result.stdout + result.stderr
    return result.stdout + result.stderr


def archdsl(*arguments: str, cwd: Path, path: Path | None = None, fails: bool = False) -> str:
    return run(sys.executable, "-m", "archdsl", *arguments, cwd=cwd, path=path, fails=fails)


def test_installed(site: Path, tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    assert "no problems" in archdsl("check", "net.arch", cwd=tmp_path, path=site)
    assert "## Logits from the mean" in archdsl("show", "acme.heads.pooled", "--block", "Head", cwd=tmp_path, path=site)
    assert "no module `acme.blocks`" in archdsl("check", "net.arch", cwd=tmp_path, fails=True)

    (tmp_path / "net.arch").write_text(NET.replace("acme.blocks", "acme.blocs"), encoding="utf-8")
    assert "did you mean `acme.blocks`" in archdsl("check", "net.arch", cwd=tmp_path, path=site, fails=True)
    (tmp_path / "net.arch").write_text(NET.replace("acme.blocks", "acne.blocks"), encoding="utf-8")
    assert "did you mean `acme`" in archdsl("check", "net.arch", cwd=tmp_path, path=site, fails=True)
