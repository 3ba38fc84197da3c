"""Files of weights that somebody made to do harm: an error each, nothing run, nothing else read, no memory taken."""

from __future__ import annotations

import json
import os
import pickle
import random
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import archdsl
from archdsl import Architecture, WeightsError

KERNEL, BIAS = np.ones((3, 2), "float32"), np.ones(2, "float32")


@pytest.fixture(scope="module")
def net() -> Architecture:
    return archdsl.load_text("model Net() :: [3] -> [2] { dense(2) }")


def layer(h5: Any, place: str = "layers/dense", name: str = "dense") -> Any:
    """A group as Keras makes one for a layer, without arrays."""
    group = h5.create_group(f"{place}/vars")
    group.attrs["name"] = name
    return group


def write(file: Path, fill: Callable[[Any], object]) -> Path:
    """A file of HDF5 whose layer ``dense`` is filled."""
    with h5py.File(file, "w") as h5:
        fill(h5)
    return file


def plain(h5: Any) -> None:
    group = layer(h5)
    group["0"], group["1"] = KERNEL, BIAS


def refused(net: Architecture, file: Path, words: str) -> None:
    with pytest.raises(WeightsError) as raised:
        net.match_weights(file)
    assert words in str(raised.value)
    assert str(file) in str(raised.value)


def archive(file: Path, h5: bytes, config: object, **options: Any) -> Path:
    with zipfile.ZipFile(file, "w", **options) as made:
        made.writestr("config.json", config if isinstance(config, (str, bytes)) else json.dumps(config))
        made.writestr("model.weights.h5", h5)
    return file


CONFIG = {"config": {"layers": [{"class_name": "Dense", "config": {"name": "dense", "use_bias": True}}]}}


def test_the_files_that_are_not_hostile_fit(net: Architecture, tmp_path: Path) -> None:
    """What the other tests change is all that is wrong with theirs."""
    file = write(tmp_path / "net.weights.h5", plain)
    assert net.match_weights(file)
    assert net.match_weights(archive(tmp_path / "net.keras", file.read_bytes(), CONFIG))


# --- HDF5 -------------------------------------------------------------------------------------------------------------


def _with_secret(h5: Any) -> None:
    h5["x"] = KERNEL
    plain(h5)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return write(tmp_path / "secret.h5", _with_secret)


def _external_link(h5: Any, secret: Path) -> None:
    group = layer(h5)
    group["0"] = h5py.ExternalLink(str(secret), "/x")
    group["1"] = BIAS


def _external_group(h5: Any, secret: Path) -> None:
    h5["layers"] = h5py.ExternalLink(str(secret), "/layers")


def _soft_link(h5: Any, secret: Path) -> None:
    plain(h5)
    del h5["layers/dense/vars/0"]
    h5["other"] = KERNEL
    h5["layers/dense/vars/0"] = h5py.SoftLink("/other")


def _external_storage(h5: Any, secret: Path) -> None:
    group = layer(h5)
    group.create_dataset("0", (3, 2), "float32", external=[(str(secret), 0, 24)])
    group["1"] = BIAS


def _virtual(h5: Any, secret: Path) -> None:
    group = layer(h5)
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[...] = h5py.VirtualSource(str(secret), "x", (3, 2))
    group.create_virtual_dataset("0", layout)
    group["1"] = BIAS


def _compressed(h5: Any, secret: Path) -> None:
    group = layer(h5)
    group.create_dataset("0", (3, 2), "float32", compression="gzip", data=KERNEL)
    group["1"] = BIAS


def _hollow(h5: Any, secret: Path) -> None:
    group = layer(h5)
    group.create_dataset("0", (2**40, 2**20), "float32")  # declared, and none of it written
    group["1"] = BIAS


def _ring(h5: Any, secret: Path) -> None:
    plain(h5)
    h5["layers/dense/again"] = h5["layers"]


def _deep(h5: Any, secret: Path) -> None:
    for depth in range(200):
        layer(h5, "layers/dense" + "/b" * depth)


def _group_for_array(h5: Any, secret: Path) -> None:
    group = layer(h5)
    group.create_group("0")
    group["1"] = BIAS


def _array_for_group(h5: Any, secret: Path) -> None:
    h5["layers"] = KERNEL


def _names(h5: Any, secret: Path) -> None:
    group = layer(h5)
    group["0"], group["x"] = KERNEL, BIAS


def _no_name(h5: Any, secret: Path) -> None:
    h5.create_group("layers/dense/vars")["0"] = KERNEL


def _bytes_for_name(h5: Any, secret: Path) -> None:
    plain(h5)
    h5["layers/dense/vars"].attrs["name"] = np.arange(1000)


def _twice(h5: Any, secret: Path) -> None:
    plain(h5)
    group = layer(h5, "layers/dense_1")
    group["0"], group["1"] = KERNEL, BIAS


def _nothing(h5: Any, secret: Path) -> None:
    h5["x"] = KERNEL


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (_external_link, "link to elsewhere, which is not followed"),
        (_external_group, "link to elsewhere, which is not followed"),
        (_soft_link, "link to elsewhere, which is not followed"),
        (_external_storage, "lies in another file, which is not read"),
        (_virtual, "lies in another file, which is not read"),
        (_compressed, "is compressed or in parts"),
        (_hollow, "bytes, and they are not all there"),
        (_ring, "is in two places"),
        (_deep, "layers within layers"),
        (_group_for_array, "dense/kernel is no array"),
        (_array_for_group, "is no group"),
        (_names, "the arrays of dense are not numbered"),
        (_no_name, "does not say the names of its layers"),
        (_bytes_for_name, "does not say the names of its layers"),
        (_twice, "two arrays called dense/kernel"),
        (_nothing, "it has no layers"),
    ],
    ids=lambda value: getattr(value, "__name__", "_")[1:],
)
def test_hdf5(net: Architecture, tmp_path: Path, secret: Path, fill: Callable[[Any, Path], None], words: str) -> None:
    file = write(tmp_path / "net.weights.h5", lambda h5: fill(h5, secret))
    refused(net, file, words)
    refused(net, archive(tmp_path / "net.keras", file.read_bytes(), CONFIG), words)


@pytest.mark.parametrize(
    "values",
    [
        np.full((3, 2), b"abc"),
        np.full((3, 2), 1 + 2j),
        np.ones((3, 2), [("a", "f4"), ("b", "i4")]),
        np.ones((3, 2), int),
    ],
    ids=["text", "complex", "record", "integer"],
)
def test_arrays_of_other_things(net: Architecture, tmp_path: Path, values: np.ndarray) -> None:
    def fill(h5: Any) -> None:
        group = layer(h5)
        group["0"], group["1"] = values, BIAS

    (changed,) = net.match_weights(write(tmp_path / "net.weights.h5", fill)).changed
    assert (changed.key, changed.wanted) == ("dense/kernel", "float [3, 2]")


# --- archives ---------------------------------------------------------------------------------------------------------


def test_archives(net: Architecture, tmp_path: Path) -> None:
    h5 = write(tmp_path / "net.weights.h5", plain).read_bytes()
    file = tmp_path / "net.keras"
    other = {"config": {"layers": [{"class_name": "Conv2D", "config": {"name": "dense"}}]}}
    archive(file, h5, CONFIG, compression=zipfile.ZIP_DEFLATED)
    refused(net, file, "compressed or encrypted")
    archive(file, b"\0" * 2**20, CONFIG)
    refused(net, file, "no file of Keras's weights")
    configs: tuple[tuple[object, str], ...] = (
        ("[" * 100_000, "config.json is none of a model"),
        (b"\xff\xfe", "config.json is none of a model"),
        ("[]", "config.json is none of a model"),
        ({"config": {"layers": 3}}, "no list of layers"),
        ({"config": {"layers": [{"config": 3}]}}, "contradicts itself"),
        (other, "contradicts itself"),
    )
    for config, words in configs:
        archive(file, h5, config)
        refused(net, file, words)
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("config.json", json.dumps(CONFIG))
    refused(net, file, "has no model.weights.h5")


def test_a_configuration_that_unpacks_without_end(net: Architecture, tmp_path: Path) -> None:
    h5 = write(tmp_path / "net.weights.h5", plain).read_bytes()
    file = tmp_path / "net.keras"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made, made.open("config.json", "w") as member:
        for _ in range(80):
            member.write(b" " * 2**20)
    with zipfile.ZipFile(file, "a") as made:
        made.writestr("model.weights.h5", h5)
    refused(net, file, "config.json is larger than any model's")


def test_a_configuration_that_is_encrypted(net: Architecture, tmp_path: Path) -> None:
    h5 = write(tmp_path / "net.weights.h5", plain).read_bytes()
    file = tmp_path / "net.keras"
    archive(file, h5, CONFIG)
    data = bytearray(file.read_bytes())
    data[6] |= 1  # of the first member, in front of it and in the list at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)
    refused(net, file, "encrypted")


def test_a_lambda_in_a_configuration_is_not_run(net: Architecture, tmp_path: Path) -> None:
    """A layer that Keras would make by running code is a name here."""
    mark = tmp_path / "ran"

    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {mark}",)

    harm = pickle.dumps(Harm()).hex()
    config = json.loads(json.dumps(CONFIG))
    config["config"]["layers"].append(
        {
            "module": "os",
            "class_name": "Lambda",
            "config": {"name": "evil", "function": {"class_name": "__lambda__", "config": {"code": harm}}},
        }
    )
    h5 = write(tmp_path / "net.weights.h5", plain).read_bytes()
    assert net.match_weights(archive(tmp_path / "net.keras", h5, config))
    assert not mark.exists()


# --- safetensors ------------------------------------------------------------------------------------------------------


def tensors(header: object, data: bytes = bytes(32), length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


GOOD = {
    "dense/kernel": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]},
    "dense/bias": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
}


def test_safetensors(net: Architecture, tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    file.write_bytes(tensors(GOOD))
    assert net.match_weights(file)
    huge = {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}
    overlapping = {**GOOD, "dense/bias": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]}}
    outside = {**GOOD, "dense/bias": {"dtype": "F32", "shape": [2], "data_offsets": [2**40, 2**40 + 8]}}
    for content in (
        b"",
        b"garbage",
        tensors(GOOD)[:-1],
        tensors(GOOD) + b"more",
        tensors(GOOD, length=2**63),
        tensors(b"{" * 1000),
        tensors({**GOOD, "dense/kernel": huge}),
        tensors(overlapping),
        tensors(outside),
        tensors({"dense/kernel": {"dtype": "PICKLE", "shape": [1], "data_offsets": [0, 32]}}),
        pickle.dumps(GOOD),
    ):
        file.write_bytes(content)
        refused(net, file, "is no file of safetensors")


def test_a_later_version_is_refused(net: Architecture, tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    file.write_bytes(tensors({"__metadata__": {"schema": "archdsl-weights", "version": "2"}, **GOOD}))
    refused(net, file, "has version 2 of the form; this archdsl reads version 1")


# --- all forms --------------------------------------------------------------------------------------------------------


def test_files_of_no_form(net: Architecture, tmp_path: Path) -> None:
    for name in ("net.pkl", "net.npz", "net"):
        (tmp_path / name).write_bytes(pickle.dumps({}))
        refused(net, tmp_path / name, "it must end in .safetensors, .keras, .weights.h5, .h5, .hdf5, .pth, .pt or .bin")
    for name in ("net.pt", "net.bin"):
        (tmp_path / name).write_bytes(pickle.dumps({}))
        refused(net, tmp_path / name, name)  # with PyTorch, no state dict; without it, no reader
    (tmp_path / "old.h5").write_bytes(b"")
    refused(net, tmp_path / "old.h5", "old.h5 is no file of Keras's weights, or broken")
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(OSError, match="no ordinary file"):
        net.match_weights(tmp_path / "pipe.safetensors")
    with pytest.raises(FileNotFoundError):
        net.match_weights(tmp_path / "none.keras")


@pytest.mark.parametrize("name", ["net.weights.h5", "net.keras", "net.safetensors"])
def test_damaged_files(net: Architecture, tmp_path: Path, name: str) -> None:
    """Cut short, or with other bytes where no HDF5 is in it, a file is refused or has other values."""
    h5 = write(tmp_path / "net.weights.h5", plain).read_bytes()
    whole = {
        "net.weights.h5": h5,
        "net.keras": archive(tmp_path / "net.keras", h5, CONFIG).read_bytes(),
        "net.safetensors": tensors(GOOD),
    }[name]
    chance = random.Random(name)
    refusals = 0
    for _ in range(300):
        cut = name != "net.safetensors" or chance.random() < 0.3
        damaged = bytearray(whole[: chance.randrange(len(whole))] if cut else whole)
        for _ in range(chance.randrange(1, 8)):
            if damaged and name == "net.safetensors":
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (tmp_path / name).write_bytes(damaged)
        try:
            net.match_weights(tmp_path / name)
        except WeightsError:
            refusals += 1
    assert refusals > 100


def test_none_of_it_needs_keras_or_memory(tmp_path: Path) -> None:
    """A file that promises terabytes is refused in a process that may have no more than a few hundred megabytes."""
    write(tmp_path / "net.weights.h5", lambda h5: _hollow(h5, tmp_path))
    code = (
        "import sys, archdsl\n"
        "net = archdsl.load_text('model Net() :: [3] -> [2] { dense(2) }')\n"
        "try: net.match_weights('net.weights.h5')\n"
        "except archdsl.WeightsError: print('refused', 'keras' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (400 * 2**20, 400 * 2**20)),
    )
    assert run.stdout == "refused False\n"
