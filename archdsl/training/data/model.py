"""Data sets of labelled images, and the checks that they are valid and fit a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from archdsl.graph.dims import show
from archdsl.graph.model import Graph
from archdsl.training.errors import StudyError

Array: TypeAlias = np.ndarray[Any, Any]
Arrays: TypeAlias = tuple[tuple[Any, Any], tuple[Any, Any]]
"""The images and labels of the training set, and those of the test set."""
_TESTED: Final = 5
"""One in this number of images is for testing, where the data has no split of its own."""
_SEED: Final = 1797


class Split(NamedTuple):
    """Images ``[count, height, width, channels]`` of integers or floats, and the class index of each."""

    images: Array
    labels: Array


@dataclass(frozen=True)
class Data:
    """A training set, a test set, and the statistics by which images are normalised."""

    name: str
    train: Split
    test: Split
    classes: int
    mean: Array
    """The mean of each channel over the training images."""
    deviation: Array

    def scaled(self, images: Array) -> Array:
        """Images normalised in float32: each channel has mean 0 and standard deviation 1 over the training images."""
        scaled: Array = (images.astype(np.float32) - self.mean) / self.deviation
        return scaled

    def held_out(self, share: float, seed: int) -> Data:
        """The data with a random share of the training images held out, which replaces the test set."""
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
    """A data set of arrays, which are checked. Greyscale images without a channel axis are given one.

    Raises:
        StudyError: arrays do not match, labels are not class indices, or there are no images.
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
    """Splits images into a training set and a test set: one in five, drawn with a fixed seed, is for testing."""
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
    """The mean and standard deviation of each channel; in chunks, since images as floats take much memory."""
    total, squares, count = np.zeros(images.shape[-1]), np.zeros(images.shape[-1]), 0
    for start in range(0, len(images), 1000):
        part = images[start : start + 1000].astype(np.float64).reshape(-1, images.shape[-1])
        total, squares, count = total + part.sum(0), squares + (part**2).sum(0), count + len(part)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return mean.astype(np.float32), np.where(deviation > 1e-8, deviation, 1.0).astype(np.float32)


def fit(data: Data, graph: Graph) -> None:
    """Raises ``StudyError`` unless a model accepts the images and outputs a score for each class."""
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
