"""Means of small samples, with their confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, inf, pi, sin, sqrt, tan
from statistics import mean, stdev
from typing import NamedTuple


class Estimate(NamedTuple):
    """A sample mean with its 95% confidence interval, which takes at least two values."""

    mean: float
    deviation: float | None
    """The standard deviation of the sample."""
    margin: float | None
    """Half the width of the confidence interval."""
    among: int
    """The sample size."""

    def interval(self, least: float, most: float) -> tuple[float, float] | None:
        """The confidence interval, cut at the least and the greatest possible value of the mean.

        >>> estimate([0.97, 0.99]).interval(0.0, 1.0)[1]
        1.0
        """
        return (
            None if self.margin is None else (max(least, self.mean - self.margin), min(most, self.mean + self.margin))
        )

    @property
    def is_apart(self) -> bool:
        """Whether zero is outside the confidence interval."""
        return self.margin is not None and abs(self.mean) > self.margin


def estimate(values: Sequence[float]) -> Estimate:
    """The mean with a confidence interval by Student's t-distribution, for samples of one normal distribution.

    >>> found = estimate([1.0, 2.0, 3.0])
    >>> found.mean, found.deviation, round(found.margin, 3)
    (2.0, 1.0, 2.484)
    """
    count = len(values)
    if count < 2:
        return Estimate(mean(values), None, None, count)
    deviation = stdev(values)
    return Estimate(mean(values), deviation, quantile(count - 1) * deviation / sqrt(count), count)


def quantile(freedom: int, level: float = 0.95) -> float:
    """The two-sided quantile of Student's t-distribution with ``freedom`` degrees of freedom.

    >>> [round(quantile(n), 3) for n in (1, 2, 3, 10, 100)]
    [12.706, 4.303, 3.182, 2.228, 1.984]
    """
    low, high = 0.0, pi / 2
    while high - low > 1e-15:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return tan(low) * sqrt(freedom) if low < pi / 2 else inf


def _within(angle: float, freedom: int) -> float:
    """The probability between ``-t`` and ``t`` of Student's t-distribution, for ``angle = atan(t / sqrt(freedom))``.

    The finite series of Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    if freedom == 1:
        return 2 * angle / pi
    square, is_odd = cos(angle) ** 2, freedom % 2
    term = cos(angle) if is_odd else 1.0
    total = term
    for k in range(3 if is_odd else 2, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    return 2 / pi * (angle + sin(angle) * total) if is_odd else sin(angle) * total
