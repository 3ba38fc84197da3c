"""Lengths of specs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Line

_SPECS = Path(__file__).parents[2] / "specs"


def lines() -> Iterator[Line]:
    """Lines of spec, comments and blank ones included."""
    for name, models, limit in (("resnet50", "the ResNet family, 5 models", 60), ("vgg16", "VGG-16", 25)):
        count = len((_SPECS / f"{name}.arch").read_text(encoding="utf-8").splitlines())
        yield Line(f"lines for {models}", str(count), "at most", str(limit), count / limit, 1.0)
