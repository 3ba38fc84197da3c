"""``python -m scripts.exports [MODEL…]`` measures models in other forms and writes the page.

Without names it takes all that were not measured in these forms, the one with the fewest multiply-adds first, each in a
process of its own, so that it can be stopped and started again. A model that takes more than ``--seconds`` is left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Sequence
from math import inf
from pathlib import Path

import archdsl
from scripts.exports.forms import FORMS, ON_TENSORFLOW
from scripts.exports.measure import measure
from scripts.exports.models import models
from scripts.exports.page import page
from scripts.exports.results import keep, results

PAGE = Path(__file__).parent.parent.parent / "docs" / "exports.md"


def _measured(name: str, forms: Sequence[str]) -> None:
    """In a process of its own."""
    keep(name, found := measure(name, forms))
    words = [f"{form} {value if isinstance(value, str) else f'{value.error:.1e}'}" for form, value in found.items()]
    print(f"{name}: {', '.join(words)}", flush=True)


def _cost(name: str) -> float:
    macs = archdsl.load(name).summary().total.macs
    return macs if isinstance(macs, int) else inf


def _imported(forms: Sequence[str]) -> None:
    """Loads what all processes need before they part."""
    if {*ON_TENSORFLOW, "onnx"} & {*forms}:
        from archdsl.backends.keras import build as build
    if "torch" in forms:
        from tests.pytorch import running  # noqa: F401
    import onnx as onnx
    import onnxruntime as onnxruntime


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.exports", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--form", action="append", choices=FORMS, help="one of the forms; all otherwise")
    parser.add_argument("--most", type=int, help="how many models, of those that are left")
    parser.add_argument("--again", action="store_true", help="measure what was measured too")
    parser.add_argument("--seconds", type=float, default=600, help="for one model (%(default)s)")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    asked = parser.parse_args()
    forms = asked.form or [*FORMS]
    if not asked.page:
        known = results()
        names = asked.models or sorted(models(), key=_cost)
        todo = [name for name in names if asked.again or not {*forms} <= known.get(name, {}).keys()]
        _imported(forms)
        for name in todo[: asked.most]:
            process = multiprocessing.get_context("fork").Process(target=_measured, args=(name, forms))
            process.start()
            process.join(asked.seconds)
            if process.is_alive():
                process.kill()
            if process.exitcode != 0:
                print(f"{name}: not measured ({process.exitcode})", flush=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
