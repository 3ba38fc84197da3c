"""Writes the pages of ``docs/`` that are made from the code. ``make docs`` runs it; a test fails when one is old."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from pathlib import Path

from archdsl.diagnostics.explain import catalogue

ROOT = Path(__file__).parent.parent


def errors() -> str:
    """``docs/errors.md``: the page of every code, as ``archdsl explain`` prints it."""
    lines = [
        "# Errors and warnings",
        "",
        "What `archdsl explain CODE` prints, for every code. `make docs` writes this page from the code.",
    ]
    for code, kind in catalogue().items():
        title = f"## {code}" + ("" if kind.severity == "error" else f" ({kind.severity})")
        lines += ["", title, "", cleandoc(kind.__doc__ or "")]
    return "\n".join(lines) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {"docs/errors.md": errors}


def main() -> None:
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
