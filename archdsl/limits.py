"""Resource limits of a compilation: far above any real architecture, below what would overload the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Final, NamedTuple


def _limit(most: int, unit: str, of: str) -> int:
    """A field with its default, its unit, and the name of what it limits."""
    made: int = field(default=most, metadata={"unit": unit, "of": of})
    return made


@dataclass(frozen=True)
class Limits:
    """Every limit with its default. Raise one for a spec that needs more; see ``docs/limits.md``.

    >>> Limits(nodes=2_000_000).nodes, Limits().nodes
    (2000000, 6000)

    Raises:
        ValueError: a limit is not a positive integer.
    """

    source: int = _limit(16_000_000, "characters", "all files together")
    statement: int = _limit(25_000, "words and marks", "one statement or step")
    depth: int = _limit(100, "levels", "brackets within brackets, blocks within blocks, lists within lists")
    files: int = _limit(200, "files", "the spec and what it imports")
    imports: int = _limit(50, "files", "a chain of imports")
    steps: int = _limit(180_000, "steps", "compile-time work, growing with the text")
    length: int = _limit(100_000, "elements", "a list with those of the lists in it, or characters of a string")
    bits: int = _limit(256, "bits", "an integer, and a dimension")
    terms: int = _limit(100, "terms", "a dimension over sizes known only when the model runs")
    rank: int = _limit(32, "dimensions", "a tensor")
    nodes: int = _limit(6_000, "ops", "one model, growing with the text")
    problems: int = _limit(500, "problems", "what is reported")

    def __post_init__(self) -> None:
        for limit in self:
            if type(limit.most) is not int or limit.most < 1:  # from callers whom no type checker looked at
                raise ValueError(f"limit {limit.name} must be a positive integer, not {limit.most!r}")

    def __iter__(self) -> Iterator[Limit]:
        """Each limit with what it counts, in the order of the fields."""
        return (Limit(f.name, getattr(self, f.name), **f.metadata) for f in fields(self))

    def advice(self, name: str) -> tuple[str, ...]:
        """The help of a diagnostic about a limit: the option that raises it, with ten times as much.

        >>> Limits().advice("nodes")
        ('`--limit nodes=60_000` allows more',)
        """
        return (f"`--limit {name}={10 * getattr(self, name):_}` allows more",)


class Limit(NamedTuple):
    """One limit, for tables and messages."""

    name: str
    most: int
    unit: str
    of: str


DEFAULT = Limits()

STEPS_GROW: Final = 60_000
"""Characters of text that allow for as many steps again: three steps for a character."""
NODES_GROW: Final = 36_000
"""Characters of text that allow for as many nodes again: an op for six characters, such as `->relu`."""


def table(limits: Limits = DEFAULT) -> str:
    """The limits as lines of text.

    >>> print(table().splitlines()[0])
    source      16_000_000 characters       of all files together
    """
    return "".join(f"{name:<10} {most:>11_} {unit:<16} of {of}\n" for name, most, unit, of in limits)
