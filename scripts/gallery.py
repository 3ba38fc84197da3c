"""``docs/gallery.md`` and its pictures: the default view of each file of the zoo, and what options make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from archdsl import ArchError, load
from archdsl.backends.graphviz import draw
from archdsl.backends.mermaid import to_mermaid
from archdsl.bundled import bundled, plain
from archdsl.diagram import Options
from archdsl.graph.model import Graph


@dataclass(frozen=True)
class Picture:
    """One of the page's, drawn by ``archdsl render MODEL`` with what is in ``command``."""

    file: str
    model: str
    text: str
    command: str = ""
    options: Options = field(default_factory=Options)


FURTHER: Final = (
    Picture(
        "unfolded",
        "resnet50",
        "`--unfold` opens a block that the default leaves closed, `--fold` closes one. Here the first block of a "
        "stage, whose shortcut is a projection: a branch, and no skip.",
        "--unfold c3.blocks.0 --fold c2 --fold c4 --fold c5",
        Options(unfold=("c3.blocks.0",), fold=("c2", "c4", "c5")),
    ),
    Picture(
        "heat",
        "vgg16",
        "`--color params` shows where the weights are: three quarters of VGG's in its first dense layer.",
        "--color params",
        Options(color="params"),
    ),
    Picture("work", "vgg16", "`--color macs` shows where the work is.", "--color macs", Options(color="macs")),
    Picture("dark", "swint", "`--theme dark`.", "--theme dark", Options(theme="dark")),
    Picture(
        "print",
        "densenet121",
        "`--theme print` needs no colour: greys and lines tell families apart.",
        "--theme print",
        Options(theme="print"),
    ),
    Picture("sideways", "lenet5", "`--direction LR`, in rows.", "--direction LR", Options(direction="LR")),
    Picture("stages", "resnet152", "`--depth 1`: what the model itself is written of.", "--depth 1", Options(depth=1)),
)


@cache
def pictures() -> tuple[Picture, ...]:
    """Those of the zoo, then those of the options."""
    return (*_zoo(), *FURTHER)


def _zoo() -> Iterator[Picture]:
    """Of each file its own model, or the first that needs no arguments."""
    shown = set[str]()
    known = sorted(bundled().items(), key=lambda entry: (entry[1][0], entry[0] != plain(entry[1][0][: -len(".arch")])))
    for name, (file, _) in known:
        stem = file.removesuffix(".arch")
        graph = None if stem in shown else _complete(name)
        if graph is not None:
            shown.add(stem)
            yield Picture(stem, graph.name, re.sub(r"\s+", " ", graph.doc))


def _complete(name: str) -> Graph | None:
    try:
        return load(name).graph
    except ArchError:
        return None


def gallery() -> str:
    """``docs/gallery.md``."""
    lines = [
        "# Gallery",
        "",
        "What `archdsl render MODEL` draws when nothing else is said: as much as can be read on one page, repeats",
        "folded, one block of each kind opened. `make docs` draws the pictures of this page, each in a fraction of a",
        "second and without loading Keras. [Diagrams](diagrams.md) says how to draw others. For comparison:",
        "`keras.utils.plot_model` needs the built model, draws ResNet-50 as 2,368 × 32,767 pixels, and crashes",
        "Graphviz on EfficientNet-B7.",
    ]
    for picture in pictures():
        if picture in FURTHER[:1]:
            lines += ["", "# Options"]
        title = picture.model if not picture.command else picture.file.capitalize()
        command = " ".join(filter(None, ["archdsl render", picture.model.lower(), picture.command]))
        lines += ["", f"## {title}", "", picture.text, "", f"`{command}`", ""]
        lines.append(f"![{' '.join(filter(None, [picture.model, picture.command]))}](gallery/{picture.file}.svg)")
    mermaid = to_mermaid(load("lenet5").graph)
    lines += ["", "# Mermaid", "", "`archdsl render lenet5 -o lenet5.mmd` writes what GitHub draws in Markdown:", ""]
    lines += ["```mermaid", mermaid.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def drawn() -> Iterator[tuple[str, bytes]]:
    """The names of the page's files, and what is in them."""
    for picture in pictures():
        graph = load(picture.model).graph
        yield f"{picture.file}.svg", draw(graph, "svg", picture.options)
