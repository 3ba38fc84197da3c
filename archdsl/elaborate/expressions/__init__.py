"""Evaluation of compile-time expressions in a scope.

``evaluate`` has the table of functions, one for each kind of node, which the modules beside it register.
"""

from archdsl.elaborate.expressions import access as access
from archdsl.elaborate.expressions import lists as lists
from archdsl.elaborate.expressions import operations as operations
from archdsl.elaborate.expressions import tables as tables
from archdsl.elaborate.expressions.binding import bind_parameters, domain
from archdsl.elaborate.expressions.calls import call, evaluate_arguments, evaluate_function
from archdsl.elaborate.expressions.evaluate import evaluate, evaluate_or_poison

__all__ = [
    "bind_parameters",
    "call",
    "domain",
    "evaluate",
    "evaluate_arguments",
    "evaluate_function",
    "evaluate_or_poison",
]
