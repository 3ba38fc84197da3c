"""``archdsl completion``: the shell completion script for commands, specs, ops and codes."""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  bash:  archdsl completion bash > ~/.local/share/bash-completion/completions/archdsl
  zsh:   archdsl completion zsh > "${fpath[1]}/_archdsl"
  fish:  archdsl completion fish > ~/.config/fish/completions/archdsl.fish"""


@click.command(epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script for a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "click knows every shell of the choice"
    script = kind(ctx.find_root().command, {}, "archdsl", "_ARCHDSL_COMPLETE")
    click.echo(script.source_template % script.source_vars())
