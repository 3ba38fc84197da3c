"""What a model consists of and costs, as a table for people and as data for programs."""

from archdsl.summary.build import summarise
from archdsl.summary.json import to_json
from archdsl.summary.rows import Row
from archdsl.summary.tables import Summary, render

__all__ = ["Row", "Summary", "render", "summarise", "to_json"]
