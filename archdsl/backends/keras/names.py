"""Names that Keras gives layers by itself."""

from __future__ import annotations

import re


def unnumbered(name: str, kind: str) -> str | None:
    """The name that Keras gives the first layer of a class; ``None`` if it is none that Keras gives.

    >>> unnumbered("conv2d_17", "Conv2D"), unnumbered("multi_head_attention", "MultiHeadAttention")
    ('conv2d', 'multi_head_attention')
    >>> unnumbered("stem_1", "Conv2D") is None
    True
    """
    stem = re.sub(r"_\d+$", "", name)
    return stem if stem.replace("_", "") == kind.replace("_", "").lower() else None
