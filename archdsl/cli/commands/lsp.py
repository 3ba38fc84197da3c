"""``archdsl lsp``: the language server, for editors."""

from __future__ import annotations

import sys

import click

_EPILOG = """\b
Examples:
  archdsl lsp

Editors start it themselves; docs/editors.md says how for each."""


@click.command(epilog=_EPILOG)
@click.option("--stdio", is_flag=True, hidden=True, expose_value=False, help="What it does anyway.")
@click.pass_context
def lsp(ctx: click.Context) -> None:
    """Serve an editor over standard input and output.

    The Language Server Protocol: mistakes while typing, what a name means and what flows out of a step, completion,
    definitions, formatting.
    """
    from archdsl.lsp.rpc import Connection
    from archdsl.lsp.server import Server

    writer, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else may write where the protocol does
    ctx.exit(Server(Connection(sys.stdin.buffer, writer)).run())
