"""``--limit NAME=VALUE``: raises resource limits for large specs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import click
from click.shell_completion import CompletionItem

from archdsl.cli.exits import Refusal
from archdsl.limits import DEFAULT, Limits

_F = TypeVar("_F", bound=Callable[..., Any])
_KEPT: Final = "archdsl.limits"
_SCALE: Final = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_FRAMES: Final = 20
"""Calls of Python for one level of nesting, at most."""
_STACK: Final = 1_000_000
"""Calls of Python within calls, at most: more than memory holds, less than Python refuses to count."""


def limit_option(function: _F) -> _F:
    """``--limit NAME=VALUE``, repeatable; ``chosen`` returns the result."""
    return click.option(
        "--limit",
        multiple=True,
        metavar="NAME=VALUE",
        expose_value=False,
        callback=_keep,
        shell_complete=_complete,
        help="Raise or lower a limit: `nodes=500k`. `archdsl explain limits` lists them.",
    )(function)


def chosen() -> Limits:
    """The limits for the running command."""
    limits: Limits = click.get_current_context().meta.get(_KEPT, DEFAULT)
    return limits


def _keep(ctx: click.Context, _param: click.Parameter, settings: Sequence[str]) -> None:
    if settings:
        ctx.meta[_KEPT] = limits = parse(settings)
        sys.setrecursionlimit(max(sys.getrecursionlimit(), min(_FRAMES * limits.depth, _STACK)))


def parse(settings: Sequence[str]) -> Limits:
    """The default limits with some replaced.

    >>> parse(["nodes=2M", "depth=1_000"]).nodes
    2000000
    """
    known = {limit.name for limit in DEFAULT}
    values: dict[str, int] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or not name:
            raise Refusal(f"--limit {setting}: write `--limit name=value`, as in `--limit nodes=500k`")
        if name not in known:
            from archdsl.diagnostics.suggest import did_you_mean

            near = did_you_mean(name, known) or (f"limits are {', '.join(limit.name for limit in DEFAULT)}",)
            raise Refusal(f"no limit is called `{name}`: {near[0]}")
        number = re.fullmatch(r"(\d[\d_]{0,20})([kMG]?)", text)
        if name in values:
            raise Refusal(f"--limit {name} is given twice")
        if number is None or not (value := int(number[1]) * _SCALE[number[2]]):
            raise Refusal(f"--limit {name}={text}: a limit is a positive whole number, such as 500_000 or 2M")
        values[name] = value
    return replace(DEFAULT, **values)


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(f"{limit.name}=", help=f"{limit.unit} of {limit.of}; {limit.most:_}")
        for limit in DEFAULT
        if limit.name.startswith(incomplete)
    ]
