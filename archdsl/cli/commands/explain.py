"""``archdsl explain``: the meaning and remedy of an error code."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from archdsl.cli.exits import Refusal
from archdsl.cli.terminal import show_page

_EPILOG = """\b
Examples:
  archdsl explain
  archdsl explain shape-mismatch
  archdsl explain limits"""

_LIMITS = "limits"


def _codes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from archdsl.diagnostics.explain import catalogue, summary

    return [CompletionItem(c, help=summary(k)) for c, k in catalogue().items() if c.startswith(incomplete)]


@click.command(epilog=_EPILOG)
@click.argument("code", required=False, shell_complete=_codes)
def explain(code: str | None) -> None:
    """Explain the code of an error, or list all codes; `limits` lists what `--limit` can raise."""
    from archdsl.diagnostics.explain import catalogue, index, page
    from archdsl.diagnostics.suggest import did_you_mean

    if code is None:
        show_page(index())
        return
    # As a message shows it, and as people write it.
    name = code.removeprefix("error[").removeprefix("warning[").removesuffix("]").replace("_", "-").lower()
    text = _limits() if name == _LIMITS else page(name)
    if text is None:
        near = did_you_mean(name, [*catalogue(), _LIMITS]) or ("`archdsl explain` lists all",)
        raise Refusal(f"no error has the code `{name}`: {near[0]}")
    show_page(text)


def _limits() -> str:
    from archdsl.limits import NODES_GROW, STEPS_GROW, table

    return (
        "What one compilation may use, so that no spec exhausts the machine that reads it.\n"
        "`--limit NAME=VALUE` raises one for a command, `archdsl.load(spec, limits=Limits(NAME=VALUE))` in Python.\n"
        f"\n{table()}\n"
        f"Each {STEPS_GROW:_} characters of the text allow for as many steps again, "
        f"each {NODES_GROW:_} for as many nodes.\n"
    )
