"""What `archdsl compile` leaves on a disk: a model that names no machine, or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from archdsl.cli.main import cli

ROOT = Path(__file__).parent.parent.parent
NET = 'model Net :: [8, 8, 4] -> [10] { conv(4, k=3, pad="same") -> pad(1) -> global_avg_pool -> dense(10) }\n'

# The command line, with a disk so slow that it can be stopped in the middle of the model.
_SLOW = """
import sys, time, zipfile
opened = zipfile.ZipFile.open

def slowly(self, *args, **kwargs):
    if self.mode == "w":
        self.fp.write(b"half")
        self.fp.flush()
        print("writing", flush=True)
        time.sleep(60)
    return opened(self, *args, **kwargs)

zipfile.ZipFile.open = slowly
from archdsl.cli.main import main
main()
"""


def test_a_model_names_no_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "home-of-somebody"
    project.mkdir()
    (project / "net.arch").write_text(NET, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert CliRunner().invoke(cli, ["compile", str(project / "net.arch"), "-o", "net.keras"]).exit_code == 0
    assert [path.name for path in Path().iterdir()] == ["net.keras"]
    with zipfile.ZipFile("net.keras") as file:
        written = b"".join(file.read(name) for name in file.namelist()) + "".join(file.namelist()).encode()
    for secret in (str(tmp_path), "somebody", "elsewhere", str(Path.home()), "site-packages"):
        assert secret.encode() not in written


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_signal_leaves_the_old_model_and_no_litter(number: int, code: int, tmp_path: Path) -> None:
    folder, temporary = tmp_path / "models", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    (folder / "net.arch").write_text(NET, encoding="utf-8")
    (folder / "net.keras").write_text("old", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW, "compile", "net.arch", "-o", "net.keras"],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert sorted(path.name for path in folder.iterdir()) == ["net.arch", "net.keras"]
    assert (folder / "net.keras").read_text(encoding="utf-8") == "old"
    # Of a killed process at most the name that Keras wrote to stays behind: a link to nothing.
    left = [path.name for path in temporary.iterdir() if not path.is_symlink() or path.exists()]
    assert left == []
    assert number == signal.SIGKILL or not list(temporary.iterdir())
