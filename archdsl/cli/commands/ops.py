"""``archdsl ops``: the index of ops by family, and the page of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from archdsl.cli.exits import Refusal
from archdsl.cli.terminal import show_page

if TYPE_CHECKING:
    from archdsl.ops.docs import ArgumentDoc, Example, OpDoc
    from archdsl.summary import Summary

SCHEMA = "archdsl-ops"
VERSION = 1
_EPILOG = """\b
Examples:
  archdsl ops
  archdsl ops conv
  archdsl ops attention --format json"""


def _names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from archdsl.ops.docs import document
    from archdsl.ops.registry import OPS

    return [CompletionItem(n, help=document(op).summary) for n, op in OPS.items() if n.startswith(incomplete)]


@click.command(epilog=_EPILOG)
@click.argument("name", required=False, shell_complete=_names)
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def ops(name: str | None, format: str) -> None:
    """Document an op, or list all ops.

    A page has the arguments with their bounds and defaults, the Keras layer, other libraries' names, and an example
    that is compiled while you wait.
    """
    from archdsl.ops.docs import by_family, document

    if name is not None:
        page = document(_find(name))
        if format == "json":
            click.echo(_dump({"op": _json(page)}))
        else:
            show_page(_page(page))
        return
    families = by_family()
    if format == "json":
        click.echo(_dump({"ops": [_json(page) for pages in families.values() for page in pages]}))
    else:
        show_page(_index(families))


def _find(name: str) -> Any:
    from archdsl.diagnostics.suggest import did_you_mean
    from archdsl.ops.registry import OPS

    if name in OPS:
        return OPS[name]
    aliases = {alias: op.name for op in OPS.values() for alias in op.aliases}
    near = did_you_mean(name, OPS, aliases) or ("`archdsl ops` lists all",)
    raise Refusal(f"no op is called `{name}`: {near[0]}")


def _index(families: dict[str, list[OpDoc]]) -> str:
    room = max(len(page.name) for pages in families.values() for page in pages)
    lines: list[str] = []
    for family, pages in families.items():
        lines += [family, *(f"  {page.name:<{room}}  {page.summary}" for page in pages), ""]
    return "\n".join([*lines, "`archdsl ops NAME` shows one with its arguments and an example."])


def _page(page: OpDoc) -> str:
    """The page of an op for a terminal."""
    from archdsl.backends.keras.counterparts import COUNTERPARTS

    own = [a for a in page.arguments if not a.shared]
    shared = [a for a in page.arguments if a.shared]
    parts = [page.signature, page.text]
    if own or page.tensors:
        parts.append("\n".join(["Arguments", *_table(own, page.tensors)]))
    if shared:
        parts.append("\n".join(["Arguments of every op with weights", *_table(shared)]))
    measured = measure(page.example)
    parts.append("\n".join([f"Example    {page.example.step}", *(f"           {line}" for line in _figures(measured))]))
    facts = [f"Family     {page.family}", f"Keras      {COUNTERPARTS[page.name]}"]
    if page.aliases:
        facts.append(f"Elsewhere  {', '.join(page.aliases)}")
    return "\n\n".join([*parts, "\n".join(facts)])


def _table(arguments: list[ArgumentDoc], tensors: tuple[str, ...] = ()) -> list[str]:
    """Two lines per argument: its meaning, and its allowed values."""
    room = max(map(len, (*(a.name for a in arguments), *tensors)))
    lines: list[str] = []
    for a in arguments:
        default = "required" if a.required else f"default {a.default}" if a.default else "optional"
        lines += [f"  {a.name:<{room}}  {a.description}", f"  {'':<{room}}  {a.wanted}; {default}"]
    return [*lines, *(f"  {name:<{room}}  a tensor; optional" for name in tensors)]


def measure(example: Example) -> Summary:
    """Compiles an example, which proves its shapes."""
    from archdsl.api import load_text

    return load_text(example.source).summary()


def _figures(found: Summary) -> list[str]:
    from archdsl.graph.dims import show
    from archdsl.summary.figures import exact

    shapes = f"{show(found.inputs[0].shape)} -> {show(found.outputs[0].shape)}"
    return [shapes, f"{exact(found.total.params)} parameters, {exact(found.total.macs)} MACs"]


def _dump(members: dict[str, Any]) -> str:
    from archdsl.tabular.json import document

    return document(SCHEMA, VERSION, **members)


def _json(page: OpDoc) -> dict[str, Any]:
    from archdsl.backends.keras.counterparts import COUNTERPARTS

    total = measure(page.example).total
    return {
        "name": page.name,
        "family": page.family,
        "summary": page.summary,
        "text": page.text,
        "signature": page.signature,
        "arguments": [
            {
                "name": a.name,
                "wanted": a.wanted,
                "required": a.required,
                "default": a.default or None,
                "shared": a.shared,
                "description": a.description,
            }
            for a in page.arguments
        ],
        "tensors": list(page.tensors),
        "joins": page.joins,
        "keras": COUNTERPARTS[page.name],
        "aliases": list(page.aliases),
        "example": {
            "step": page.example.step,
            "input": page.example.input,
            "output": page.example.output,
            "params": total.params,
            "macs": total.macs,
        },
    }
