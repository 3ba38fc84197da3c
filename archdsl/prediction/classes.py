"""Names of classes."""

from __future__ import annotations

from functools import cache

from archdsl.resources import directory


def listed(text: str) -> tuple[str, ...]:
    """The lines of a text, without comments (`#`) and without empty lines at the end.

    >>> listed("# animals\\ncat\\ndog\\n")
    ('cat', 'dog')
    """
    return tuple(line.strip() for line in text.rstrip().splitlines() if not line.startswith("#"))


@cache
def imagenet() -> tuple[str, ...]:
    """The thousand classes of ImageNet, in the order of published weights.

    >>> imagenet()[967]
    'espresso'
    """
    return listed((directory("prediction") / "imagenet.txt").read_text(encoding="utf-8"))
