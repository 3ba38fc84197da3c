"""What users install: the wheel and the sdist have every file, and archdsl works from a wheel, unpacked or not."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from importlib import metadata
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

HIDE = """
import sys
from importlib.metadata import packages_distributions

class Hidden:
    away = set(packages_distributions()) - set({needed})

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.away:
            raise ModuleNotFoundError(f"{{name}} is not here", name=name)

sys.meta_path.insert(0, Hidden())
from archdsl.cli.main import main
sys.argv[0] = "archdsl"
main()
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
    published = Path(str(resources.directory("weights"))) / "published"
    tables = {path.relative_to(published).as_posix() for path in published.rglob("*.toml")}
    assert {f"archdsl/weights/published/{table}" for table in tables} <= names
    assert len(tables) > 40
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


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a new environment that borrows this one's other packages, so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    # A line in a .pth file adds the folder, but does not follow the .pth of an editable archdsl in it.
    (Path(site) / "borrowed.pth").write_text(get_path("purelib"), encoding="utf-8")
    return python


def test_works_installed(python: Path, tmp_path: Path) -> None:
    run(python, "-I", "-c", USE, *arguments(python.parent.parent), cwd=tmp_path)
    installed = run(python, "-I", "-m", "pip", "show", "archdsl", cwd=tmp_path)
    assert f"Version: {__version__}" in installed


def test_commands_need_only_what_the_wheel_asks_for(wheel: Path, python: Path, tmp_path: Path) -> None:
    """Every package here is out of reach but those that the dependencies of the wheel bring with them."""
    with zipfile.ZipFile(wheel) as archive:
        about = archive.read(f"archdsl-{__version__}.dist-info/METADATA").decode()
    needed = brought_by(re.findall("^Requires-Dist: (.*)$", about, re.MULTILINE))
    assert {"click", "pydantic_core", "keras", "networkx"} <= needed
    assert needed.isdisjoint({"pytest", "hypothesis", "jax", "mypy"})
    code = HIDE.format(needed=["archdsl", *sorted(needed)])
    (tmp_path / "net.arch").write_text("model Net() :: [8, 8, 3] -> [4] { conv(4) -> flatten -> dense(4) }\n")
    for command in (
        ("check", "resnet50"),
        ("check", "net.arch"),
        ("summary", "net.arch"),
        ("render", "net.arch", "-o", "net.svg"),
        ("explain", "shape-mismatch"),
        ("ops", "conv"),
        ("compile", "net.arch", "-o", "net.keras"),
    ):
        run(python, "-I", "-c", code, *command, cwd=tmp_path)
    assert (tmp_path / "net.svg").read_text(encoding="utf-8").lstrip().startswith("<")
    assert (tmp_path / "net.keras").stat().st_size > 1_000


def test_checks_need_no_framework(python: Path, tmp_path: Path) -> None:
    """What docs/checking.md installs with ``--no-deps`` is enough for all but building models and plots."""
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    listed = re.search(r"^pip install --no-deps archdsl$\n^pip install (.*)$", page, re.MULTILINE)
    assert listed is not None
    needed = brought_by(listed[1].split())
    assert needed.isdisjoint({"keras", "numpy", "tensorflow", "matplotlib", "h5py", "lark"})
    code = HIDE.format(needed=["archdsl", *sorted(needed)])
    (tmp_path / "net.arch").write_text("model Net() :: [8, 8, 3] -> [4] { conv(4) -> flatten -> dense(4) }\n")
    for command in (
        ("--help",),
        ("check", "--fix", "--strict", "."),
        ("check", "--format", "sarif", "resnet50"),
        ("fmt", "."),
        ("summary", "net.arch"),
        ("compare", "net.arch", "lenet5"),
        ("diff", "net.arch", "lenet5"),
        ("render", "net.arch", "-o", "net.svg"),
        ("compile", "net.arch", "--to", "json", "-o", "net.json"),
        ("explain", "shape-mismatch"),
    ):
        done = subprocess.run(
            [python, "-I", "-c", code, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    result = subprocess.run(
        [python, "-I", "-c", code, "compile", "net.arch"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert re.search(
        r"^error: this needs the package `(numpy|keras)`, which is not installed: `pip install \1`", result.stderr
    )


def brought_by(requirements: list[str]) -> set[str]:
    """The modules of the packages that are required, of those that these require, and so on."""
    wanted, seen = requirements, set[str]()
    while wanted:
        requirement, *wanted = wanted
        name = canonical(re.split(r"[^\w.-]", requirement)[0])
        if name in seen or "extra ==" in requirement:
            continue
        seen.add(name)
        try:
            wanted += metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # of another platform or Python
            continue
    homes = metadata.packages_distributions()
    return {module for module, names in homes.items() if not seen.isdisjoint(map(canonical, names))}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_works_from_a_zip(wheel: Path, tmp_path: Path, fresh_python: Callable[..., object]) -> None:
    prelude = f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
    fresh_python(prelude + USE, *arguments(wheel))


def test_editable_install_copies_nothing(tmp_path: Path) -> None:
    """Grammar and specs are read from the checkout; a copy beside it would go stale."""
    code = f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})"
    run(sys.executable, "-c", code, cwd=ROOT)
    (built,) = tmp_path.iterdir()
    assert not [name for name in contents(built) if name.startswith("archdsl/")]
