"""A shared block within a shared block: the inner weights are used four times."""

from __future__ import annotations

NESTED = """
block Unit { conv(4) -> batch_norm -> relu }
block Tower(n: int) { repeat n { Unit as unit } }
block Two(n: int) {
  shared inner = Tower(n)

  inner -> conv(4) as between -> inner
}
model Net :: [8, 8, 4] -> [4, 4, 4] {
  shared head = Two(3)

  head -> max_pool(2) -> head
}
"""
