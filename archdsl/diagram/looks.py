"""The appearance of boxes and frames in one diagram: theme, heat, and marks of changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archdsl.diagram.heat import Heat
from archdsl.diagram.options import Options
from archdsl.diagram.plan import Box, Frame, Plan
from archdsl.diagram.theme import PALETTES, SIGNS, Look, Palette


@dataclass(frozen=True, slots=True)
class Looks:
    """The appearance of a plan, shared by all renderers."""

    palette: Palette
    heat: Heat | None

    @classmethod
    def of(cls, drawn: Plan, options: Options) -> Looks:
        heat = None if options.color == "family" else Heat.over(drawn, options.color)
        palette = PALETTES[options.theme]
        if options.marks:  # colours tell what differs, and nothing else
            palette = replace(palette, families={}, folded=replace(palette.folded, fill=palette.plain.fill))
        return cls(palette, heat)

    def box(self, box: Box) -> Look:
        """The look of a box: by its mark, else by its heat, else by its op family."""
        palette = self.palette
        if box.mark:
            return palette.marks[box.mark]
        if self.heat:
            return palette.heat[self.heat.step(box)]
        return palette.families.get(box.family, palette.plain) if box.family else palette.folded

    def lines(self, box: Box) -> list[str]:
        """The label of a box, with the sign of its mark and the figure of its heat."""
        first, *others = box.lines
        figure = self.heat.figure(box) if self.heat else ""
        return [SIGNS[box.mark] + first, *others, *([figure] if figure else [])]

    def title(self, frame: Frame) -> str:
        return SIGNS[frame.mark] + frame.title
