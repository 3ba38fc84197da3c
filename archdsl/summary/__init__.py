"""What a model consists of and costs, as a table for people and as data for programs."""

from archdsl.summary.json import to_json
from archdsl.summary.model import Row, Summary, summarise
from archdsl.summary.tables import render

__all__ = ["Row", "Summary", "render", "summarise", "to_json"]
