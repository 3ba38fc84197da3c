"""What the tests of editors need: Node, and the packages that `make editors` installs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"
Node = Callable[..., Any]


@pytest.fixture(scope="session")
def node() -> Node:
    """``node(script, value)``: what a script of ``editors/vscode/test`` prints as JSON, given a value as JSON."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node is not installed")
    if not (EXTENSION / "node_modules").is_dir():
        pytest.skip("the packages of the extension are not installed: make editors")

    def run(script: str, value: object, **options: Any) -> Any:
        command = [program, str(EXTENSION / "test" / script)]
        done = subprocess.run(
            command, input=json.dumps(value), capture_output=True, text=True, check=False, timeout=120, **options
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
