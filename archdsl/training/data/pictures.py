"""Data sets in folders: a folder of images for each class, or PNG files of flattened images with labels in JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from archdsl.training.data.model import Array, parted
from archdsl.training.errors import StudyError

_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
_TEST: Final = ("test", "val", "valid", "validation")


def folder(path: Path) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The training set and the test set of a folder, each with images and labels.

    If there are PNG files beside JSON files with ``labels`` in their names, each row of a PNG file is one flattened
    image, and files with ``test`` in their names are for testing. Otherwise each subfolder is a class, in the order of
    names, below ``train`` and ``test`` if these exist.

    Raises:
        StudyError: an image cannot be read or has another size, a class is empty, or labels do not fit the images.
    """
    labels = sorted(file for file in path.glob("*.json") if "labels" in _spelled(file))
    if labels and any(path.glob("*.png")):
        return _strips(path, labels, is_test=False), _strips(path, labels, is_test=True)
    train, test = path / "train", next((path / name for name in _TEST if (path / name).is_dir()), None)
    if train.is_dir() and test is not None:
        classes = _classes(train)
        return _images(train, classes), _images(test, classes)
    return parted(*_images(path, _classes(path)))


def _spelled(file: Path) -> str:
    """The stem of a file in lower case, with the misspelling ``lables`` corrected, which CIFAR-10's package has."""
    return file.stem.lower().replace("lables", "labels")


def _strips(path: Path, labels: Sequence[Path], *, is_test: bool) -> tuple[Array, Array]:
    part = "test" if is_test else "train"
    strips = [file for file in sorted(path.glob("*.png")) if ("test" in file.stem.lower()) == is_test]
    named = [file for file in labels if ("test" in _spelled(file)) == is_test]
    if not strips:
        raise StudyError(f"{path} has no PNG file to {part} with")
    if len(named) != 1:
        raise StudyError(f"{path} has {len(named)} files of labels to {part} with, and not one")
    images = np.concatenate([_strip(file) for file in strips])
    try:
        found = json.loads(named[0].read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(f"cannot read {named[0]}: {error}") from None
    if not isinstance(found, list) or not all(type(label) is int for label in found):
        raise StudyError(f"{named[0]} is no list of integers")
    if len(found) != len(images):
        raise StudyError(f"{named[0]} has {len(found)} labels for {len(images)} images")
    return images, np.asarray(found)


def _strip(file: Path) -> Array:
    pixels = _pixels(file)
    side = isqrt(pixels.shape[1])
    if side * side != pixels.shape[1]:
        raise StudyError(f"{file}: a row of {pixels.shape[1]} pixels is no square image")
    return pixels.reshape(len(pixels), side, side, pixels.shape[2])


def _classes(path: Path) -> list[str]:
    found = sorted(each.name for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    if len(found) < 2:
        raise StudyError(f"{path} has {len(found)} folders of classes; there must be two or more")
    return found


def _images(path: Path, classes: Sequence[str]) -> tuple[Array, Array]:
    images: list[Array] = []
    labels: list[int] = []
    first: Path | None = None
    if more := set(_classes(path)) - set(classes):
        raise StudyError(f"{path / min(more)} is no class to train with")
    for label, name in enumerate(classes):
        home = path / name
        files = [file for file in sorted(home.glob("*")) if file.suffix.lower() in _ENDINGS]
        if not files:
            raise StudyError(f"{home} has no images")
        for file in files:
            image = _pixels(file)
            first = first or file
            if images and image.shape != images[0].shape:
                sizes = " and ".join("x".join(map(str, shape)) for shape in (image.shape, images[0].shape))
                raise StudyError(f"{file} and {first} have different sizes, {sizes}")
            images.append(image)
            labels.append(label)
    return np.stack(images), np.asarray(labels)


def _pixels(file: Path) -> Array:
    """The pixels of an image, ``[height, width, channels]``: one channel if it is greyscale, otherwise three."""
    try:
        with Image.open(file) as opened:
            gray = opened.mode in ("1", "L", "LA", "I", "I;16")
            pixels: np.ndarray[Any, Any] = np.asarray(opened.convert("L" if gray else "RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise StudyError(f"{file} is no image that can be read: {error}") from None
    return pixels[..., None] if pixels.ndim == 2 else pixels
