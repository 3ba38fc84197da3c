"""Certificates as values and files, and the images and short sums that they rest on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import archdsl
from archdsl.bundled import bundled, plain
from archdsl.certification.images import distance, fixed, sketch
from archdsl.certification.places import firsts, places
from archdsl.weights import WeightsError
from archdsl.weights.certificate import Answer, Certificate, Checkpoint, Converted, Source, beside, of, parse
from archdsl.weights.preprocessing import Preprocessing
from archdsl.weights.published import table
from archdsl.weights.published.checkpoints import published

CERTIFICATE = Certificate(
    model="Net",
    arguments={"classes": "10"},
    graph="a" * 64,
    archdsl="0.1.0",
    source=Source(
        file="net.pth",
        sha256="b" * 64,
        family="resnet",
        library="torchvision",
        checkpoint=Checkpoint(
            library="torchvision", name="net.V1", url="https://example.org/net.pth", digest="sha256:bb"
        ),
        left=("bn.num_batches_tracked",),
    ),
    converted=Converted(sha256="c" * 64, arrays=2, parameters=30),
    compared_with="torchvision 0.28.0: net",
    answers=(Answer(at="output", is_output=True, shape=(10,), sketch=(0.5, -1.25), error=1e-6),),
    preprocessing=Preprocessing(
        size=(224, 224), resize=232, interpolation="bilinear", mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)
    ),
    licence="BSD-3-Clause",
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    weights = tmp_path / "net.safetensors"
    assert of(weights) is None
    beside(weights).write_text(CERTIFICATE.text(), encoding="utf-8")
    assert of(weights) == CERTIFICATE
    assert CERTIFICATE.error == 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "other"}, "is no certificate of weights"),
        ({"version": 2}, "has version 2 of the form; this archdsl reads version 1"),
        ({"graph": "a"}, r"graph: String should match pattern"),
        ({"more": 1}, "more: Extra inputs are not permitted"),
        ({"answers": [{"at": 3}]}, r"answers\.0\.at: Input should be a valid string"),
        ({"licence": float("nan")}, "licence: Input should be a valid string"),
    ],
)
def test_what_is_no_certificate_is_told(tmp_path: Path, change: dict[str, object], message: str) -> None:
    document = json.loads(CERTIFICATE.text()) | change
    weights = tmp_path / "net.safetensors"
    beside(weights).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(WeightsError, match=rf"net\.safetensors\.certificate\.json .*{message}"):
        of(weights)
    for broken in ("", "[1]", "{", "[" * 100_000):
        with pytest.raises(WeightsError, match="net"):
            parse(broken, "net")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    beside(tmp_path / "net.pth").write_bytes(b"\xff\xfe")
    with pytest.raises(WeightsError, match="is no text"):
        of(tmp_path / "net.pth")


def test_images_are_the_same_for_ever() -> None:
    """These numbers are what certificates in files rest on: they may not change."""
    net = archdsl.load_text("model Net() :: [32, 48, 3] -> [2] { global_avg_pool -> dense(2) }").graph
    found = fixed(net, CERTIFICATE.preprocessing)
    assert found is not None
    (images,) = found.values()
    assert images.shape == (2, 32, 48, 3)
    assert images.dtype == np.float32
    assert sketch(images) == pytest.approx(IMAGES, rel=1e-6)
    assert images[0, :2, :2].ravel() == pytest.approx(CORNER)
    bare = fixed(net, None)
    assert bare is not None
    assert distance(sketch(bare["input"]), IMAGES) > 1e-3


CORNER = [
    -0.7764705419540405,
    0.7921569347381592,
    1.529412031173706,
    -0.7450979948043823,
    0.49411773681640625,
    1.6549022197723389,
    -1.0431371927261353,
    0.6823530197143555,
    0.9803922176361084,
    -0.9803920984268188,
    0.9960784912109375,
    1.4039218425750732,
]
IMAGES: tuple[float, ...] = (
    6.60393095,
    78.9803803,
    54.8863027,
    -43.6706131,
    216.094138,
    96.3921819,
    74.6510005,
    -37.8352869,
    202.682352,
    -190.180408,
    89.584342,
    -14.7294202,
    119.231391,
    -117.160813,
    -68.7372499,
    0.470576525,
    90.890811,
)


def test_open_sizes_have_no_images() -> None:
    assert (
        fixed(archdsl.load_text("model Net() :: [h, w, 3] -> [2] { global_avg_pool -> dense(2) }").graph, None) is None
    )


def test_tokens_are_rows_of_their_table() -> None:
    found = fixed(archdsl.load_text("model Net() :: [64] -> [64, 4] { embedding(7, 4) }").graph, None)
    assert found is not None
    assert {*found["input"].ravel()} == {*range(7)}


def test_a_sketch_tells_what_changed() -> None:
    """A change of one number of a thousand by a thousandth of the norm shows as about as much."""
    values = np.random.default_rng(0).normal(size=(2, 1000)).astype("float32")
    norm = np.linalg.norm(values)
    for place in range(0, 1000, 50):
        other = values.copy()
        other[1, place] += 1e-3 * norm
        assert 5e-4 < distance(sketch(values), sketch(other)) < 2e-3
    assert distance(sketch(values), sketch(values[::-1])) > 0.5
    assert distance(sketch(values), sketch(np.full_like(values, np.nan))) != 0


def test_stages_are_parts_that_the_source_has_too() -> None:
    graph = archdsl.load("resnet50", classes=10, size=64).graph
    found = [*places(graph, table("resnet", "torchvision"))]
    assert [(place.stage, place.module) for place in firsts(found)] == [
        ("stem", "bn1"),
        ("c2", "layer1.0.conv1"),
        ("c3", "layer2.0.conv1"),
        ("c4", "layer3.0.conv1"),
        ("c5", "layer4.0.conv1"),
        ("head", "fc"),
    ]


def test_checkpoints_are_of_bundled_models() -> None:
    known = bundled()
    for each in published():
        assert plain(each.model) in known
        assert len(each.preprocessing.mean) == len(each.preprocessing.std) == 3
        assert each.url.startswith("https://")


def test_channels_are_swapped_before_means_are_taken() -> None:
    caffe = Preprocessing(
        size=(2, 2),
        resize=2,
        interpolation="bilinear",
        range=(0, 255),
        mean=(100, 110, 120),
        std=(1, 1, 1),
        channels="bgr",
    )
    assert caffe.normalised(np.array([[[1, 2, 3]]])).tolist() == [[[3 - 100, 2 - 110, 1 - 120]]]
