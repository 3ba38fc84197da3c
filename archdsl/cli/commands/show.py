"""``archdsl show``: the source of a spec, a bundled model or a library module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from archdsl.cli.exits import Refusal
from archdsl.cli.foreign import opaque_options
from archdsl.cli.limits import chosen, limit_option
from archdsl.cli.specs import SpecType, find

if TYPE_CHECKING:
    from archdsl.files import DiskLoader
    from archdsl.source import SourceFile

_EPILOG = """\b
Examples:
  archdsl show resnet50
  archdsl show std.residual --block Bottleneck
  archdsl show zoo.vit --format json
  archdsl show net.arch@HEAD~1"""


class _ModuleType(SpecType):
    """The type of an argument that is a SPEC or a module."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        modules = [CompletionItem(module) for module in _modules() if module.startswith(incomplete)]
        return [*modules, *super().shell_complete(ctx, param, incomplete)]


@click.command(epilog=_EPILOG)
@click.argument("spec", metavar="SPEC|MODULE", type=_ModuleType())
@click.option("--block", "name", metavar="NAME", help="Show one block, model or function alone, with its comment.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@opaque_options
@limit_option
def show(spec: str, name: str | None, format_: str) -> None:
    """Show the text of a spec, of a bundled model (`resnet50`), or of a module of the library (`std.residual`)."""
    source = _loader().module(spec) or _found(spec)
    text = source.text if name is None else _declaration(source, name)
    if format_ == "json":
        import json

        document = {"schema": "archdsl-show", "version": 1, "file": source.name, "block": name, "text": text}
        text = json.dumps(document, indent=2) + "\n"
    click.echo(text, nl=False)


def _loader() -> DiskLoader:
    """Loads modules as a spec in the current folder would."""
    from archdsl.files import DiskLoader, project_root

    return DiskLoader(project_root(Path.cwd() / "spec"))


def _modules() -> list[str]:
    loader = _loader()
    return [module for package in loader.packages() for module in loader.modules(package)]


def _found(spec: str) -> SourceFile:
    """The source of a SPEC, with suggestions for misspelt modules."""
    from archdsl.diagnostics.suggest import did_you_mean

    modules = _loader().modules(spec.partition(".")[0])
    if modules and not spec.endswith(".arch"):
        near = did_you_mean(spec, modules) or (f"the modules are {', '.join(modules)}",)
        raise Refusal(f"{spec}: no such module; {near[0]}")
    return find(spec).source


def _declaration(source: SourceFile, name: str) -> str:
    from archdsl.diagnostics.suggest import did_you_mean
    from archdsl.syntax import ast
    from archdsl.syntax.parser import parse

    kinds = (ast.Block, ast.Function, ast.Variant, ast.Let)
    declared = {node.name.id: node for node in parse(source, chosen())[0].declarations if isinstance(node, kinds)}
    if name not in declared:
        near = did_you_mean(name, list(declared)) or (f"it declares {', '.join(declared)}",)
        raise Refusal(f"{source.name} has no `{name}`: {near[0]}")
    lines = source.text[: declared[name].span.start].splitlines()
    first = len(lines)
    while first and lines[first - 1].startswith("##"):
        first -= 1
    return "\n".join([*lines[first:], declared[name].span.text]) + "\n"
