"""Names of functions."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Sequence

from archdsl.backends.code.merge import Definition


def snake(name: str) -> str:
    """
    >>> snake("ConvBNAct"), snake("MBConv"), snake("Conv2"), snake("ConvNeXtBlock"), snake("top_down")
    ('conv_bn_act', 'mb_conv', 'conv2', 'conv_next_block', 'top_down')
    """
    name = name.replace("NeXt", "Next")
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z0-9]+|\d+", name)
    return "_".join(words).lower()


def functions(definitions: Sequence[Definition], taken: Collection[str]) -> dict[str, str]:
    """A unique function name for each definition but the last, by the definition's name."""
    others = {*taken, *(p.name for made in definitions for p in made.parameters)}
    found: dict[str, str] = {}
    for made in definitions[:-1]:
        name = snake(made.name) or "part"
        if name in others or keyword.iskeyword(name):
            name = f"{name}_block"
        stem, number = name, 1
        while name in others:
            number += 1
            name = f"{stem}{number}"
        others.add(name)
        found[made.name] = name
    return found
