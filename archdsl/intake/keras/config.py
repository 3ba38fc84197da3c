"""The arguments of a layer from its configuration, each validated before use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from archdsl.intake.errors import Unsupported

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Config:
    """Arguments by name. Every method raises ``Unsupported`` where an argument is missing or of another type."""

    values: Mapping[str, Any]

    def number(self, name: str, default: float | None = None) -> float:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._bad(name)
        return float(value)

    def integer(self, name: str, default: int | None = None) -> int:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._bad(name)
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self._bad(name)
        return value

    def word(self, name: str, *among: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str) or (among and value not in among):
            raise self._bad(name)
        return value

    def sizes(self, name: str) -> int | tuple[int, ...]:
        """A number for each dimension; one where all are equal."""
        value = self.values.get(name)
        listed: list[int] = [n for n in (value if isinstance(value, list) else [value]) if type(n) is int]
        if not listed or (isinstance(value, list) and len(listed) < len(value)):
            raise self._bad(name)
        return listed[0] if len(set(listed)) == 1 else tuple(listed)

    def axes(self, name: str) -> tuple[int, ...]:
        """A number for each dimension."""
        value = self.values.get(name)
        if not isinstance(value, list) or not all(type(n) is int for n in value):
            raise self._bad(name)
        return tuple(value)

    def per_channel(self, name: str) -> float | tuple[float, ...]:
        """A number, or a list of them."""
        value = self.values.get(name)
        if isinstance(value, dict):  # an array, as Keras writes it
            value = value.get("config", {}).get("value") if isinstance(value.get("config"), dict) else None
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value):
            return tuple(float(n) for n in value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._bad(name)
        return float(value)

    def pairs(self, name: str) -> tuple[tuple[int, int], ...]:
        """Before and after for each dimension."""
        value = self.values.get(name)
        listed = value if isinstance(value, list) else [value]
        if all(isinstance(n, int) and not isinstance(n, bool) for n in listed) and len(listed) == 2:
            listed = [listed]  # of one dimension
        found = []
        for each in listed:
            pair = [each, each] if isinstance(each, int) else each
            if not isinstance(pair, list) or len(pair) != 2 or not all(type(n) is int and n >= 0 for n in pair):
                raise self._bad(name)
            found.append((pair[0], pair[1]))
        return tuple(found)

    def only(self, name: str, *allowed: Any) -> None:
        """Raises ``Unsupported`` for a value of an argument that no op of the language supports."""
        value = self.values.get(name, allowed[0])
        if not any(type(value) is type(each) and value == each for each in allowed):
            raise self._bad(name)

    def channels_last(self) -> None:
        if self.values.get("data_format") not in (None, "channels_last"):
            raise Unsupported("channels first")

    def l2(self, name: str) -> float:
        """The weight of a penalty; an L1 is none that the language has."""
        value = self.values.get(name)
        if value is None:
            return 0.0
        inner = value.get("config") if isinstance(value, dict) else None
        if not isinstance(inner, dict) or inner.get("l1") or not isinstance(inner.get("l2"), int | float):
            raise self._bad(name)
        return float(inner["l2"])

    def grid(self, name: str) -> tuple[int, int]:
        """Two sizes, of a map."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) != 2 or not all(type(n) is int for n in value):
            raise self._bad(name)
        return value[0], value[1]

    def start(self, name: str) -> float | None:
        """The number with which all weights begin; ``None`` for other initialisers."""
        value = self.values.get(name)
        kind = value.get("class_name") if isinstance(value, dict) else None
        if kind in ("Zeros", "Ones"):
            return float(kind == "Ones")
        inner = value.get("config") if isinstance(value, dict) else None
        number = inner.get("value") if kind == "Constant" and isinstance(inner, dict) else None
        return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None

    def _bad(self, name: str) -> Unsupported:
        if name not in self.values:
            return Unsupported(f"its configuration has no `{name}`")
        return Unsupported(f"{name}={_shown(self.values[name])} has no counterpart")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
