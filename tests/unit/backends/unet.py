"""A small U-Net, whose written files have loops and a list between them."""

from __future__ import annotations

UNET = """
block Unit(width: int) :: [h, w, _] -> [h, w, width] { conv(width) -> relu }
model Net(widths: list[int] = [4, 8, 8, 8]) :: [16, 16, 3] -> [16, 16, 2] {
  for i, width in enumerate(widths) {
    if i > 0 { conv(width, stride=2) } as enter
    -> repeat 2 { Unit(width) as unit }
  } as down
  -> Unit(16) as mid
  -> for i, width, rest in zip(reversed(range(len(widths))), reversed(widths), reversed(unit)) {
    for skip in reversed(rest) { concat(skip) -> Unit(width) }
    -> if i > 0 { upsample(2) -> conv(width) }
  } as up
  -> conv(2) as last
}
"""
