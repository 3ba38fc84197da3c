"""Code that archdsl writes has the form that ruff gives it, in lines of 88 characters as black's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def assert_formatted(texts: dict[str, str], folder: Path, rules: str = "E4,E7,E9,F,I") -> None:
    ruff = shutil.which("ruff", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if ruff is None:
        pytest.skip("ruff is not installed")
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    options = ["--line-length", "88", "--isolated"]
    commands: tuple[list[str], ...] = (["format", "--diff"], ["check", "--select", rules])
    for command in commands:
        run = subprocess.run([ruff, *command, *options, str(folder)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
