"""The state dict of a written file's model, computed from a graph's arrays by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.backends.torch.code import Array, Entry
from archdsl.backends.torch.file import File


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the state dict, and the graph's arrays that it is computed from, such as ``stem.conv/kernel``."""

    key: str
    sources: tuple[str, ...]
    entry: Entry


def places(file: File) -> Iterator[Place]:
    """Every entry of the state dict, once. Every array of the graph is the source of one."""
    for node in file.graph:
        if node.layer != node.path or node.path not in file.prefixes:
            continue
        prefix, paths = file.prefixes[node.path], file.before.get(node.path, (node.path,))
        for entry in file.dialect.modules[node.path].entries:
            key = ".".join(filter(None, (prefix, entry.key)))
            from_ = zip(paths if len(paths) > 1 else (paths[0],) * len(entry.sources), entry.sources, strict=True)
            yield Place(key, tuple(f"{path}/{source}" for path, source in from_), entry)


def state(file: File, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The state dict as arrays, computed from those of the graph."""
    return {place.key: place.entry.transform([arrays[source] for source in place.sources]) for place in places(file)}
