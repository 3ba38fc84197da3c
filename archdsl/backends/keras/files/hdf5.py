"""``.weights.h5``: the format of Keras's ``save_weights``.

A layer is a group with its class and a number for its name, such as ``layers/conv2d_1``. Within it are ``vars``, with
the name of the layer as an attribute, and in ``vars`` its arrays by number. Layers that it is made of are groups beside
``vars``. So the file says which layer an array is of, but not which of the layer's: see ``layout``. A layer of archdsl
may name its own. A file that archdsl wrote has the key of each array as an attribute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from archdsl.backends.keras.files.layout import names, part_kind, snake_case
from archdsl.weights.arrays import Array, Layer, Weights, WeightsError

KEY: Final = "archdsl_key"
"""The attribute of an array that says its key."""
META: Final = "archdsl_"
"""Begins the attributes of the file that are metadata."""
_DEEPEST: Final = 32
"""Layers within layers: models within models have two levels each."""
_RANDOM: Final = "seed_generator"
"""The state of random numbers: no weight."""

Configs = Mapping[str, Any]
"""The configuration of a model: ``{"layers": […]}``."""


@contextmanager
def opened(file: str) -> Iterator[Weights]:
    """The weights of a file."""
    with open(file, "rb") as source, read(source, file) as weights:  # noqa: PTH123  # HDF5 takes it as it is
        yield weights


@contextmanager
def read(source: Any, file: str, configs: Configs | None = None) -> Iterator[Weights]:
    """The weights in an open file of HDF5. ``configs`` is the configuration of the model, where it is known.

    Nothing but the bytes of this file is read: links and arrays that lead out of it are refused.
    """
    import h5py

    with told(file):
        h5 = h5py.File(source, "r")
    with h5:
        with told(file):
            reader = Reader(file, h5)
            weights = reader.weights(configs)
        yield weights


def mark(path: Path, configs: Configs, metadata: Mapping[str, str], keys: AbstractSet[str]) -> None:
    """Adds its key to each array of a file written by Keras, and the metadata. Keras still reads the file.

    ``keys`` are those that must be there.
    """
    import h5py

    with h5py.File(path, "r+") as h5:
        reader = Reader(str(path), h5)
        reader.weights(configs)
        assert reader.datasets.keys() == keys, "Keras saved other arrays than those of the graph"
        for key, dataset in reader.datasets.items():
            dataset.attrs[KEY] = key
        for name, value in metadata.items():
            h5.attrs[META + name] = value


@contextmanager
def told(file: str) -> Iterator[None]:
    """Converts HDF5's errors about malformed bytes to ours."""
    try:
        yield
    except WeightsError:
        raise
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise WeightsError(f"{file} is no file of Keras's weights, or broken: {error}") from error


@dataclass
class Reader:
    """Safe access to an open file from an untrusted source."""

    file: str
    h5: Any
    seen: set[int] = field(default_factory=set)
    arrays: dict[str, Array] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)
    layers: list[tuple[str, int, Layer]] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)

    def weights(self, configs: Configs | None) -> Weights:
        root = self.members(self.h5)
        if "layers" not in root:
            raise WeightsError(f"{self.file} is no file of Keras's weights: it has no layers")
        self._model(root["layers"], "", configs, 0)
        # Keras numbers the layers of a class in the order of the model; HDF5 lists them by name.
        in_order = sorted(self.layers, key=lambda item: item[:2])
        return Weights(
            self.file,
            self.arrays,
            self._metadata(),
            tuple(layer for _, _, layer in in_order),
            tuple(self.unnamed),
        )

    def _metadata(self) -> dict[str, str]:
        found = [name for name in self.h5.attrs if name.startswith(META)]
        return {name.removeprefix(META): self._text(self.h5.attrs, name) for name in found}

    def _model(self, group: Any, within: str, configs: Configs | None, depth: int) -> None:
        """The layers of a model, which may be nested models."""
        known = None if configs is None else self._by_name(configs)
        for place, member in self.members(group).items():
            kind, number = _numbered(place)
            parts = self.members(member)
            if "vars" not in parts:
                continue
            name = self._name(parts)
            config = None if known is None else self._config(name, kind, known)
            if "layers" in parts:
                self._model(parts["layers"], f"{within}{place}/", config, self._deeper(depth))
                continue
            before, ambiguous = len(self.arrays), len(self.unnamed)
            self._layer(parts, f"{name}/", kind, config, depth)
            if keys := tuple(self.arrays)[before:]:
                layer = Layer(kind, name, keys, within, is_named=len(self.unnamed) == ambiguous)
                self.layers.append((f"{within}{kind}", number, layer))

    def _layer(self, parts: Mapping[str, Any], prefix: str, kind: str, config: Configs | None, depth: int) -> None:
        """The arrays of a layer and of its sublayers."""
        self._arrays(self.members(parts["vars"]), prefix, kind, config)
        for place, member in parts.items():
            if place in ("vars", _RANDOM):
                continue
            inner = self.members(member)
            if "vars" not in inner:
                continue
            name = self._name(inner)
            part = part_kind(kind, name, config)
            # How many arrays it has says which, and the arguments of the whole are not its own.
            self._layer(inner, f"{prefix}{name}/", part or _numbered(place)[0], None, self._deeper(depth))

    def _arrays(self, variables: Mapping[str, Any], prefix: str, kind: str, config: Configs | None) -> None:
        if not any(place.isdecimal() for place in variables):
            for name, dataset in variables.items():
                self._add(f"{prefix}{name}", dataset)
            return
        numbers = [str(n) for n in range(len(variables))]
        if set(numbers) != set(variables):
            raise WeightsError(f"{self.file}: the arrays of {prefix[:-1]} are not numbered")
        if KEY in variables["0"].attrs:
            for number in numbers:
                self._add(self._text(variables[number].attrs, KEY), variables[number])
            return
        possible = names(kind, len(variables), config)
        if len(possible) > 1:
            these = " or ".join(", ".join(those) for those in possible)
            self.unnamed.append(f"{prefix[:-1]}: {these}")
        for number, array in zip(numbers, possible[0] if possible else numbers, strict=True):
            self._add(f"{prefix}{array}", variables[number])

    def _add(self, key: str, dataset: Any) -> None:
        if key in self.arrays:
            raise WeightsError(f"{self.file} has two arrays called {key}")
        self.arrays[key] = self.array(key, dataset)
        self.datasets[key] = dataset

    def array(self, key: str, dataset: Any) -> Array:
        """A dataset stored in this file."""
        import h5py

        if not isinstance(dataset, h5py.Dataset):
            raise WeightsError(f"{self.file}: {key} is no array")
        if dataset.external or dataset.is_virtual:
            raise WeightsError(f"{self.file}: {key} lies in another file, which is not read")
        if dataset.chunks is not None or dataset.shape is None:
            raise WeightsError(f"{self.file}: {key} is compressed or in parts, which no array of Keras's is")
        size = math.prod(dataset.shape) * dataset.dtype.itemsize
        if dataset.id.get_storage_size() != size:
            raise WeightsError(f"{self.file}: {key} should have {size:,} bytes, and they are not all there")
        bfloat16 = "dtype" in dataset.attrs and self._text(dataset.attrs, "dtype") == "bfloat16"
        dtype = "bfloat16" if bfloat16 and dataset.dtype.itemsize == 2 else dataset.dtype.name
        return Array(dataset.shape, dtype, partial(self._values, dataset, dtype))

    def _values(self, dataset: Any, dtype: str) -> Any:
        with told(self.file):
            values = dataset[()]
        if dtype != "bfloat16":
            return values
        import ml_dtypes

        return values.view(ml_dtypes.bfloat16)

    # --- what may be looked at ---

    def members(self, group: Any) -> dict[str, Any]:
        """The members of a group; external links and second paths to the same object are refused."""
        import h5py

        if not isinstance(group, h5py.Group):
            raise WeightsError(f"{self.file}: {getattr(group, 'name', group)} is no group")
        found = {}
        for name in group:
            if group.get(name, getlink=True, getclass=True) is not h5py.HardLink:
                raise WeightsError(f"{self.file}: {group.name}/{name} is a link to elsewhere, which is not followed")
            member = group[name]
            address = h5py.h5o.get_info(member.id).addr
            if address in self.seen:
                raise WeightsError(f"{self.file}: {group.name}/{name} is in two places")
            self.seen.add(address)
            found[name] = member
        return found

    def _deeper(self, depth: int) -> int:
        if depth >= _DEEPEST:
            raise WeightsError(f"{self.file}: layers within layers, more than {_DEEPEST} deep")
        return depth + 1

    def _name(self, parts: Mapping[str, Any]) -> str:
        return self._text(parts["vars"].attrs, "name").replace(":", ".")  # names have no dots on PyTorch

    def _text(self, attributes: Any, name: str) -> str:
        import h5py

        # Looked at before it is read: HDF5 may crash at a damaged value of a type that Keras does not write.
        found = attributes.get_id(name) if name in attributes else None
        is_text = found is not None and found.shape == () and type(found.get_type()) is h5py.h5t.TypeStringID
        value = attributes[name] if is_text else None
        if not isinstance(value, str):
            raise WeightsError(f"{self.file} does not say the names of its layers: Keras 3.10 and later do")
        return value

    # --- what the configuration says ---

    def _by_name(self, configs: Configs) -> dict[str, Configs]:
        layers = configs.get("layers")
        if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
            raise WeightsError(f"{self.file}: its config.json has no list of layers")
        found = {}
        for layer in layers:
            config = layer.get("config")
            name = config.get("name") if isinstance(config, dict) else None
            if isinstance(name, str):
                found[name.replace(":", ".")] = layer
        return found

    def _config(self, name: str, kind: str, known: Mapping[str, Configs]) -> Configs:
        layer = known.get(name)
        if layer is None or snake_case(str(layer.get("class_name"))) != kind:
            raise WeightsError(f"{self.file} contradicts itself: its config.json has no {kind} called {name}")
        config: Configs = layer["config"]
        return config


def _numbered(place: str) -> tuple[str, int]:
    """The class and the index of a layer: ``conv2d_1`` is the second.

    >>> _numbered("conv2d"), _numbered("conv2d_12")
    (('conv2d', 0), ('conv2d', 12))
    """
    match = re.fullmatch(r"(.+?)_(\d{1,9})", place)
    return (match[1], int(match[2])) if match else (place, 0)
