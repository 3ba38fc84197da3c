"""The page: one HTML file that contains everything and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from archdsl.diagram.theme import PALETTES, Palette

MODULES: Final = (
    "elements",
    "words",
    "model",
    "plan",
    "search",
    "live",
    "host",
    "columns",
    "layout",
    "draw",
    "camera",
    "card",
    "main",
)
"""The page's own scripts, each after those that it imports."""
_STROKES: Final = {"solid": ("none", "0.8"), "bold": ("none", "1.6"), "dashed": ("4 2", "1"), "dotted": ("1 2", "1")}
"""Of each style of a line its dashes and its width."""
_IMPORT: Final = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)


def to_page(settings: dict[str, Any], *, title: str) -> str:
    """The file for the page's ``settings``, whose texts are escaped.

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
    r"""JSON escaped for a ``script`` element.

    >>> escaped({"doc": "</script><img>"})
    '{"doc":"\\u003c/script\\u003e\\u003cimg\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", text)


def _colours() -> str:
    """The colours of diagrams as CSS custom properties: light or dark by the reader's preference, and for print."""
    light, dark, printed = (_properties(PALETTES[theme]) for theme in ("light", "dark", "print"))
    both = {
        name: value if value == dark[name] else f"light-dark({value}, {dark[name]})" for name, value in light.items()
    }
    return _rule(":root", both) + _rule(':root[data-theme="print"]', printed)


def _rule(selector: str, properties: Mapping[str, str]) -> str:
    lines = "".join(f"  --{name}: {value};\n" for name, value in properties.items())
    return f"{selector} {{\n{lines}}}\n"


def _properties(palette: Palette) -> dict[str, str]:
    looks = {"folded": palette.folded, "terminal": palette.terminal, "plain": palette.plain}
    looks |= {name.replace(" ", "-"): look for name, look in palette.families.items()}
    looks |= {f"heat-{step}": look for step, look in enumerate(palette.heat)}
    found = {
        "paper": palette.background,
        "ink": palette.text,
        "muted": palette.muted,
        "edge": palette.edge,
        "skip": palette.skip,
        "frame": palette.frame,
        "frame-line": palette.frame_line,
    }
    for name, look in looks.items():
        dashes, width = _STROKES[look.style]
        found |= {name: look.fill, f"{name}-line": look.line, f"{name}-text": look.text or palette.text}
        found |= {f"{name}-dashes": dashes, f"{name}-width": width}
    return found


def _plain(module: str) -> str:
    """A module as a part of one script with a common scope."""
    return re.sub(r"^export ", "", _IMPORT.sub("", module), flags=re.MULTILINE)


def _policy(*, style: str, scripts: tuple[str, ...], live: bool) -> str:
    """The content security policy: only events from the server of ``archdsl view``. Graphviz is WebAssembly."""
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
