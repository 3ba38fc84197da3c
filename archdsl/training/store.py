"""The results of a study in SQLite: a row for each epoch and each ended trial. Several processes may write at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal

from archdsl.study.learning import Epoch, Run

_FILE: Final = "results.sqlite"
_WAIT: Final = 60.0
"""The timeout in seconds of a writer that waits for another."""
_TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS epochs (
  trial TEXT NOT NULL, epoch INTEGER NOT NULL, loss REAL, accuracy REAL, val_loss REAL, val_accuracy REAL NOT NULL,
  seconds REAL NOT NULL, PRIMARY KEY (trial, epoch)
) WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS ends (trial TEXT PRIMARY KEY, latency REAL NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID
""",
)


@contextmanager
def _transaction(folder: Path, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
    """A transaction on the database, which is committed when the block ends.

    SQLite fails at once, whatever the timeout, if a read transaction begins to write, or the journal mode is changed,
    beside another transaction. So transactions that write are ``IMMEDIATE``, and the journal is the default one, which
    needs no shared memory, unlike a write-ahead log: machines of a cluster may write to one file.

    Raises:
        OSError: it cannot be read or written: the disk is full, or it is not a database.
    """
    try:
        with closing(sqlite3.connect(folder / _FILE, timeout=_WAIT, isolation_level=None)) as connection:
            connection.execute(f"BEGIN {kind}")
            with connection:
                yield connection
    except sqlite3.Error as error:
        raise OSError(f"{folder / _FILE}: {error}") from error


@contextmanager
def _written(folder: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that writes, on the database with its tables."""
    with _transaction(folder, "IMMEDIATE") as connection:
        for table in _TABLES:
            connection.execute(table)
        yield connection


def add(folder: Path, trial: str, *epochs: Epoch) -> None:
    """Writes epochs of a trial, and replaces rows of the same epochs."""
    rows = [(trial, *epoch) for epoch in epochs]
    with _written(folder) as connection:
        connection.executemany("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def end(folder: Path, trial: str, latency: float, reason: str = "") -> None:
    """Records that a trial has ended, with its latency, and with the reason if it was pruned."""
    with _written(folder) as connection:
        connection.execute("INSERT OR REPLACE INTO ends VALUES (?, ?, ?)", (trial, latency, reason))


def read(folder: Path) -> Mapping[str, Run]:
    """The runs of all trials so far, by trial name."""
    if not (folder / _FILE).exists():
        return {}
    with _transaction(folder, "DEFERRED") as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return {}  # made by a writer that has not committed yet
        epochs = connection.execute("SELECT * FROM epochs ORDER BY trial, epoch").fetchall()
        ends = {trial: (latency, reason) for trial, latency, reason in connection.execute("SELECT * FROM ends")}
    found: dict[str, list[Epoch]] = {}
    for trial, *row in epochs:
        found.setdefault(trial, []).append(Epoch(*row))
    return {
        trial: Run(tuple(rows), ends[trial][0], True, ends[trial][1]) if trial in ends else Run(tuple(rows))
        for trial, rows in found.items()
    }
