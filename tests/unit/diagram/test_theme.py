"""Colours: that text can be read on them, and that in print nothing is told by colour alone."""

from __future__ import annotations

from itertools import combinations

import pytest

from archdsl.diagram.theme import DARK, LIGHT, PRINT, SIGNS, Look, Palette
from archdsl.ops.registry import OPS

THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}
AA = 4.5
"""The contrast that WCAG 2.2 wants of text, and for lines and other graphics 3."""


def luminance(colour: str) -> float:
    """Of an sRGB colour, relative to white (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def looks(palette: Palette) -> list[Look]:
    single = [palette.folded, palette.terminal, palette.plain]
    return [*single, *palette.families.values(), *palette.heat, *palette.marks.values()]


def over(fill: str, background: str) -> str:
    """A colour with an opacity, on the background."""
    share = int(fill[7:9] or "ff", 16) / 255
    mixed = (share * int(fill[i : i + 2], 16) + (1 - share) * int(background[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_box(theme: str) -> None:
    palette = THEMES[theme]
    for look in looks(palette):
        assert contrast(look.text or palette.text, look.fill) >= AA, look


@pytest.mark.parametrize("theme", THEMES)
def test_shapes_and_titles_can_be_read_in_frames_within_frames(theme: str) -> None:
    palette, ground = THEMES[theme], THEMES[theme].background
    for _ in range(5):
        assert contrast(palette.text, ground) >= AA
        assert contrast(palette.muted, ground) >= AA
        assert contrast(palette.edge, ground) >= 3 or contrast(palette.skip, ground) >= 3
        ground = over(palette.frame, ground)


@pytest.mark.parametrize("theme", THEMES)
def test_every_family_has_a_look(theme: str) -> None:
    assert {op.family for op in OPS.values()} == THEMES[theme].families.keys()


def test_in_print_families_differ_by_grey_and_line() -> None:
    for one, other in combinations(PRINT.families.values(), 2):
        assert (one.fill, one.style) != (other.fill, other.style)
    for look in looks(PRINT):
        assert len({look.fill[i : i + 2] for i in (1, 3, 5)}) == 1, "a grey"


@pytest.mark.parametrize("theme", THEMES)
def test_heat_goes_one_way(theme: str) -> None:
    """From the background away, so that more is told by lightness alone."""
    shades = [luminance(look.fill) for look in THEMES[theme].heat]
    assert shades == sorted(shades, reverse=theme != "dark")
    assert len({*shades}) == len(shades)


def test_marks_are_told_without_colour() -> None:
    marks = ("added", "removed", "changed")
    assert len({SIGNS[mark] for mark in marks}) == 3
    assert PRINT.marks["removed"].style == "dashed" != PRINT.marks["added"].style
