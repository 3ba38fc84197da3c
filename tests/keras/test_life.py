"""One model of every bundled file: it is saved and answers alike in a new process, and learns a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import archdsl
from archdsl.bundled import bundled
from archdsl.layers import needed
from tests.keras.loading import Inputs, loaded, save
from tests.keras.test_specs import CASES

# Small, and without what differs from one call in training to the next.
MODELS: dict[str, dict[str, Any]] = {
    "lenet5": {},
    "alexnet": {"size": 95, "classes": 4},
    "vgg11": {"size": 32, "classes": 4},
    "googlenet_bn": {"size": 64, "classes": 4},
    "resnet18": {"size": 32, "classes": 4},
    "resnet50_v1": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "densenet121": {"size": 32, "classes": 4, "depths": [2, 2, 2, 2]},
    "mobilenet_v2": {"size": 32, "classes": 4, "width": 0.35},
    "efficientnet_b0": {"size": 32, "classes": 4, "depth": 0.3},
    "efficientnet_lite0": {"size": 32, "classes": 4, "depth": 0.3},
    "convnext_tiny": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "vit_ti16": {"size": 32, "classes": 4, "depth": 2},
    "swin_t": {"size": 64, "classes": 4, "depths": [2, 1, 1, 1]},
    "deit_ti": {"size": 32, "classes": 4, "depth": 2},
    "dinov2s": {"size": 28, "depth": 2},
    "mixer_s32": {"size": 64, "classes": 4, "depth": 2},
    "resmlp12": {"size": 32, "classes": 4, "depth": 2},
    "poolformer_s12": {"size": 64, "classes": 4, "depths": [1, 1, 1, 1]},
    "mobilevit_xxs": {"size": 64, "classes": 4},
    "cait_xxs24": {"size": 32, "classes": 4, "depth": 2, "layer_scale": 0.1},
    "coatnet0": {"size": 64, "classes": 4, "depths": [1, 1, 1, 1]},
    "cvt13": {"size": 64, "classes": 4, "depths": [1, 1, 1]},
    "convnextv2_atto": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "eva02_ti": {"size": 28, "depth": 2},
    "deeplabv3_resnet50": {"size": 33, "classes": 4, "depths": [1, 1, 1, 1], "rates": [1, 2]},
    "segformer_b0": {"size": 64, "classes": 4, "depths": [1, 1, 1, 1]},
    "xcit_n12": {"size": 32, "classes": 4, "depth": 2},
    "hrnet_w18": {"size": 64, "classes": 4},
    "nfnet_f0": {"size": 32, "classes": 4},
    "bit_50x1": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "yolov8n": {"size": 64, "classes": 4},
    "ddpm": {"widths": [32, 64], "depth": 1, "size": 32},
    "retinanet_resnet50": {"size": 64, "classes": 4, "depths": [1, 1, 1, 1]},
    "gpt2": {"width": 32, "depth": 2, "heads": 2, "context": 8, "vocabulary": 50},
    "light_cifar": {},
    "mobilenet_v1": {"size": 32, "classes": 4, "width": 0.25},
    "mobilenet_v3_small": {"size": 32, "classes": 4},
    "efficientnet_v2_b0": {"size": 32, "classes": 4, "depth": 0.3},
    "inception_v3": {"size": 75, "classes": 4},
    "inception_resnet_v2": {"size": 75, "classes": 4},
    "xception": {"size": 71, "classes": 4},
    "resnet50_v2": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "nasnet_mobile": {"size": 32, "classes": 4, "blocks": 1},
    "regnet_x400mf": {"size": 32, "classes": 4},
    "shufflenet_v2_x05": {"size": 32, "classes": 4},
    "squeezenet11": {"size": 65, "classes": 4},
    "resnext50": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "wide_resnet50": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "seresnet50": {"size": 32, "classes": 4, "depths": [1, 1, 1, 1]},
    "senet154": {"size": 32, "classes": 4},
    "res2net50": {"size": 32, "classes": 4, "depths": [2, 1, 1, 1]},
    "repvgg_a0": {"size": 32, "classes": 4, "depths": [1, 2, 1, 1]},
    "hybrid": {"size": 64, "classes": 4},
    "ablation_all": {"classes": 4},
}

# Of what is the same in others, or deep.
LARGE = {
    "densenet121",
    "resnet50_v1",
    "dinov2s",
    "resmlp12",
    "eva02_ti",
    "efficientnet_b0",
    "squeezenet11",
    "ablation_all",
    "alexnet",
    "bit_50x1",
    "googlenet_bn",
    "vgg11",
    "xcit_n12",
    "ddpm",
    "nfnet_f0",
    "efficientnet_lite0",
    "resnext50",
    "wide_resnet50",
    "seresnet50",
    "senet154",
    "res2net50",
    "repvgg_a0",
    "mobilenet_v1",
    "shufflenet_v2_x05",
    "efficientnet_v2_b0",
    "inception_v3",
    "inception_resnet_v2",
    "xception",
    "nasnet_mobile",
    "regnet_x400mf",
    "mobilenet_v3_small",
    "resnet50_v2",
    "deit_ti",
    "mixer_s32",
    "poolformer_s12",
    "mobilevit_xxs",
    "coatnet0",
    "cvt13",
    "convnextv2_atto",
    "deeplabv3_resnet50",
    "segformer_b0",
    "retinanet_resnet50",
    "hrnet_w18",
    "yolov8n",
}

# A layer norm before the head gives features of the length of the width, and so long steps.
SMALL_STEPS = {
    "convnext_tiny",
    "vit_ti16",
    "swin_t",
    "deit_ti",
    "dinov2s",
    "mixer_s32",
    "poolformer_s12",
    "cait_xxs24",
    "coatnet0",
    "cvt13",
    "convnextv2_atto",
    "eva02_ti",
    "xcit_n12",
}


def images(model: keras.Model, count: int = 2) -> Inputs:
    rng = np.random.default_rng(0)
    drawn = {x.name: rng.uniform(size=(count, *x.shape[1:])).astype("float32") for x in model.inputs}
    drawn |= {
        x.name: rng.integers(0, 50, (count, *x.shape[1:])).astype("int32")
        for x in model.inputs
        if keras.backend.standardize_dtype(x.dtype) == "int32"
    }
    return drawn if len(drawn) > 1 else drawn.popitem()[1]


def task(model: keras.Model, count: int) -> tuple[Any, Any]:
    """A loss, and what it wants of ``count`` images: a class of each, or numbers where the answer is no vector."""
    if isinstance(model.output, keras.KerasTensor) and len(model.output.shape) == 2:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True), np.arange(count)
    rng = np.random.default_rng(1)
    wanted = keras.tree.map_structure(lambda output: rng.uniform(size=(count, *output.shape[1:])), model.output)
    return keras.tree.map_structure(lambda _: "mse", model.output), wanted


def test_every_file_is_here() -> None:
    files = {file for file, _ in bundled().values()}
    assert {bundled()[name.replace("_", "")][0] for name in MODELS} == files


@dataclass(frozen=True)
class Saved:
    """Models that are built once, and leave a file and their answer to some images before they are trained."""

    folder: Path
    models: dict[str, keras.Model] = field(default_factory=dict)
    answers: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> keras.Model:
        if name not in self.models:
            keras.utils.set_random_seed(0)
            model = self.models[name] = archdsl.load(name, **MODELS[name]).build()
            self.answers[name] = save(model, images(model), self.folder, name)
        return self.models[name]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    return Saved(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if name in LARGE else ()) for name in MODELS]
)
def test_training_lowers_the_loss_of_a_batch(name: str, saved: Saved) -> None:
    """Eagerly, as tracing takes longer than four steps."""
    model = saved[name]
    batch = images(model, 4)
    loss, wanted = task(model, 4)
    model.compile(keras.optimizers.SGD(1e-4 if name in SMALL_STEPS else 3e-3), loss, run_eagerly=True)
    losses = [float(np.ravel(model.train_on_batch(batch, wanted))[0]) for _ in range(4)]
    assert min(losses[1:]) < losses[0], losses


def test_saved_models_answer_alike_in_a_new_process(saved: Saved) -> None:
    """Without archdsl, but for those that have a layer of its own."""
    names = set(MODELS) - LARGE  # with the others of the zoo, the large ones are saved in the next test
    own = {name for name in names if needed(saved[name])}
    assert own == {"vit_ti16", "swin_t", "hybrid", "gpt2", "cait_xxs24"}
    found = loaded(saved.folder, own, names - own)
    for name in names:
        assert_alike(found[name], saved.answers[name], name)


@pytest.mark.full
@pytest.mark.parametrize("name", [name for name, _ in CASES])
def test_every_bundled_model_answers_alike_in_a_new_process(name: str, tmp_path: Path) -> None:
    """At its own size, its random weights being those that it starts with."""
    keras.utils.clear_session()
    model = archdsl.load(name).build()
    expected = save(model, images(model, 1), tmp_path, name)
    own = [name] if needed(model) else []
    assert_alike(loaded(tmp_path, own, [] if own else [name])[name], expected, name)


def assert_alike(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], name: str) -> None:
    for key, value in expected.items():
        if key == "trained":
            assert [*found[key]] == [*value], name
        else:
            np.testing.assert_allclose(found[key], value, rtol=1e-4, atol=1e-5, err_msg=name)
