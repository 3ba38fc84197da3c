"""The figures of a model: how each is called and computed, and how tables, limits and `check` lines find it."""

from archdsl.measures.model import Measure, Part, Subject, Unit, Value
from archdsl.measures.registry import BY_NAME, MEASURES, MEMORY, RECEPTIVE_FIELD

__all__ = ["BY_NAME", "MEASURES", "MEMORY", "RECEPTIVE_FIELD", "Measure", "Part", "Subject", "Unit", "Value"]
