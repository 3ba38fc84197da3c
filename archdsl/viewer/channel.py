"""The state of what is shown, sent to every listening page: first the current state, then each change."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Condition


@dataclass(frozen=True, slots=True)
class Event:
    """A part of the state. Later parts have higher serial numbers."""

    serial: int
    kind: str
    data: str
    """One line."""


class Channel:
    """Keeps the last event of each kind, so that late listeners get the current state."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._state: dict[str, Event] = {}
        self._serial = 0
        self.closed = False

    def publish(self, kind: str, data: str, *, drop: str | None = None) -> None:
        """Publishes a change. ``drop`` is a kind of event that is no longer valid."""
        if "\n" in data or "\r" in data:
            raise ValueError("an event's data is one line")
        with self._changed:
            self._serial += 1
            if drop is not None:
                self._state.pop(drop, None)
            self._state[kind] = Event(self._serial, kind, data)
            self._changed.notify_all()

    def after(self, serial: int, timeout: float) -> list[Event]:
        """The valid events newer than ``serial``, oldest first; waits up to ``timeout`` seconds for one."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._serial > serial, timeout)
            return sorted((e for e in self._state.values() if e.serial > serial), key=lambda event: event.serial)

    def close(self) -> None:
        """Ends all listeners."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
