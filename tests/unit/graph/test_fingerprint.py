"""The number that tells which model a file of weights is of: one number for what is the same under the same names."""

from __future__ import annotations

import archdsl
from archdsl.graph.fingerprint import fingerprint


def of(body: str, name: str = "Net", before: str = "") -> str:
    return fingerprint(archdsl.load_text(f"{before}model {name}() :: [8, 8, 4] -> [...] {{ {body} }}").graph)


NET = "a: conv(4, k=3)\n b: conv(4)"


def test_what_makes_no_difference() -> None:
    same = of("conv(4, k=3) -> relu")
    assert len(same) == 64
    assert of("conv(4) -> relu") == same, "a default that is written out"
    assert of("conv(4)  # a comment\n -> relu", "Other", "## What it is for.\n") == same


def test_what_makes_one() -> None:
    found = {
        of("conv(4) -> relu"),
        of("conv(4) -> tanh"),
        of("conv(4, bias=false) -> relu"),
        of("conv(4) as stem -> relu"),
        of("conv(8) -> relu"),
        of("relu -> conv(4)"),
        of(f"add {{ {NET} }}"),
        of(f"mul {{ {NET} }}"),
        of(f"subtract {{ {NET} }}"),
        of("subtract { b: conv(4)\n a: conv(4, k=3) }"),
    }
    assert len(found) == 10


def test_it_stays() -> None:
    """Files in the world have it: who changes the form gives it another number."""
    assert of("conv(4) -> relu") == "89adf3d913270991ec192774178b562f17276ff62e0bf1e19e640f2af1182393"
