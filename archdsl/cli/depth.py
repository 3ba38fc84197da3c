"""The option ``--depth`` of commands that show levels of blocks: a number from 1, or all."""

from __future__ import annotations

from typing import Literal

import click


class Depth(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A number of levels, or all."""

    name = "n|all"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | Literal["all"]:
        if value == "all":
            return "all"
        try:
            depth = int(str(value))
        except ValueError:
            depth = 0
        if depth < 1:
            self.fail(f"{value!r} is neither a number of levels from 1 on nor `all`", param, ctx)
        return depth
