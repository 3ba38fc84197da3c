"""What may be written at a place, best first."""

from archdsl.service.completion.complete import complete, documentation
from archdsl.service.completion.model import Completion

__all__ = ["Completion", "complete", "documentation"]
