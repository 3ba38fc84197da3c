"""Models of timm against it: the same function, weight by weight, at full depth."""

from __future__ import annotations

import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import built
from tests.conformance.comparison import Comparison
from tests.conformance.conftest import Conforms

# By family; the first of each is compared in every run, the others in the full one. Of the largest of BiT and NFNet
# only the figures are compared.
FAMILIES = {
    "deit": [f"deit_{kind}" for kind in ("ti_distilled", "ti", "s", "s_distilled", "b", "b_distilled")],
    "dinov2": ["dinov2s", "dinov2b", "dinov2l"],
    "mixer": ["mixer_s32", "mixer_s16", "mixer_b32", "mixer_b16", "mixer_l16"],
    "resmlp": ["resmlp12", "resmlp24", "resmlp36", "resmlp_b24"],
    "poolformer": [f"poolformer_{kind}" for kind in ("s12", "s24", "s36", "m36", "m48")],
    "mobilevit": ["mobilevit_xxs", "mobilevit_xs", "mobilevit_s"],
    "cait": [f"cait_{kind}" for kind in ("xxs24", "xxs36", "s24", "xs24", "s36", "m36", "m48")],
    "coatnet": ["coatnet0", "coatnet1", "coatnet2", "coatnet3"],
    "xcit": ["xcit_n12", "xcit_t12", "xcit_s12", "xcit_s24", "xcit_m24"],
    "eva02": ["eva02_ti", "eva02_s", "eva02_b", "eva02_l"],
    "hrnet": ["hrnet_w18", "hrnet_w30", "hrnet_w32", "hrnet_w48"],
    "convnextv2": [f"convnextv2_{kind}" for kind in ("atto", "femto", "pico", "nano", "tiny", "base")],
    "vit": ["vit_s16", "vit_b32", "vit_l16"],
    "swin": ["swin_s", "swin_b"],
    "efficientnet_lite": [f"efficientnet_lite{i}" for i in range(5)],
    "nfnet": ["nfnet_f0"],
    "bit": ["bit_50x1", "bit_101x1", "bit_50x3"],
}
DEEP = {"hrnet", "vit", "swin", "efficientnet_lite", "nfnet"}
"""Of these even the smallest takes long to build, or shows what others show."""

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "deit_ti_distilled": [("trunk.cls_token", "trunk.dist_token"), ("head.dense", "head_dist.dense")],
    "dinov2s": [("blocks.3.scale1", "blocks.3.scale2")],
    "mixer_s32": [("blocks.2.mlp_tokens.fc1", "blocks.3.mlp_tokens.fc1")],
    "resmlp12": [("blocks.2.norm1", "blocks.2.norm2"), ("blocks.4.linear_tokens", "blocks.5.linear_tokens")],
    "poolformer_s12": [("stages.2.blocks.0.layer_scale1", "stages.2.blocks.0.layer_scale2")],
    "mobilevit_xxs": [("stages.3.mix.global.transformer.0.attention", "stages.3.mix.global.transformer.1.attention")],
    "cait_xxs24": [
        ("tokens.3.blocks.attention", "tokens.4.blocks.attention"),
        ("class_blocks.0.norm1", "class_blocks.0.norm2"),
    ],
    "coatnet0": [("stages.2.blocks.1.main.attention", "stages.2.blocks.2.main.attention")],
    "xcit_n12": [
        ("blocks.2.attn.gamma", "blocks.2.local.gamma"),
        ("blocks.5.attn.mix.qkv.q.rows.rows", "blocks.5.attn.mix.qkv.v.rows.rows"),
    ],
    "eva02_ti": [("blocks.2.mlp.gate.fc1_g", "blocks.2.mlp.main.fc1_x"), ("blocks.5.attention", "blocks.6.attention")],
    "hrnet_w18": [("s3.1.maps.0.fuse.add.0.1.project.conv", "s3.2.maps.0.fuse.add.0.1.project.conv")],
    "efficientnet_lite0": [("stages.3.blocks.1.projection.conv", "stages.3.blocks.2.projection.conv")],
    "eva02_b": [("blocks.5.mlp.mlp_norm", "blocks.6.mlp.mlp_norm")],
    "nfnet_f0": [
        ("stages.2.blocks.1.main.conv2.kernel.parameter", "stages.2.blocks.2.main.conv2b.kernel.parameter"),
        ("stages.2.blocks.1.main.conv3.kernel.instance_norm", "stages.2.blocks.2.main.conv3.kernel.instance_norm"),
        ("stages.1.blocks.0.main.skipinit_gain", "stages.1.blocks.1.main.skipinit_gain"),
    ],
    "bit_50x1": [
        ("stages.0.blocks.1.main.conv2.kernel.parameter", "stages.0.blocks.2.main.conv2.kernel.parameter"),
        ("stages.1.blocks.1.main.norm2", "stages.1.blocks.1.main.norm3"),
    ],
    "convnextv2_atto": [("stages.2.blocks.1.grn.affine", "stages.2.blocks.2.grn.affine")],
}

_PARAMETERS = [
    pytest.param(name, marks=() if name == names[0] and family not in DEEP else pytest.mark.full)
    for family, names in FAMILIES.items()
    for name in names
]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    vector = vectors.read(name)
    model = built(archdsl.load(vector.model, **vector.arguments), vector.drawn_weights())
    expected = {output: vector.expected(output) for output in vector.outputs}
    return Comparison(name, model, vector.drawn_images(), expected)


def test_answers_are_those_of_timm(compared: Comparison, conforms: Conforms) -> None:
    conforms(compared.name, "timm", compared.error, 1e-4)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    assert compared.shows_swaps(SWAPS.get(compared.name, ()))


def test_answers_depend_on_the_image(compared: Comparison) -> None:
    assert compared.depends_on_the_image()
