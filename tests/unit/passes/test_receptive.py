"""Receptive fields against published ones, and by hand where branches, gates and windows meet."""

from __future__ import annotations

from fractions import Fraction

import pytest

from archdsl import load, load_text
from archdsl.graph.dims import Sym
from archdsl.ops.reach import SAME, UNKNOWN, WHOLE, Reach, resampled, then, union
from archdsl.passes.receptive import Field, receptive_field
from tests.unit.graph.build import resnet


def field_of(step: str, output: str = "[_, _, _]") -> Field:
    graph = load_text(f"model Net() :: [32, 32, 8] -> {output} {{ {step} }}").graph
    return receptive_field(graph).nodes[graph.outputs[0].node]


@pytest.mark.parametrize(
    ("name", "size"),
    # Araujo, Norris & Sim 2019, table 1; its ResNets have their strides where only 1x1 convolutions see them, as
    # resnet50_v1 has. EfficientNet-B0 and MobileNetV2: the same sums over the papers' tables.
    [
        ("alexnet", 195),
        ("vgg16", 212),
        ("resnet50_v1", 483),
        ("resnet101_v1", 1027),
        ("resnet152_v1", 1507),
        ("mobilenet_v2", 491),
        ("efficientnet_b0", 851),
        ("resnet50", 427),
    ],
)
def test_published_fields_of_the_last_map(name: str, size: int) -> None:
    found = receptive_field(load(name).graph).largest
    assert found is not None
    assert found.size == (size, size)
    assert found.stride == (32, 32)


def test_along_a_resnet() -> None:
    nodes = receptive_field(resnet()).nodes
    assert [nodes[path].size[0] for path in ("stem.relu", "max_pool", "c2.2.relu", "c3.3.relu")] == [7, 11, 35, 91]
    assert nodes["global_avg_pool"].size == nodes["head"].size == ("whole", "whole")
    assert nodes["head"].stride == (None, None)


def test_fields_do_not_depend_on_open_dimensions() -> None:
    largest = receptive_field(resnet(size=Sym.named("h"))).largest
    assert largest is not None
    assert largest.size == (427, 427)


def test_each_axis_has_its_own() -> None:
    field = field_of("conv(8, k=[1, 7]) -> conv(8, k=[3, 1], stride=[2, 1])")
    assert (field.size, field.stride) == ((3, 7), (2, 1))


def test_the_widest_branch_counts() -> None:
    assert field_of("concat { a: conv(8, k=1)  b: conv(8, k=5)  c: conv(8, k=3) -> conv(8, k=3) }").size == (5, 5)


def test_a_gate_is_told_beside_the_field() -> None:
    gated = field_of("conv(8) -> mul(broadcast=true) { it: id  gate: global_avg_pool(keepdims=true) -> conv(8, k=1) }")
    assert (gated.size, gated.context) == ((3, 3), True)
    assert field_of("conv(8) -> group_norm(4)").context
    assert not field_of("conv(8) -> batch_norm -> layer_norm").context


def test_tokens_keep_their_places_until_they_attend() -> None:
    patches = "conv(16, k=4, stride=4) -> flatten_spatial -> layer_norm -> dense(16)"
    assert field_of(patches, "[_, _]").size == (4, 4)
    assert field_of(f"{patches} -> attention(2)", "[_, _]").size == ("whole", "whole")
    assert field_of(f"{patches} -> unflatten_spatial([8, 8]) -> conv(8, k=3)").size == (12, 12)


def test_mixing_transposed_tokens_sees_all() -> None:
    assert field_of("flatten_spatial -> permute([1, 0]) -> dense(1024)", "[_, _]").size == ("whole", "whole")
    assert field_of("flatten_spatial -> permute([1, 0]) -> gelu", "[_, _]").size == (1, 1)


def test_channels_may_be_shuffled() -> None:
    shuffle = "conv(8) -> reshape([32, 32, 2, 4]) -> permute([0, 1, 3, 2]) -> reshape([32, 32, 8]) -> conv(8)"
    assert field_of(shuffle).size == (5, 5)


def test_shifted_windows_widen_the_field() -> None:
    attend = "window_partition(8) -> attention(2) -> window_merge(8, [32, 32])"
    assert field_of(attend).size == (8, 8)
    assert field_of(f"{attend} -> roll(-4) -> {attend} -> roll(4)").size == (16, 16)


def test_enlarging_makes_strides_fractions() -> None:
    field = field_of("upsample(2)")
    assert (field.size, field.stride) == ((1, 1), (Fraction(1, 2), Fraction(1, 2)))
    assert field_of("upsample(2) -> conv(8, k=3)").size == (2, 2)


def test_ways_that_drift_apart_are_unknown() -> None:
    text = "add { a: avg_pool(2)  b: crop(8) }"
    assert field_of(text).size == ("unknown", "unknown")
    assert field_of(f"{text} -> global_avg_pool", "[_]").size == ("whole", "whole")


def test_a_model_of_vectors_has_no_field() -> None:
    found = receptive_field(load_text("model Net() :: [784] -> [10] { dense(10) }").graph)
    assert found.largest is None
    assert found.nodes["dense"].size == ()


def test_long_patterns_are_not_followed() -> None:
    assert resampled(1, 4096, 0, 0) == UNKNOWN
    prime = resampled(1, 997, 0, 0)
    assert then(prime, resampled(1, 991, 0, 0)) == UNKNOWN
    assert then(prime, WHOLE) == WHOLE
    assert union([WHOLE, UNKNOWN]) == WHOLE
    assert then(SAME, Reach.window(3, before=1)) == Reach.window(3, before=1)
