"""What was measured, in a file that is read back: each model with its forms, or the reason why it has not one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from json import dumps
from pathlib import Path
from typing import Any

from scripts.exports.measure import Measured

FILE = Path(__file__).with_name("results.toml")


def results() -> dict[str, dict[str, Any]]:
    """By model and form."""
    return tomllib.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def keep(name: str, found: Mapping[str, Measured | str]) -> None:
    """Writes what was found of a model, beside what is known of it and of others, in the order of names."""
    known = results()
    known[name] = known.get(name, {}) | {
        form: {"missing": value} if isinstance(value, str) else value._asdict() for form, value in found.items()
    }
    lines = ["# The bundled models in other forms: `python -m scripts.exports` writes it."]
    for model in sorted(known):
        lines += ["", f"[{model}]", *(f"{form} = {_inline(facts)}" for form, facts in sorted(known[model].items()))]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _inline(facts: Mapping[str, Any]) -> str:
    values = {"error": ".1e", "first": ".2g"}
    words = [
        f"{key} = {dumps(value) if isinstance(value, str) else format(value, values.get(key, ''))}"
        for key, value in facts.items()
    ]
    return f"{{ {', '.join(words)} }}"
