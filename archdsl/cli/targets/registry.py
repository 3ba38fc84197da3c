"""The registry of ``archdsl compile`` targets, by their names for ``--to``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from archdsl.cli.exits import Refusal

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


class Options(NamedTuple):
    """The options that only some targets take, with their defaults."""

    weights: str | None = None
    partial: bool = False
    by_order: bool = False
    seed: int | None = None
    inline: bool = False
    names: str | None = None


OPTIONS: Final = Options._fields

Write: TypeAlias = Callable[["Target", str], str | None]
"""Writes a target to a file, or a text to standard output for ``-``.

Gives what else there is to say about the file, often nothing; ``None`` if it went to standard output.
"""
Prepare: TypeAlias = Callable[["Architecture", Options, Collection[str]], Write]
"""What the module of a target calls ``prepare``: does once what all files of some of the module's targets need.

These are given by their names.

Raises:
    Refusal: one of them cannot be written here.
"""


class Target(NamedTuple):
    """A target: one file format."""

    name: str
    noun: str
    """As in "a Keras model goes to a file that ends in .keras"."""
    module: str
    """Of ``archdsl.cli.targets``; it is imported when a target of it is written."""
    takes: frozenset[str] = frozenset()
    """Which ``OPTIONS`` it takes."""
    suffix: str = ""
    """Of its files, when that is not its name."""
    is_text: bool = False
    """Whether it goes to standard output unless a file is named, and to files of any ending."""
    is_folder: bool = False
    """Whether it is a folder of files, which may have any name when ``--to`` says what it is."""

    @property
    def ending(self) -> str:
        return f".{self.suffix or self.name}"


_WEIGHTS: Final = frozenset({"weights", "partial", "seed"})
_KERAS: Final = _WEIGHTS | {"by_order"}

TARGETS: Final = {
    target.name: target
    for target in (
        Target("keras", "a Keras model", "keras", _KERAS),
        Target("safetensors", "a file of weights", "keras", _KERAS),
        Target("weights.h5", "a file of weights", "keras", _KERAS),
        Target("savedmodel", "a SavedModel", "keras", _WEIGHTS, is_folder=True),
        Target("litert", "a LiteRT model", "keras", _WEIGHTS, suffix="tflite"),
        Target("torch", "PyTorch code", "torch", frozenset({"weights", "names"}), suffix="py", is_text=True),
        Target("python", "Keras code", "python", suffix="py", is_text=True),
        Target("onnx", "an ONNX model", "onnx", _WEIGHTS | {"inline"}),
        Target("openvino", "an OpenVINO model", "onnx", _WEIGHTS, suffix="xml"),
        Target("json", "a graph", "graph", is_text=True),
        Target("graph", "a graph", "graph", is_text=True),
    )
}


def chosen(out: str, to: str | None) -> Target:
    """The target for a file, from ``--to`` and its suffix, which must agree unless the target is text.

    Raises:
        Refusal: they do, or neither says it.
    """
    if to is not None:
        target = TARGETS[to]
        if not (target.is_text or target.is_folder) and not out.lower().endswith(target.ending):
            raise Refusal(f"{target.noun} goes to a file that ends in {target.ending}, not to {out}")
        return target
    found = [target for target in TARGETS.values() if out.lower().endswith(target.ending)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refusal(f"what to write to {out}? give --to {_listed([target.name for target in found])}")
    endings = _listed([*dict.fromkeys(target.ending for target in TARGETS.values())])
    raise Refusal(f"what to write to {out}? end it in {endings}, or give --to")


def prepared(architecture: Architecture, targets: Sequence[Target], options: Options) -> dict[str, Write]:
    """The writer of each target, by name."""
    writers: dict[str, Write] = {}
    for module in dict.fromkeys(target.module for target in targets):
        prepare: Prepare = import_module(f"archdsl.cli.targets.{module}").prepare
        names = [target.name for target in targets if target.module == module]
        writers |= dict.fromkeys(names, prepare(architecture, options, names))
    return writers


def refuse_needless(targets: Sequence[Target], options: Options) -> None:
    """Raises ``Refusal`` for an option that one of the targets does not take."""
    for option in OPTIONS:
        for target in targets:
            if getattr(options, option) != Options._field_defaults[option] and option not in target.takes:
                takers = _listed([other.name for other in TARGETS.values() if option in other.takes])
                raise Refusal(f"--{option.replace('_', '-')} is for {takers}; {target.noun} has none")


def refuse_unlike_weights(targets: Sequence[Target]) -> None:
    """Raises ``Refusal`` if several files of one model would be initialised differently."""
    alike = {t.module: t.noun for t in targets if "weights" in t.takes and not t.is_text}
    if len(alike) > 1:
        nouns = " and of ".join(alike.values())
        raise Refusal(f"the fresh weights of {nouns} would differ: write one of them, and the other with --weights")


def _listed(words: Iterable[str]) -> str:
    """``.a, .b or .c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
