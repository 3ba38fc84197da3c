"""Emacs with the lines of ``editors/emacs``: a spec is opened, and mistakes, hover, completion and formatting arrive.

Skipped where Emacs with Eglot is not installed (``apt install emacs-nox elpa-eglot``).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NET = """\
model Net() :: [32, 32, 3] -> [10] {
  conv(8) -> global_avg_pool -> dense(11)
}
"""


@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed")
def test_a_spec_in_emacs(tmp_path: Path) -> None:
    if subprocess.run(["emacs", "--batch", "-l", "eglot"], check=False, capture_output=True).returncode:
        pytest.skip("Eglot is not installed")
    lines = re.search(r"```elisp\n(.*?)```", (ROOT / "editors/emacs/README.md").read_text(), re.DOTALL)
    assert lines is not None
    (tmp_path / "init.el").write_text(lines[1])
    (tmp_path / "net.arch").write_text(NET)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    files = [tmp_path / "init.el", Path(__file__).with_name("emacs.el")]
    command = ["emacs", "--batch", *(word for file in files for word in ("-l", str(file))), str(tmp_path / "net.arch")]
    environment = {**os.environ, "PATH": path, "HOME": str(tmp_path)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["mode"] == "arch-mode"
    assert len(told["problems"]) == 1
    assert "contract-broken" in told["problems"][0]
    assert "The mean of each channel over the whole map" in told["hover"]
    assert told["completions"] == ["global_avg_pool"]
    assert told["text"] == NET.replace("11", "10")
    assert told["mended"] is True
