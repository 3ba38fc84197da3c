"""The parser's kept tables are those of the grammar."""

from __future__ import annotations

import json
from pathlib import Path

from archdsl.syntax import tables


def test_kept_tables_are_those_of_the_grammar() -> None:
    kept = json.loads(Path(tables.__file__).with_name("tables.json").read_text(encoding="utf-8"))
    assert kept["digest"] == tables.digest(), "`python -m archdsl.syntax.tables` makes them anew"
