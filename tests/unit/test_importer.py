"""``import archdsl.importer`` makes modules of specs."""

from __future__ import annotations

import importlib
import inspect
import sys
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
