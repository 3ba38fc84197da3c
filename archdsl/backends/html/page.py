"""The page itself: one HTML file with everything in it, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any, Final

from archdsl.diagram.theme import FAMILIES

MODULES: Final = ("elements", "words", "model", "plan", "search", "live", "layout", "draw", "camera", "card", "main")
"""The page's own scripts, each after those that it imports."""
_IMPORT: Final = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)


def to_page(settings: dict[str, Any], *, title: str) -> str:
    """The file for the page's ``settings``, whose texts become data and nothing else.

    The content security policy allows the page's own scripts and style by their hashes, and no other: should a text
    of a spec ever become markup, it could still neither run nor load anything.
    """
    folder = files(__package__)
    style = (folder / "page" / "page.css").read_text(encoding="utf-8") + _colours()
    libraries = json.loads((folder / "vendor" / "manifest.json").read_text(encoding="utf-8"))
    vendor = "\n".join((folder / "vendor" / each["file"]).read_text(encoding="utf-8") for each in libraries)
    script = "\n".join(_plain((folder / "page" / f"{name}.js").read_text(encoding="utf-8")) for name in MODULES)
    parts = {
        "policy": _policy(style=style, scripts=(vendor, script), live="events" in settings),
        "title": html.escape(title),
        "style": style,
        "data": escaped(settings),
        "vendor": vendor,
        "script": script,
    }
    template = (folder / "page" / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{(\w+)\}", lambda hole: parts[hole[1]], template)


def escaped(value: Any) -> str:
    r"""JSON that stands in a ``script`` element as data, whatever strings are in it.

    >>> escaped({"doc": "</script><img>"})
    '{"doc":"\\u003c/script\\u003e\\u003cimg\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", text)


def _colours() -> str:
    """A fill and a line for each family of ops: those of the diagrams on white, and mixed into the dark on dark."""
    lines = []
    for family, (fill, line) in FAMILIES.items():
        name = family.replace(" ", "-")
        lines.append(f"  --{name}: light-dark({fill}, color-mix(in oklab, {line} 42%, #14181d));\n")
        lines.append(f"  --{name}-line: light-dark({line}, color-mix(in oklab, {line} 75%, #ffffff));\n")
    return f":root {{\n{''.join(lines)}}}\n"


def _plain(module: str) -> str:
    """A module as a part of one script, in which the names of all are known."""
    return re.sub(r"^export ", "", _IMPORT.sub("", module), flags=re.MULTILINE)


def _policy(*, style: str, scripts: tuple[str, ...], live: bool) -> str:
    """Nothing is loaded, but events from the server of ``archdsl view``. Graphviz is compiled to WebAssembly."""
    allowed = " ".join(_hash(script) for script in scripts)
    directives = [
        "default-src 'none'",
        f"script-src {allowed} 'wasm-unsafe-eval'",
        f"style-src {_hash(style)}",
        "img-src data:",
        *(["connect-src 'self'"] if live else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(directives)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
