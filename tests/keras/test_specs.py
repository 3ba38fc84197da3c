"""Every bundled spec, built: what the analysis says of each node is what Keras made of it."""

from __future__ import annotations

from random import Random

import keras
import numpy as np
import pytest

import archdsl
from archdsl.backends.keras.registry import static
from archdsl.backends.keras.weights import variables
from archdsl.bundled import bundled, plain
from archdsl.compiler import Program
from archdsl.files import locate
from archdsl.graph.model import Graph
from archdsl.layers import needed
from archdsl.passes.cost import cost
from scripts.zoo import families, models_of

# Small inputs keep building quick; the last rows are unusual parameters.
CASES: list[tuple[str, dict[str, object]]] = [
    ("resnet18", {"size": 64}),
    ("resnet34", {"size": 32, "classes": 3}),
    ("resnet50", {}),
    ("resnet101", {"size": 64}),
    ("resnet152", {"size": 32}),
    ("resnet50_v1", {"size": 64}),
    ("resnet101_v1", {"size": 32}),
    ("resnet152_v1", {"size": 32, "classes": 3}),
    ("lenet5", {}),
    ("alexnet", {"size": 127}),
    ("alexnet_2012", {"classes": 5}),
    ("vgg11", {"size": 64}),
    ("vgg13", {"size": 32}),
    ("vgg16", {"size": 32, "classes": 7}),
    ("vgg19", {"size": 32}),
    ("googlenet", {"size": 64}),
    ("googlenet_aux", {"classes": 3}),
    ("googlenet_bn", {"size": 96}),
    ("googlenet_bn_aux", {"size": 96}),
    ("vit_ti16", {}),
    ("vit_s16", {"size": 64, "drop": 0.1}),
    ("vit_b16", {"depth": 2, "dropout": 0.1}),
    ("vit_b32", {"depth": 2, "size": 96}),
    ("vit_l16", {"depth": 2, "size": 32}),
    ("swin_t", {}),
    ("swin_s", {"size": 32, "classes": 3}),
    ("swin_b", {"depths": [2, 1, 2, 1], "size": 160}),
    ("light_cifar", {}),
    ("hybrid", {"size": 96}),
    ("ablation", {}),
    ("ablation_se", {"classes": 100}),
    ("ablation_drop", {}),
    ("ablation_large_kernel", {"size": 64}),
    ("ablation_gelu", {}),
    ("ablation_layer_norm", {}),
    ("ablation_all", {}),
    ("densenet121", {"size": 64}),
    ("densenet169", {"size": 32}),
    ("densenet201", {"size": 32}),
    ("mobilenet_v2", {}),
    ("efficientnet_b0", {"size": 64}),
    ("efficientnet_b1", {"size": 75}),
    ("efficientnet_b2", {"depth": 0.3, "size": 65}),
    ("efficientnet_b3", {"depth": 0.3, "size": 75, "classes": 3}),
    ("efficientnet_b4", {"depth": 0.3, "size": 95}),
    ("efficientnet_b5", {"depth": 0.3, "size": 32}),
    ("efficientnet_b6", {"depth": 0.3, "size": 33}),
    ("efficientnet_b7", {"depth": 0.3, "size": 64}),
    ("efficientnet_lite0", {"size": 65}),
    ("efficientnet_lite1", {"depth": 0.3, "size": 32}),
    ("efficientnet_lite2", {"depth": 0.3, "size": 32}),
    ("efficientnet_lite3", {"depth": 0.3, "size": 32}),
    ("efficientnet_lite4", {"depth": 0.3, "size": 32, "classes": 3}),
    ("convnext_tiny", {"size": 64}),
    ("convnext_small", {"depths": [1, 1, 2, 1], "size": 32}),
    ("convnext_base", {"depths": [1, 1, 2, 1], "size": 64}),
    ("deit_ti", {"depth": 1, "size": 32}),
    ("deit_s", {"depth": 1, "size": 32}),
    ("deit_b", {"depth": 1, "size": 32}),
    ("deit_ti_distilled", {"depth": 1, "size": 32}),
    ("deit_s_distilled", {"depth": 1, "size": 32}),
    ("deit_b_distilled", {"depth": 1, "size": 32}),
    ("mixer_s32", {"depth": 1, "size": 32}),
    ("mixer_s16", {"depth": 1, "size": 32}),
    ("mixer_b32", {"depth": 1, "size": 32}),
    ("mixer_b16", {"depth": 1, "size": 32}),
    ("mixer_l16", {"depth": 1, "size": 32}),
    ("resmlp12", {"depth": 1, "size": 32}),
    ("resmlp24", {"depth": 1, "size": 32}),
    ("resmlp36", {"depth": 1, "size": 32}),
    ("resmlp_b24", {"depth": 1, "size": 32}),
    ("poolformer_s12", {"depths": [1, 1, 1, 1], "size": 64}),
    ("poolformer_s24", {"depths": [1, 1, 1, 1], "size": 64}),
    ("poolformer_s36", {"depths": [1, 1, 1, 1], "size": 64}),
    ("poolformer_m36", {"depths": [1, 1, 1, 1], "size": 64}),
    ("poolformer_m48", {"depths": [1, 1, 1, 1], "size": 64}),
    ("dinov2s", {"depth": 1, "size": 28}),
    ("dinov2b", {"depth": 1, "size": 28}),
    ("dinov2l", {"depth": 1, "size": 28}),
    ("mobilevit_xxs", {"size": 64}),
    ("mobilevit_xs", {"size": 64}),
    ("mobilevit_s", {"size": 64}),
    ("cait_xxs24", {"depth": 1, "class_depth": 1, "size": 32}),
    ("cait_xxs36", {"depth": 1, "class_depth": 1, "size": 32}),
    ("cait_s24", {"depth": 1, "class_depth": 1, "size": 32}),
    ("cait_xs24", {"depth": 1, "class_depth": 1, "size": 32}),
    ("cait_s36", {"depth": 1, "class_depth": 1, "size": 32}),
    ("cait_m36", {"depth": 1, "class_depth": 1, "size": 32}),
    ("cait_m48", {"depth": 1, "class_depth": 1, "size": 32}),
    ("coatnet0", {"depths": [1, 1, 1, 1], "size": 64}),
    ("coatnet1", {"depths": [1, 1, 1, 1], "size": 64}),
    ("coatnet2", {"depths": [1, 1, 1, 1], "size": 64}),
    ("coatnet3", {"depths": [1, 1, 1, 1], "size": 64}),
    ("cvt13", {"depths": [1, 1, 1], "size": 64}),
    ("cvt21", {"depths": [1, 1, 1], "size": 64}),
    ("cvt_w24", {"depths": [1, 1, 1], "size": 64}),
    ("convnextv2_atto", {"depths": [1, 1, 1, 1], "size": 32}),
    ("convnextv2_femto", {"depths": [1, 1, 1, 1], "size": 32}),
    ("convnextv2_pico", {"depths": [1, 1, 1, 1], "size": 32}),
    ("convnextv2_nano", {"depths": [1, 1, 1, 1], "size": 32}),
    ("convnextv2_tiny", {"depths": [1, 1, 1, 1], "size": 32}),
    ("convnextv2_base", {"depths": [1, 1, 1, 1], "size": 32}),
    ("eva02_ti", {"depth": 1, "size": 28}),
    ("eva02_s", {"depth": 1, "size": 28}),
    ("eva02_b", {"depth": 1, "size": 28}),
    ("eva02_l", {"depth": 1, "size": 28}),
    ("deeplabv3_resnet50", {"depths": [1, 1, 1, 1], "rates": [1, 2], "size": 33}),
    ("deeplabv3_resnet101", {"depths": [1, 1, 1, 1], "size": 33}),
    ("segformer_b0", {"depths": [1, 1, 1, 1], "size": 64}),
    ("segformer_b1", {"depths": [1, 1, 1, 1], "size": 64}),
    ("segformer_b2", {"depths": [1, 1, 1, 1], "size": 64}),
    ("segformer_b3", {"depths": [1, 1, 1, 1], "size": 64}),
    ("segformer_b4", {"depths": [1, 1, 1, 1], "size": 64}),
    ("segformer_b5", {"depths": [1, 1, 1, 1], "size": 64}),
    ("retinanet_resnet50", {"depths": [1, 1, 1, 1], "size": 64}),
    ("xcit_n12", {"depth": 1, "size": 32}),
    ("xcit_t12", {"depth": 1, "size": 32}),
    ("xcit_s12", {"depth": 1, "size": 32}),
    ("xcit_s24", {"depth": 1, "size": 32}),
    ("xcit_m24", {"depth": 1, "size": 32}),
    ("hrnet_w18", {"size": 64}),
    ("hrnet_w30", {"size": 64}),
    ("hrnet_w32", {"size": 64}),
    ("hrnet_w48", {"size": 64}),
    ("nfnet_f0", {"size": 32}),
    ("nfnet_f1", {"size": 32}),
    ("nfnet_f2", {"size": 32}),
    ("bit_50x1", {"size": 32, "depths": [1, 2, 1, 1]}),
    ("bit_50x3", {"size": 32, "depths": [1, 1, 1, 1]}),
    ("bit_101x1", {"size": 32}),
    ("bit_101x3", {"size": 32, "depths": [1, 1, 1, 1]}),
    ("bit_152x2", {"size": 32, "depths": [1, 1, 1, 1]}),
    ("bit_152x4", {"size": 32, "depths": [1, 1, 1, 1]}),
    ("yolov8n", {"size": 64}),
    ("ddpm", {"widths": [32, 64], "depth": 1, "size": 32}),
    ("mobilenet_v1", {"size": 64, "width": 0.5}),
    ("mobilenet_v3_small", {"size": 64}),
    ("mobilenet_v3_large", {"size": 33}),
    ("efficientnet_v2_b0", {"size": 65, "depth": 0.4}),
    ("efficientnet_v2_b1", {"size": 64, "depth": 0.4}),
    ("efficientnet_v2_b2", {"size": 64, "depth": 0.4}),
    ("efficientnet_v2_b3", {"size": 64, "depth": 0.4}),
    ("efficientnet_v2_s", {"size": 33, "depth": 0.2}),
    ("efficientnet_v2_m", {"size": 33, "depth": 0.2}),
    ("efficientnet_v2_l", {"size": 33, "depth": 0.2}),
    ("inception_v3", {"size": 75}),
    ("inception_resnet_v2", {"size": 75}),
    ("xception", {"size": 71}),
    ("resnet50_v2", {"size": 64, "depths": [1, 2, 1, 2]}),
    ("resnet101_v2", {"size": 32}),
    ("resnet152_v2", {"size": 32}),
    ("nasnet_mobile", {"size": 64, "blocks": 1}),
    ("nasnet_large", {"size": 65, "blocks": 1}),
    ("regnet_x400mf", {"size": 32}),
    ("regnet_x800mf", {"size": 32}),
    ("regnet_x1600mf", {"size": 32}),
    ("regnet_x3200mf", {"size": 32}),
    ("regnet_x8gf", {"size": 32}),
    ("regnet_x16gf", {"size": 32}),
    ("regnet_x32gf", {"size": 32}),
    ("regnet_y400mf", {"size": 32}),
    ("regnet_y800mf", {"size": 32}),
    ("regnet_y1600mf", {"size": 32}),
    ("regnet_y3200mf", {"size": 32}),
    ("regnet_y8gf", {"size": 32}),
    ("regnet_y16gf", {"size": 32}),
    ("regnet_y32gf", {"size": 32}),
    ("shufflenet_v2_x05", {"size": 64}),
    ("shufflenet_v2_x10", {"size": 64}),
    ("shufflenet_v2_x15", {"size": 64}),
    ("shufflenet_v2_x20", {"size": 64}),
    ("squeezenet10", {"size": 65}),
    ("squeezenet11", {"size": 64}),
    ("vgg11_bn", {"size": 32}),
    ("vgg13_bn", {"size": 32}),
    ("vgg16_bn", {"size": 32}),
    ("vgg19_bn", {"size": 32}),
    ("resnext50", {"size": 32}),
    ("resnext101", {"size": 32}),
    ("resnext101_g64", {"size": 32}),
    ("wide_resnet50", {"size": 32}),
    ("wide_resnet101", {"size": 32}),
    ("seresnet50", {"size": 32}),
    ("seresnet101", {"size": 32}),
    ("seresnet152", {"size": 32}),
    ("seresnext50", {"size": 32}),
    ("senet154", {"size": 32}),
    ("res2net50", {"size": 32}),
    ("res2net101", {"size": 32}),
    ("repvgg_a0", {"size": 32}),
    ("repvgg_a1", {"size": 32}),
    ("repvgg_a2", {"size": 32}),
    ("repvgg_b0", {"size": 32}),
    ("repvgg_b1", {"size": 32}),
    ("gpt2", {"width": 32, "depth": 2, "heads": 2, "context": 8, "vocabulary": 50}),
    ("gpt2_medium", {"width": 32, "depth": 1, "heads": 2, "context": 8, "vocabulary": 50}),
    ("mobilenet_v2", {"width": 1.4, "size": 64}),
    ("resnet50", {"depths": [1, 2, 1, 1], "size": 96, "classes": 17}),
    ("vgg16", {"depths": [1, 1, 2, 1, 4], "size": 64, "classes": 2}),
]


# Of families with a smaller one above or below, or deep.
LARGE = {
    "efficientnet_lite1",
    "efficientnet_lite2",
    "efficientnet_lite3",
    "efficientnet_lite4",
    "deit_ti",
    "deit_s",
    "deit_b",
    "deit_s_distilled",
    "deit_b_distilled",
    "mixer_s16",
    "mixer_b32",
    "mixer_b16",
    "mixer_l16",
    "resmlp24",
    "resmlp36",
    "resmlp_b24",
    "poolformer_s24",
    "poolformer_s36",
    "poolformer_m36",
    "poolformer_m48",
    "dinov2b",
    "dinov2l",
    "mobilevit_xs",
    "xcit_t12",
    "xcit_s12",
    "xcit_s24",
    "xcit_m24",
    "hrnet_w18",
    "hrnet_w30",
    "hrnet_w32",
    "hrnet_w48",
    "nfnet_f1",
    "nfnet_f2",
    "bit_50x3",
    "bit_101x1",
    "bit_101x3",
    "bit_152x2",
    "bit_152x4",
    "mobilevit_s",
    "cait_xxs36",
    "cait_s24",
    "cait_xs24",
    "cait_s36",
    "cait_m36",
    "cait_m48",
    "coatnet1",
    "coatnet2",
    "coatnet3",
    "cvt21",
    "cvt_w24",
    "convnextv2_femto",
    "convnextv2_pico",
    "convnextv2_nano",
    "convnextv2_tiny",
    "convnextv2_base",
    "eva02_s",
    "eva02_b",
    "eva02_l",
    "deeplabv3_resnet101",
    "segformer_b1",
    "segformer_b2",
    "segformer_b3",
    "segformer_b4",
    "segformer_b5",
    "inception_v3",
    "xception",
    "nasnet_mobile",
    "regnet_y400mf",
    "mobilenet_v3_large",
    "efficientnet_v2_b1",
    "efficientnet_v2_b2",
    "efficientnet_v2_b3",
    "efficientnet_v2_s",
    "efficientnet_v2_m",
    "efficientnet_v2_l",
    "inception_resnet_v2",
    "resnet101_v2",
    "resnet152_v2",
    "nasnet_large",
    "regnet_x400mf",
    "regnet_x800mf",
    "regnet_x1600mf",
    "regnet_x3200mf",
    "regnet_x8gf",
    "regnet_x16gf",
    "regnet_x32gf",
    "regnet_y800mf",
    "regnet_y1600mf",
    "regnet_y3200mf",
    "regnet_y8gf",
    "regnet_y16gf",
    "regnet_y32gf",
    "shufflenet_v2_x10",
    "shufflenet_v2_x15",
    "shufflenet_v2_x20",
    "squeezenet10",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
    "resnext50",
    "resnext101",
    "resnext101_g64",
    "wide_resnet50",
    "wide_resnet101",
    "seresnet50",
    "seresnet101",
    "seresnet152",
    "seresnext50",
    "senet154",
    "res2net50",
    "res2net101",
    "repvgg_a1",
    "repvgg_a2",
    "repvgg_b0",
    "repvgg_b1",
}

NEED_LAYERS = {family["spec"] for family in families() if family.get("needs_layers")}
"""Specs with tokens, positions or factors that are learned; all others load with Keras alone."""


def needs_layers(name: str) -> bool:
    return bundled()[plain(name)][0].removesuffix(".arch") in NEED_LAYERS


def assert_keras_agrees(graph: Graph, model: keras.Model) -> None:
    """Names and output shapes of layers and operations, weights and whether they are trained, and the totals."""
    costs = cost(graph)
    made = {operation.name: operation for operation in model.operations}
    inputs = {port.name for port in graph.inputs}
    helpers = {name for name in set(made) - inputs - set(graph.by_path) if name.rpartition(".")[0] in graph.by_path}
    owned = {node.path for node in graph if node.layer == node.path}
    assert set(made) - helpers - inputs >= owned
    assert set(made) - helpers <= set(graph.by_path) | inputs
    trained = {id(weight) for weight in model.trainable_weights}
    for node in graph:
        if node.path not in owned:
            continue
        last = made.get(f"{node.path}.crop", made[node.path])
        assert last.output.shape[1:] == static(node.shape), node.path
        weights = getattr(made[node.path], "weights", [])
        params = [int(np.prod(weight.shape)) for weight in weights]
        assert sum(params) == costs.nodes[node.path].params, node.path
        learned = sum(n for n, weight in zip(params, weights, strict=True) if id(weight) in trained)
        assert learned == costs.nodes[node.path].trainable, node.path
    assert model.count_params() == costs.params
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == costs.trainable
    assert {id(v) for v in variables(graph, model).values()} == {id(v) for v in model.weights}


_PARAMETERS = [pytest.param(*case, marks=pytest.mark.full if case[0] in LARGE else ()) for case in CASES]


@pytest.mark.parametrize(("name", "params"), _PARAMETERS, ids=str)
def test_layers_are_as_analysed(name: str, params: dict[str, object]) -> None:
    architecture = archdsl.load(name, **params)
    model = architecture.build()
    assert_keras_agrees(architecture.graph, model)
    assert bool(needed(model)) == needs_layers(name)


@pytest.mark.parametrize("seed", range(12))
def test_random_models_are_as_analysed(seed: int) -> None:
    """Sizes, depths and widths that nobody chose, of recipes that take any."""
    random = Random(seed)
    depths = [random.randint(1, 2) for _ in range(4)]
    size = 32 * random.randint(1, 3)
    name, params = random.choice(
        [
            ("resnet50", {"depths": depths, "size": size}),
            ("resnet18", {"depths": depths, "size": size}),
            ("vgg16", {"depths": [*depths, 1], "size": size}),
            ("mobilenet_v2", {"width": random.choice([0.35, 0.75, 1.3]), "size": size}),
            ("efficientnet_b0", {"width": random.uniform(0.5, 1.5), "depth": 0.4, "size": random.randint(33, 90)}),
            ("convnext_tiny", {"depths": depths, "size": size}),
            ("vit_ti16", {"depth": random.randint(1, 3), "size": 16 * random.randint(2, 6)}),
        ]
    )
    architecture = archdsl.load(name, classes=random.randint(2, 50), **params)
    assert_keras_agrees(architecture.graph, architecture.build())


def test_every_bundled_model_is_a_case() -> None:
    assert {name for name in bundled() if not _is_recipe(name)} == {plain(name) for name, _ in CASES}


def test_the_zoo_shows_every_bundled_model() -> None:
    shown = [plain(name) for family in families() for name in models_of(family)]
    assert sorted(shown) == sorted({plain(name) for name, _ in CASES})


def _is_recipe(name: str) -> bool:
    """Whether a model needs arguments, as ``ResNet`` does, of which ``ResNet50`` is made; or is only a file's name."""
    located = locate(name)
    if located.model is None:
        return True
    parameters = Program(located.source, located.loader).parameters(located.model)
    return any(parameter.default is None for parameter in parameters.values())
