"""Names of runtimes on the command line."""

from __future__ import annotations

from typing import Any

import click


class Names(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """Comma-separated names of runtimes."""

    name = "runtimes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        from archdsl.diagnostics.suggest import did_you_mean
        from archdsl.runtimes import RUNTIMES

        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
        for name in names:
            if name not in RUNTIMES:
                near = did_you_mean(name, RUNTIMES) or (f"there are {', '.join(RUNTIMES)}",)
                self.fail(f"no runtime is called `{name}`: {near[0]}", param, ctx)
        return names
