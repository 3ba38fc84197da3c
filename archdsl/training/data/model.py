"""What data is, wherever it comes from, and whether it fits a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from archdsl.graph.dims import show
from archdsl.graph.model import Graph
from archdsl.training.errors import StudyError

Array: TypeAlias = np.ndarray[Any, Any]
Arrays: TypeAlias = tuple[tuple[Any, Any], tuple[Any, Any]]
"""Images and labels to train with, and to test with."""
_TESTED: Final = 5
"""One in so many images is to test with, where data comes without parts."""
_SEED: Final = 1797


class Split(NamedTuple):
    """Images, ``[count, height, width, channels]`` of bytes or floats, and a class from 0 on for each."""

    images: Array
    labels: Array


@dataclass(frozen=True)
class Data:
    """Images to train with, images to test with, and how their values are scaled for a model."""

    name: str
    train: Split
    test: Split
    classes: int
    mean: Array
    """Of the training images, by channel."""
    deviation: Array

    def scaled(self, images: Array) -> Array:
        """Images in float32, each channel with mean 0 and deviation 1 over the training images."""
        scaled: Array = (images.astype(np.float32) - self.mean) / self.deviation
        return scaled

    def held_out(self, share: float, seed: int) -> Data:
        """The data with a share of the training images, drawn at random, in place of those to test with."""
        if not share:
            return self
        count = len(self.train.labels)
        order = np.random.default_rng([seed, count]).permutation(count)
        kept = max(1, round(share * count))
        if kept >= count:
            raise StudyError(f"{self.name}: a share of {share:g} of {count} images leaves none to train with")
        test, train = (np.sort(part) for part in (order[:kept], order[kept:]))
        return Data(
            self.name,
            Split(self.train.images[train], self.train.labels[train]),
            Split(self.train.images[test], self.train.labels[test]),
            self.classes,
            self.mean,
            self.deviation,
        )


def made(name: str, train: tuple[Any, Any], test: tuple[Any, Any]) -> Data:
    """Data of arrays as they were found, checked. Gray images without channels are given one.

    Raises:
        StudyError: arrays do not belong together, labels are no classes, or there are no images.
    """
    splits = [_split(f"{name}, {part}", *arrays) for part, arrays in (("training", train), ("test", test))]
    first, second = splits
    if first.images.shape[1:] != second.images.shape[1:]:
        sizes = [show(split.images.shape[1:]) for split in splits]
        raise StudyError(f"{name}: training images are {sizes[0]}, and test images {sizes[1]}")
    classes = int(first.labels.max()) + 1
    if int(second.labels.max()) >= classes:
        raise StudyError(f"{name}: test labels go up to {int(second.labels.max())}, training labels to {classes - 1}")
    mean, deviation = _moments(first.images)
    return Data(name, first, second, classes, mean, deviation)


def parted(images: Array, labels: Array) -> Arrays:
    """Images without parts: one in five, drawn the same way each time, is to test with."""
    order = np.random.default_rng(_SEED).permutation(len(labels))
    cut = len(labels) // _TESTED
    train, test = order[cut:], order[:cut]
    return (images[train], labels[train]), (images[test], labels[test])


def _split(where: str, images: Any, labels: Any) -> Split:
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4:
        raise StudyError(f"{where}: images are an array of {images.ndim} dimensions; there must be 3 or 4")
    if images.dtype.kind not in "uif":
        raise StudyError(f"{where}: images are of type {images.dtype}, and not numbers")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        found = f"of type {labels.dtype} and shape {show(labels.shape)}"
        raise StudyError(f"{where}: labels are {found}; there must be one integer for each image")
    if len(images) != len(labels):
        raise StudyError(f"{where}: there are {len(images)} images and {len(labels)} labels")
    if not len(images):
        raise StudyError(f"{where}: there are no images")
    if labels.min() < 0:
        raise StudyError(f"{where}: a label is {int(labels.min())}; classes count from 0")
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise StudyError(f"{where}: an image has values that are not finite")
    return Split(images, labels.astype(np.int64))


def _moments(images: Array) -> tuple[Array, Array]:
    """Mean and deviation of each channel; in parts, since images as floats take much memory."""
    total, squares, count = np.zeros(images.shape[-1]), np.zeros(images.shape[-1]), 0
    for start in range(0, len(images), 1000):
        part = images[start : start + 1000].astype(np.float64).reshape(-1, images.shape[-1])
        total, squares, count = total + part.sum(0), squares + (part**2).sum(0), count + len(part)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return mean.astype(np.float32), np.where(deviation > 1e-8, deviation, 1.0).astype(np.float32)


def fit(data: Data, graph: Graph) -> None:
    """Raises ``StudyError`` unless a model takes the images and gives a score for each class."""
    given = data.train.images.shape[1:]
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise StudyError(f"{graph.name} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs, not one each")
    taken, made = graph.inputs[0].shape, graph.outputs[0].shape
    fits = len(taken) == len(given) and all(
        not isinstance(want, int) or want == have for want, have in zip(taken, given, strict=True)
    )
    if not fits:
        raise StudyError(f"{data.name} has images {show(given)}, and {graph.name} takes {show(taken)}")
    if made != (data.classes,):
        raise StudyError(f"{data.name} has {data.classes} classes, and {graph.name} gives {show(made)}")
