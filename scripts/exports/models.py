"""The bundled models, the smallest first."""

from __future__ import annotations

from scripts.zoo import families, models_of


def models() -> list[str]:
    """Every bundled model."""
    return [name for family in families() for name in models_of(family)]
