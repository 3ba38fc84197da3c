"""The measures of a model: their names and definitions, for tables, limits and `check` lines."""

from archdsl.measures.model import Measure, Part, Subject, Unit, Value
from archdsl.measures.registry import BY_NAME, MEASURES, MEMORY, RECEPTIVE_FIELD

__all__ = ["BY_NAME", "MEASURES", "MEMORY", "RECEPTIVE_FIELD", "Measure", "Part", "Subject", "Unit", "Value"]
