"""``import archdsl.importer`` makes modules of specs."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import archdsl.importer
from archdsl import ArchError

NET = """\
# A small net.
# It has one layer.

let half = 4

## One dense layer.
model Net(units: int, scale: float = -0.5, widths: list[int] = [1, 2], width: int = half * 2, act: op = relu)
    :: [8] -> [units] {
  dense(units) -> act
}
model Wide = Net(act=gelu)
"""
FreshPython = Callable[..., object]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on ``sys.path``, and afterwards no module that came from it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__spec__", "")):
            del sys.modules[name]


def imported(folder: Path, text: str = NET, name: str = "little_net") -> ModuleType:
    (folder / f"{name}.arch").write_text(text, encoding="utf-8")
    return importlib.import_module(name)


def test_module(folder: Path) -> None:
    module = imported(folder)
    assert module.__all__ == ["Net", "Wide"]
    assert module.__doc__ == "A small net.\nIt has one layer."
    assert module.__file__ == str(folder / "little_net.arch")
    assert inspect.getsource(module) == NET


def test_model(folder: Path) -> None:
    module = imported(folder)
    net = module.Net
    assert (net.__name__, net.__module__, net.__doc__) == ("Net", "little_net", "One dense layer.")
    assert callable(net)
    written = "(units: int, scale: float = -0.5, widths: list[int] = [1, 2], width: int = half * 2, act: op = relu)"
    assert str(inspect.signature(net)) == written
    assert repr(net) == f"<model little_net.Net{written}>"


def test_load(folder: Path) -> None:
    net = imported(folder).Net
    assert net.load(3).graph.outputs[0].shape == (3,)
    assert net.load(units=5, scale=0.1).graph.outputs[0].shape == (5,)
    with pytest.raises(TypeError, match="missing a required argument: 'units'"):
        net.load()
    with pytest.raises(TypeError, match="unit"):
        net.load(unit=3)
    with pytest.raises(ArchError, match="wrong-type"):
        net.load("three")
    assert net.load(3).graph.outputs[0].shape == (3,), "an error leaves nothing behind"


def test_variant(folder: Path) -> None:
    wide = imported(folder).Wide
    assert "act: op = gelu" in str(inspect.signature(wide))
    assert [node.op.name for node in wide.load(3).graph] == ["dense", "gelu"]


def test_parameter_after_one_with_a_value_goes_by_name(folder: Path) -> None:
    text = "model Net(a: int, b: int) :: [8] -> [a + b] { dense(a + b) }\nmodel Some = Net(1)\n"
    some = imported(folder, text, "some_net").Some
    assert str(inspect.signature(some)) == "(a: int = 1, *, b: int)"
    assert some.load(b=2).graph.outputs[0].shape == (3,)


def test_parameter_named_like_a_keyword_of_python(folder: Path) -> None:
    text = "model Net(n: int, lambda: int = 3) :: [8] -> [lambda] { dense(lambda) }\n"
    net = imported(folder, text, "keyword_net").Net
    assert net.load(1, **{"lambda": 4}).graph.outputs[0].shape == (4,)


def test_parameter_whose_name_python_cannot_write(folder: Path) -> None:
    net = imported(folder, "model Net(n²: int = 3) :: [8] -> [n²] { dense(n²) }\n", "square_net").Net
    assert net.load(**{"n²": 4}).graph.outputs[0].shape == (4,)


def test_broken_spec(folder: Path) -> None:
    with pytest.raises(ArchError, match=r"broken_net\.arch:1:") as raised:
        imported(folder, "model Net( :: [8] -> [4] { dense(4) }\n", "broken_net")
    assert raised.value.diagnostics
    assert "broken_net" not in sys.modules


def test_reload(folder: Path) -> None:
    module = imported(folder)
    imported(folder, NET.replace("Wide", "Broad"))
    assert importlib.reload(module) is module
    assert module.__all__ == ["Net", "Broad"]


def test_python_modules_win(folder: Path) -> None:
    (folder / "both_nets.py").write_text("kind = 'python'\n", encoding="utf-8")
    assert imported(folder, name="both_nets").kind == "python"


def test_inside_packages(folder: Path) -> None:
    (folder / "real_package").mkdir()
    (folder / "real_package" / "__init__.py").touch()
    (folder / "real_package" / "net.arch").write_text(NET, encoding="utf-8")
    (folder / "bare_folder").mkdir()
    (folder / "bare_folder" / "net.arch").write_text(NET, encoding="utf-8")
    for package in ("real_package", "bare_folder"):
        module = importlib.import_module(f"{package}.net")
        assert module.Net.__module__ == f"{package}.net"


def test_imports_of_specs_are_relative_to_them(folder: Path) -> None:
    (folder / "parts.arch").write_text("block Head(n: int) { dense(n) }\n", encoding="utf-8")
    text = 'from "./parts.arch" import Head\nmodel Net() :: [8] -> [4] { Head(4) }\n'
    assert imported(folder, text, "net_of_parts").Net.load().graph.outputs[0].shape == (4,)


def test_other_modules_are_still_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_net")


def test_finder_is_there_once() -> None:
    importlib.import_module("archdsl.importer")
    found = [finder for finder in sys.meta_path if isinstance(finder, archdsl.importer.SpecFinder)]
    assert len(found) == 1


def test_zoo_from_a_checkout(fresh_python: FreshPython) -> None:
    root = Path(__file__).parents[2]
    code = """
import sys
import archdsl.importer
from specs import resnet50

assert resnet50.ResNet50.load(classes=10).graph.outputs[0].shape == (10,)
assert not {"keras", "tensorflow", "numpy"} & sys.modules.keys()
"""
    fresh_python(code, cwd=root)


# --- odd entries of sys.path, odd names, and versions ---


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that may not be searched."""
    path = tmp_path / "closed"
    path.mkdir()
    path.chmod(0)
    yield path
    path.chmod(0o700)


def test_odd_entries_of_the_path_are_passed_over(folder: Path, closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    odd = [str(closed), b"/tmp", None, 3, folder / "no text", str(folder / "file"), "x" * 5_000]
    finder = archdsl.importer.SpecFinder()
    assert finder.find_spec("no_such_net", [*odd, "nul\0", "\ud800"]) is None  # type: ignore[list-item]
    monkeypatch.setattr(sys, "path", [*odd, *sys.path])
    for name in ("no_such_net", "n" * 300, "no_such.net"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)
    assert imported(folder).Net.load(3).name == "Net"


def test_a_folder_that_may_not_be_searched(fresh_python: FreshPython, tmp_path: Path) -> None:
    """Root may search every folder, so another user tries, where that can be."""
    code = """
import os, sys
import archdsl.importer
os.mkdir("closed", 0)
if os.getuid() == 0:
    os.setuid(65534)
sys.path[:] = [os.path.abspath("closed")]
sys.path_importer_cache.clear()
try:
    import no_such_net
except ModuleNotFoundError:
    print("not found")
"""
    assert "not found" in fresh_python(code).stdout  # type: ignore[attr-defined]


def test_a_deleted_current_folder(fresh_python: FreshPython) -> None:
    code = """
import os, sys
import archdsl.importer
os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
sys.path.insert(0, "")
try:
    import no_such_net
except ModuleNotFoundError:
    print("not found")
"""
    assert "not found" in fresh_python(code).stdout  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["deeper/net", "../net", "/net", "n\0", ".."])
def test_names_that_are_paths_find_nothing(name: str, folder: Path) -> None:
    (folder / "deeper").mkdir()
    (folder / "deeper" / "net.arch").write_text(NET, encoding="utf-8")
    finder = archdsl.importer.SpecFinder()
    assert finder.find_spec(name, [str(folder), str(folder / "deeper")]) is None


def test_a_file_that_goes_while_it_is_imported(folder: Path) -> None:
    (folder / "going_net.arch").write_text(NET, encoding="utf-8")
    found = archdsl.importer.SpecFinder().find_spec("going_net", None)
    assert found is not None
    (folder / "going_net.arch").unlink()
    with pytest.raises(ImportError, match="no such file"):
        importlib.util.module_from_spec(found).__spec__.loader.exec_module(ModuleType("going_net"))  # type: ignore[union-attr]


def test_a_folder_whose_name_looks_like_a_revision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = folder / "old.arch@v1"
    odd.mkdir()
    (odd / "odd_net.arch").write_text(NET, encoding="utf-8")
    monkeypatch.syspath_prepend(str(odd))
    assert importlib.import_module("odd_net").Net.load(2).graph.outputs[0].shape == (2,)


def test_zips_are_not_searched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(folder / "nets.zip", "w") as nets:
        nets.writestr("zipped_net.arch", NET)
    monkeypatch.syspath_prepend(str(folder / "nets.zip"))
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("zipped_net")
    assert "not in zips" in (archdsl.importer.__doc__ or "")


def test_a_module_is_of_one_version(folder: Path) -> None:
    """What it imports stays as it was too, until it is reloaded; so do links."""
    for name, width in (("old", 3), ("new", 4)):
        (folder / f"{name}.arch").write_text(f"let width = {width}\n", encoding="utf-8")
    (folder / "parts.arch").write_text("let width = 3\n", encoding="utf-8")
    (folder / "link.arch").symlink_to("old.arch")
    text = (
        'from "parts.arch" import width\nfrom "link.arch" import width as w\n'
        "model Net() :: [8] -> [3] { dense(width) -> dense(w) }\n"
    )
    module = imported(folder, text, "versioned_net")
    (folder / "parts.arch").write_text("let width = 4\n", encoding="utf-8")
    (folder / "link.arch").unlink()
    (folder / "link.arch").symlink_to("new.arch")
    (folder / "versioned_net.arch").write_text(text.replace("[3]", "[4]"), encoding="utf-8")
    assert module.Net.load().graph.outputs[0].shape == (3,)
    assert importlib.reload(module).Net.load().graph.outputs[0].shape == (4,)
