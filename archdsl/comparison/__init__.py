"""Comparison of models: their figures, selection by criteria, and scaling of families."""

from archdsl.comparison.columns import FIGURES, ordered, table
from archdsl.comparison.criteria import Criteria
from archdsl.comparison.entries import Entries
from archdsl.comparison.entry import Entry, measure
from archdsl.comparison.select import Selection, select

__all__ = ["FIGURES", "Criteria", "Entries", "Entry", "Selection", "measure", "ordered", "select", "table"]
