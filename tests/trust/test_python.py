"""Python callers who give what no type checker looked at: an error that names it, and nothing silently else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl import ArchError

NET = "model Net(n: int = 4, f: float = 1.5, l: list[int] = [1]) :: [8] -> [n] { dense(n) }\n"


@pytest.mark.parametrize("value", [None, b"x", {}, {1}, object(), 1j, [1, [None]], len, Decimal("1.5"), Path("x")])
def test_values_that_the_language_does_not_have(value: Any) -> None:
    with pytest.raises(
        TypeError, match=r"`n` is a number, a string, a truth value, `archdsl\.op\(…\)` or a list of them, not "
    ):
        archdsl.load_text(NET, n=value)


def test_numbers_of_other_libraries() -> None:
    import numpy as np

    assert archdsl.load_text(NET, n=np.int64(3), f=np.float32(0.5), l=[np.int8(2)]).graph.outputs[0].shape == (3,)
    assert archdsl.load_text(NET, f=Fraction(1, 2)).name == "Net"
    assert [e.params for e in archdsl.scale("lenet5", {"classes": np.arange(9, 11)})] == [61_621, 61_706]


@pytest.mark.parametrize("value", [True, "4", [4], 4.0, -1, float("nan"), 10**500])
def test_values_that_do_not_fit(value: Any) -> None:
    with pytest.raises(ArchError):
        archdsl.load_text(NET, n=value)


def test_names_of_specs() -> None:
    long = "a" * 10_000
    odd = ("", "\0", "net.arch\0", long, f"{long}.arch", "\ud800", "\ud800.arch@HEAD", "~", "/", "-", b"net.arch")
    for name in (*odd, Path(), Path("\udce9.arch")):
        with pytest.raises(FileNotFoundError) as caught:
            archdsl.load(name)  # type: ignore[arg-type]
        assert str(caught.value).isprintable()
    assert archdsl.load(b"lenet5").name == "LeNet5"  # type: ignore[arg-type]
    for wrong in (None, 3):
        with pytest.raises(TypeError):
            archdsl.load(wrong)  # type: ignore[arg-type]


def test_choices_that_there_are_not() -> None:
    net = archdsl.load("lenet5")
    for batch in (0, -1, 1.5, "2", True):
        with pytest.raises(ValueError, match="batch is a positive integer"):
            net.summary(batch=batch)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="dtype is one of float32, "):
        net.summary(dtype="float8")  # type: ignore[arg-type]
    for ignore in (["name"], "names", ["names", "x"]):
        with pytest.raises(ValueError, match="ignore is a collection of training, eps, names, facts"):
            archdsl.diff(net, net, ignore=ignore)  # type: ignore[arg-type]


def test_one_spec_is_one_to_compare(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    assert [entry.name for entry in archdsl.compare("lenet5")] == ["LeNet5"]
    assert [entry.name for entry in archdsl.compare(tmp_path / "net.arch")] == ["Net"]
