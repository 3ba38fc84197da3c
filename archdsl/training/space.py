"""The search space: all combinations of values of a model's parameters, checked before any model is built."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.comparison.criteria import Criteria
from archdsl.comparison.entry import measure
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.diagnostics.catalogue.names import UnknownName
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.values import Given
from archdsl.graph.model import Graph
from archdsl.passes.cost import NodeCost
from archdsl.survey import argument
from archdsl.syntax import ast
from archdsl.training.errors import StudyError

Choice: TypeAlias = tuple[int, ...]
"""The index of the value of each parameter."""
_CHEAP: Final = ("params", "trainable", "macs")
"""The measures that are known without a graph."""


class Candidate(NamedTuple):
    """A choice that satisfies the conditions and the budget, with proved shapes."""

    choice: Choice
    params: int
    macs: int


@dataclass(frozen=True)
class Pool:
    """The candidates that passed, the number of choices judged, and the numbers of dropped ones by reason."""

    passed: tuple[Candidate, ...]
    judged: int
    dropped: Mapping[str, int]


class Space:
    """The values of a model's parameters, conditions on them in addition to the model's own, and a budget."""

    def __init__(
        self,
        program: Program,
        model: str,
        fixed: Mapping[str, Any],
        values: Mapping[str, Sequence[Given]],
        conditions: Sequence[ast.Expr] = (),
        budget: Criteria | None = None,
    ) -> None:
        self._program = program
        self.model = model
        self._fixed = fixed
        self.values = values
        self._conditions = conditions
        self._budget = budget or Criteria()
        self._costs = program.costs(model)
        for name, found in values.items():
            if not found:
                raise StudyError(f"`{name}` has no values")
        for condition in conditions:
            self._check(condition)

    @property
    def size(self) -> int:
        """The number of combinations."""
        return prod(map(len, self.values.values()))

    def _check(self, condition: ast.Expr) -> None:
        """Raises ``ArchError`` for an unknown name, with which the condition has no value for any candidate."""
        try:
            self._costs.holds(condition, {**self._fixed, **self.arguments((0,) * len(self.values))})
        except Failure as failure:
            if any(isinstance(each, UnknownName) for each in failure.diagnostics):
                raise ArchError(failure.diagnostics) from None

    def arguments(self, choice: Choice) -> dict[str, Given]:
        """The values of a choice, by parameter."""
        return {name: found[index] for (name, found), index in zip(self.values.items(), choice, strict=True)}

    def words(self, choice: Choice) -> tuple[str, ...]:
        """The values of a choice in the form that ``--set`` accepts."""
        return tuple(f"{name}={argument(name, value).text}" for name, value in self.arguments(choice).items())

    def graph(self, choice: Choice) -> Graph:
        """The graph of a choice that passed. Raises ``ArchError`` if it has errors."""
        return self._made(self.arguments(choice))

    def _made(self, arguments: Mapping[str, Given]) -> Graph:
        graph = self._program.graph(self.model, {**self._fixed, **arguments})
        if graph is None:
            raise ArchError(self._program.diagnostics)
        return graph

    def baseline(self) -> Graph | str:
        """The graph with the default arguments, or the reason why it is dropped."""
        if missing := [name for name, default in self._defaults.items() if default is None]:
            return f"`{missing[0]}` has no default"
        found = self._judged({})
        return found if isinstance(found, str) else self._made({})

    @property
    def usual(self) -> Choice | None:
        """The choice of the default arguments; ``None`` if one of them is not among the values."""
        texts = {name: [argument(name, value).text for value in found] for name, found in self.values.items()}
        if any(self._defaults[name] not in found for name, found in texts.items()):
            return None
        return tuple(found.index(str(self._defaults[name])) for name, found in texts.items())

    @property
    def _defaults(self) -> dict[str, str | None]:
        """The defaults of the parameters without a fixed value, as the spec has them."""
        found = self._program.parameters(self.model)
        return {name: param.default for name, param in found.items() if name not in self._fixed}

    def judge(self, choice: Choice) -> Candidate | str:
        """The candidate of a choice, or the reason why it is dropped."""
        found = self._judged(self.arguments(choice))
        return found if isinstance(found, str) else Candidate(choice, *found)

    def _judged(self, arguments: Mapping[str, Given]) -> tuple[int, int] | str:
        """The numbers of parameters and multiply-adds, or the reason why the arguments are dropped."""
        given = {**self._fixed, **arguments}
        if not self._costs.takes(given):
            return "a value is not allowed"
        try:
            if not all(self._costs.holds(each, given) for each in (*self._costs.conditions, *self._conditions)):
                return "a condition does not hold"
        except Failure:
            return "a condition has no value"
        cost = self._costs.of(given)
        if cost is None:
            return "a shape or a value does not fit"
        if not isinstance(cost.macs, int):
            return "a size is left open"
        return self._broken(cost) or self._measured(arguments) or (cost.params, cost.macs)

    def _broken(self, cost: NodeCost) -> str:
        """The violated limit on a measure that is known without a graph; empty if there is none."""
        for bounds, sign, word in ((self._budget.at_most, 1, "more"), (self._budget.at_least, -1, "less")):
            for name, bound in bounds.items():
                if name in _CHEAP and sign * (getattr(cost, name) - bound) > 0:
                    return f"{word} {name} than allowed"
        return ""

    def _measured(self, arguments: Mapping[str, Given]) -> str:
        """The violated limit on a measure that takes the graph; empty if there is none."""
        others = [limit for limit in self._budget.limits if limit.quantity.name not in _CHEAP]
        if not others:
            return ""
        entry = measure(self._made(arguments), "", changed=True)
        broken = next((limit for limit in others if limit.gap(entry)), None)
        return f"{'less' if broken.is_least else 'more'} {broken.quantity.name} than allowed" if broken else ""

    def pool(self, count: int, seed: int) -> Pool:
        """Judges ``count`` distinct random choices, or all if there are no more than that."""
        passed, dropped, judged = [], Counter[str](), 0
        for choice in self._drawn(count, seed):
            judged += 1
            found = self.judge(choice)
            if isinstance(found, str):
                dropped[found] += 1
            else:
                passed.append(found)
        return Pool(tuple(passed), judged, dict(dropped.most_common()))

    def _drawn(self, count: int, seed: int) -> Iterator[Choice]:
        sizes = [len(found) for found in self.values.values()]
        if count >= self.size:
            yield from product(*map(range, sizes))
            return
        chance, seen = random.Random(seed), set[Choice]()
        while len(seen) < count:
            choice = tuple(chance.randrange(size) for size in sizes)
            if choice not in seen:
                seen.add(choice)
                yield choice
