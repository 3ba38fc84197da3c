"""The state of what is shown, told to every page that listens: what it is now, then each change."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Condition


@dataclass(frozen=True, slots=True)
class Event:
    """One part of the state. A later part has a higher serial number."""

    serial: int
    kind: str
    data: str
    """One line."""


class Channel:
    """Keeps the last event of each kind, so that who comes late learns all that still holds."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._state: dict[str, Event] = {}
        self._serial = 0
        self.closed = False

    def publish(self, kind: str, data: str, *, drop: str | None = None) -> None:
        """Tells of a change. ``drop`` is a kind that holds no longer."""
        if "\n" in data or "\r" in data:
            raise ValueError("an event's data is one line")
        with self._changed:
            self._serial += 1
            if drop is not None:
                self._state.pop(drop, None)
            self._state[kind] = Event(self._serial, kind, data)
            self._changed.notify_all()

    def after(self, serial: int, timeout: float) -> list[Event]:
        """What holds and is newer than ``serial``, the oldest first; waits up to ``timeout`` seconds for some."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._serial > serial, timeout)
            return sorted((e for e in self._state.values() if e.serial > serial), key=lambda event: event.serial)

    def close(self) -> None:
        """Sends every listener home."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
