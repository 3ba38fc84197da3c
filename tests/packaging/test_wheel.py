"""What users install: the wheel and the sdist have every file, and archdsl works from a wheel, unpacked or not."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from sysconfig import get_path

import pytest

from archdsl import resources
from archdsl.version import __version__

ROOT = Path(__file__).parents[2]
USE = """
import sys
import archdsl
from archdsl import resources
from archdsl.source import SourceFile
from archdsl.syntax import tables
from archdsl.syntax.parser import parse

assert sys.argv[1] in archdsl.__file__, archdsl.__file__
assert resources.grammar() == open(sys.argv[2], encoding="utf-8").read()
assert {spec.name for spec in resources.directory("specs").iterdir()} == set(sys.argv[3:])
tables.build = None  # the kept tables must do
module, found = parse(SourceFile("<text>", "let n = 3"))
assert module.declarations and not found
"""


def run(*command: str | Path, cwd: Path) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=100)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def build(kind: str, tree: Path, to: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", to, cwd=tree)
    (built,) = to.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def arguments(inside: Path) -> list[str]:
    """Of ``USE``: where archdsl must come from, the grammar to compare with, the names of the specs."""
    specs = sorted(path.name for path in (ROOT / "specs").iterdir())
    return [str(inside), str(ROOT / "grammars" / "arch.lark"), *specs]


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_has_everything_that_is_read_at_run_time(wheel: Path) -> None:
    names = contents(wheel)
    assert {"archdsl/py.typed", "archdsl/syntax/tables.json", "archdsl/grammars/arch.lark"} <= names
    for folder in ("specs", "std"):
        files = [path for path in Path(str(resources.directory(folder))).iterdir() if path.suffix == ".arch"]
        assert {f"archdsl/{folder}/{path.name}" for path in files} <= names
    page = Path(str(resources.directory("std"))).parent / "backends" / "html"
    files = [path for folder in ("page", "vendor") for path in (page / folder).rglob("*") if path.is_file()]
    assert len(files) > 20
    assert {f"archdsl/backends/html/{path.relative_to(page).as_posix()}" for path in files} <= names
    assert f"archdsl-{__version__}.dist-info/licenses/LICENSE" in names
    assert {name.split("/")[0] for name in names} == {"archdsl", f"archdsl-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "tree", filter="data")
    (tree,) = (tmp_path / "tree").iterdir()
    for name in ("LICENSE", "Makefile", "pyproject.toml", "requirements-ci.lock", "tests/conftest.py"):
        assert (tree / name).is_file(), name
    assert contents(build("wheel", tree, tmp_path / "wheel")) == contents(wheel)


def test_works_installed(wheel: Path, tmp_path: Path) -> None:
    """In a new environment that borrows this one's other packages, so that nothing is fetched."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    # A line in a .pth file adds the folder, but does not follow the .pth of an editable archdsl in it.
    (Path(site) / "borrowed.pth").write_text(get_path("purelib"), encoding="utf-8")
    run(python, "-I", "-c", USE, *arguments(tmp_path / "venv"), cwd=tmp_path)
    installed = run(python, "-I", "-m", "pip", "show", "archdsl", cwd=tmp_path)
    assert f"Version: {__version__}" in installed


def test_works_from_a_zip(wheel: Path, tmp_path: Path, fresh_python: Callable[..., object]) -> None:
    prelude = f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
    fresh_python(prelude + USE, *arguments(wheel))


def test_editable_install_copies_nothing(tmp_path: Path) -> None:
    """Grammar and specs are read from the checkout; a copy beside it would go stale."""
    code = f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})"
    run(sys.executable, "-c", code, cwd=ROOT)
    (built,) = tmp_path.iterdir()
    assert not [name for name in contents(built) if name.startswith("archdsl/")]
