"""Shuffled and augmented batches for Keras's training loop, each a function of the seed, the epoch and its index."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import keras
import numpy as np

from archdsl.training.chance import number, order
from archdsl.training.data import Data
from archdsl.training.recipe import Augmentation


class Batches(keras.utils.PyDataset):
    """The training batches of one epoch; ``epoch`` is set before each."""

    def __init__(self, data: Data, batch: int, augmentation: Augmentation, seed: int) -> None:
        super().__init__()
        self.epoch = 0
        self._data = data
        self._batch = min(batch, len(data.train.labels))
        self._seed = seed
        self._layers = tuple(_layers(augmentation))
        self._order = (-1, np.arange(0))
        """An epoch and its order of images; replaced as a pair, since Keras reads from several threads."""

    def __len__(self) -> int:
        """The number of batches in an epoch, without an incomplete last one, so that all steps have the same size."""
        return len(self._data.train.labels) // self._batch

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        epoch, (ordered, images) = self.epoch, self._order
        if ordered != epoch:
            images = order(self._seed, epoch, len(self._data.train.labels))
            self._order = (epoch, images)
        chosen = images[index * self._batch : (index + 1) * self._batch]
        images = self._data.scaled(self._data.train.images[chosen])
        labels = np.eye(self._data.classes, dtype=np.float32)[self._data.train.labels[chosen]]
        return self._augmented(images, labels, epoch, index)

    def _augmented(self, images: Any, labels: Any, epoch: int, index: int) -> tuple[Any, Any]:
        for place, layer in enumerate(self._layers):
            seed = keras.random.SeedGenerator(number(self._seed, "image", epoch, index, place))
            images = keras.ops.convert_to_tensor(images)
            chosen = layer.get_random_transformation({"images": images, "labels": labels}, training=True, seed=seed)
            images = layer.transform_images(images, chosen, training=True)
            labels = layer.transform_labels(keras.ops.convert_to_tensor(labels), chosen, training=True)
        return keras.ops.convert_to_numpy(images), keras.ops.convert_to_numpy(labels)


def _layers(augmentation: Augmentation) -> Iterator[Any]:
    """The augmentation layers of Keras, for images with mean zero."""
    layers = keras.layers
    if augmentation.flip:
        yield layers.RandomFlip("horizontal", dtype="float32")
    if augmentation.crop:
        shift = (-augmentation.crop, augmentation.crop)
        yield layers.RandomTranslation(shift, shift, fill_mode="constant", interpolation="nearest", dtype="float32")
    if augmentation.cutout:
        share = (augmentation.cutout, augmentation.cutout)
        yield layers.RandomErasing((1.0, 1.0), share, fill_value=0.0, value_range=(-100, 100), dtype="float32")
    if augmentation.mixup:
        yield layers.MixUp(augmentation.mixup, dtype="float32")


class Tests(keras.utils.PyDataset):
    """The test batches, in the order of the data."""

    def __init__(self, data: Data, batch: int) -> None:
        super().__init__()
        self._data = data
        self._batch = batch

    def __len__(self) -> int:
        return ceil(len(self._data.test.labels) / self._batch)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        part = slice(index * self._batch, (index + 1) * self._batch)
        labels = np.eye(self._data.classes, dtype=np.float32)[self._data.test.labels[part]]
        return self._data.scaled(self._data.test.images[part]), labels
