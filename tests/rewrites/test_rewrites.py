"""Each rewrite: what it makes, that it computes the same with random weights and statistics, and what it leaves alone.

Each that computes something is tried with a fault planted in it as well, which the comparison sees.
"""

from __future__ import annotations

import os
from random import Random

import numpy as np
import pytest

import archdsl
from archdsl.compiler import Program
from archdsl.graph.json import from_json, to_json
from archdsl.graph.text import to_text
from archdsl.rewrites import REWRITES, optimised
from archdsl.source import SourceFile
from archdsl.summary import summarise
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.fuzz.wide import several
from tests.reference.run import random_weights
from tests.rewrites.agreement import Undefined, rewritten

SAME = 2e-6
"""Of the largest output: weights of the rewritten form are rounded to float32, all else is float64."""
PROGRAMS = int(os.environ.get("ARCHDSL_VALUES", "24"))


def model(body: str, shape: str = "[9, 8, 6]", before: str = "") -> str:
    """A model of one flow, whatever comes out."""
    return f"{before}\nmodel Net() :: {shape} -> [...] {{ {body} }}"


# --- folding after ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("conv(4, k=3, stride=2) -> batch_norm -> relu", ["conv", "relu"]),
        ("conv(8, k=3, groups=2, bias=false) -> batch_norm(scale=false) -> scale(0.5)", ["conv"]),
        ("depthwise_conv(3, multiplier=2) -> batch_norm(center=false)", ["depthwise_conv"]),
        ("separable_conv(4, multiplier=2) -> batch_norm", ["separable_conv"]),
        ("dense(5) -> scale(0.5, bias=true) -> rescale(2.0, 1.0) -> batch_norm", ["dense"]),
        ('dense(5) -> scale(0.5, per="tensor")', ["dense"]),
        ("conv(3) -> normalize([1.0, 2.0, 3.0], [1.0, 4.0, 0.5]) -> normalize", ["conv"]),
        ("dense(4) -> dropout(0.5) -> batch_norm", ["dense"]),
    ],
)
def test_what_follows_a_layer_is_folded_into_it(body: str, left: list[str]) -> None:
    found = rewritten(model(body), ["pass-on", "fold-after"])
    assert found.ops == left
    assert found.error < SAME


@pytest.mark.parametrize(
    "body",
    [
        "conv(4) as a -> batch_norm -> add { id, a }",  # the convolution is needed as it is
        "conv(4) -> relu -> batch_norm",
        "conv(4) -> layer_norm",
        "conv(4) -> float32 { batch_norm }",  # which rounds otherwise where precisions are mixed
        "{ parameter([3, 3, 6, 4]) as w } -> conv(4, kernel=w) -> batch_norm",
    ],
)
def test_what_cannot_be_folded_stays(body: str) -> None:
    text = (
        model(body)
        if "parameter" not in body
        else model("id as x -> { parameter([3, 3, 6, 4]) } as w -> { x -> conv(4, kernel=w) -> batch_norm }")
    )
    found = rewritten(text, ["fold-after"])
    assert "batch_norm" in found.ops or "layer_norm" in found.ops
    assert not found.done


def test_shared_weights_are_not_folded_into() -> None:
    text = """
    model Net() :: [8, 8, 4] -> [8, 8, 4] {
      shared unit = conv(4)
      unit -> batch_norm -> unit -> batch_norm -> unit
    }"""
    found = rewritten(text, ["fold-after"])
    assert found.ops == [node.op.name for node in found.before]
    assert not found.done


# --- folding before ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("rescale(0.5, -1.0) -> conv(4, k=3, stride=2)", ["pad", "conv"]),  # zero at 2 in every channel
        ("normalize(2.0, 4.0) -> conv(4, k=3, pad=1)", ["pad", "conv"]),
        ("rescale(0.25) -> conv(4, k=3, stride=2)", ["conv"]),  # zero at zero
        ("normalize([1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 4.0) -> conv(4, k=5, stride=2)", ["conv", "position_embedding"]),
        ("batch_norm -> conv(4, k=3, pad=[[0, 1], [2, 0]])", ["conv", "position_embedding"]),
        ("batch_norm -> conv(6, k=3, groups=3)", ["conv", "position_embedding"]),
        ("batch_norm -> conv(4, k=3, dilation=2)", ["conv", "position_embedding"]),
        ("batch_norm -> depthwise_conv(3, stride=2, multiplier=2)", ["depthwise_conv", "position_embedding"]),
        ('batch_norm -> conv(4, k=3, pad="valid")', ["conv"]),
        ("batch_norm -> conv(4, k=1)", ["conv"]),
        ("scale(0.5, bias=true) -> dense(4)", ["dense"]),
        ("batch_norm -> concat { conv(2, k=1), dense(3) }", ["conv", "dense", "concat"]),
    ],
)
def test_what_precedes_a_layer_is_folded_into_it_with_its_borders(body: str, left: list[str]) -> None:
    found = rewritten(model(body), ["fold-before"])
    assert found.ops == left
    assert found.error < SAME


def test_an_affine_that_others_need_stays() -> None:
    found = rewritten(model("batch_norm as x -> conv(6, k=1) -> add { id, x }"), ["fold-before"])
    assert not found.done


def test_borders_that_are_forgotten_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    text = model("normalize([1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 4.0) -> conv(4, k=3)")
    monkeypatch.setattr("archdsl.rewrites.fold_before._is_padded", lambda _: False)
    assert rewritten(text, ["fold-before"]).error > 1e-2


# --- branches that are added up ---------------------------------------------------------------------------------------

REP = "add { conv(6, k=1, pad=0, bias=false) -> batch_norm, conv(6, k=3, pad=1, bias=false) -> batch_norm, batch_norm }"


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (f"{REP} -> relu -> {REP}", ["conv", "relu", "conv"]),
        ("add { conv(4, k=1, stride=2, pad=0), conv(4, k=3, stride=2, pad=1) } -> relu", ["conv", "relu"]),
        ("add { conv(4, k=3, stride=2), conv(4, k=1, stride=2) }", ["conv"]),
        ("add { depthwise_conv(3) -> batch_norm, depthwise_conv(1) -> batch_norm, batch_norm }", ["depthwise_conv"]),
        ("add { conv(6, k=3, groups=2), conv(6, k=[1, 3], groups=2), id }", ["conv"]),
        ("add { dense(6), dense(6) -> scale(0.1), id }", ["dense"]),
        ("add { conv(6, k=3), conv(6, k=3) -> relu, id }", ["add"]),
        ("add { conv(6, k=[1, 9]), conv(6, k=[9, 1]) }", ["add"]),  # a kernel over both would have 81 taps
        ("add { conv(6, k=3), depthwise_conv(3) }", ["add"]),
    ],
)
def test_branches_that_are_added_up_are_one_layer(body: str, left: list[str]) -> None:
    found = rewritten(model(body), ["fold-after", "sum-branches"])
    layers = [op for op in found.ops if op not in ("conv", "dense", "depthwise_conv", "relu")] or found.ops
    assert layers == left
    assert found.error < SAME


def test_mobileone_in_its_training_form_is_two_layers_a_block() -> None:
    text = """
    from std.conv import ConvBN

    block Branches(k: int) :: [h, w, c] -> [h, w, c] {
      add {
        ...for i in range(4) { depthwise_conv(k, pad=k // 2, bias=false) -> batch_norm }
        depthwise_conv(1, bias=false) -> batch_norm
        batch_norm
      }
      -> relu
      -> add { ...for i in range(4) { ConvBN(c, k=1) }, batch_norm }
      -> relu
    }
    model One() :: [8, 8, 6] -> [8, 8, 6] { Branches(3) -> Branches(5) }"""
    found = rewritten(text)
    assert found.ops == ["depthwise_conv", "relu", "conv", "relu"] * 2
    assert found.error < SAME


def test_a_kernel_that_is_laid_elsewhere_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archdsl.rewrites.sum_branches._starts", lambda *_: (1, 1))
    assert rewritten(model(REP), ["fold-after", "sum-branches"]).error > 1e-2


# --- layers side by side ----------------------------------------------------------------------------------------------


def test_layers_on_one_value_are_one_with_their_activations() -> None:
    text = model(
        "concat { conv(4, k=1) -> relu, conv(3, k=1, bias=false) -> relu -> conv(5, k=3), conv(2, k=1) -> relu, id }"
    )
    found = rewritten(text, ["merge-parallel"])
    assert found.ops == ["conv", "relu", "slice", "slice", "conv", "slice", "concat"]
    assert found.error < SAME
    apart = rewritten(model("add { conv(4, k=1) -> relu, conv(4, k=1) -> gelu }"), ["merge-parallel"])
    assert apart.ops == ["conv", "slice", "relu", "slice", "gelu", "add"]
    assert apart.error < SAME


def test_layers_that_are_not_alike_stay_apart() -> None:
    found = rewritten(
        model("add { conv(6, k=3), conv(6, k=1), conv(6, k=3, dilation=2), conv(6, k=3, groups=2), dense(6) }"),
        ["merge-parallel"],
    )
    assert not found.done


# --- tokens that nothing needs ----------------------------------------------------------------------------------------

VIT = """
from std.transformer import EncoderBlock, PatchEmbed

model Vit(take: int = 1, depth: int = 3) :: [16, 16, 3] -> [5] {
  PatchEmbed(16, 4) -> class_token(2) -> position_embedding
  -> repeat depth { EncoderBlock(4, dropout=0.1, drop=0.1) }
  -> layer_norm
  -> HEAD
  -> dense(5)
}
"""


@pytest.mark.parametrize("head", ["slice(0, axis=0, keepdims=false)", "slice(-3, axis=0, keepdims=false)"])
def test_after_the_last_attention_there_is_one_token(head: str) -> None:
    found = rewritten(VIT.replace("HEAD", head))
    assert found.done["dead-tokens"]
    assert found.error < SAME
    last = [node for node in found.after if node.op.name == "attention"][-1]
    assert last.shape == (1, 16)
    assert [found.after.shapes[name] for name in last.inputs] == [(1, 16), (18, 16)]
    assert found.macs < 0.85


def test_two_tokens_that_are_needed_apart_are_kept_together() -> None:
    head = "average { slice(0, axis=0, keepdims=false), slice(1, axis=0, keepdims=false) }"
    found = rewritten(VIT.replace("HEAD", head))
    assert found.error < SAME
    assert [node.shape for node in found.after if node.op.name == "attention"][-1] == (2, 16)


@pytest.mark.parametrize(
    "attention", ["attention(2, causal=true)", "attention(2, relative_position=[3, 4])", "attention(2, rotary=[12])"]
)
def test_attention_in_which_places_matter_stays_whole(attention: str) -> None:
    text = f"model Net() :: [12, 16] -> [16] {{ {attention} -> dense(16) -> slice(1, axis=0, keepdims=false) }}"
    found = rewritten(text, ["dead-tokens"])
    assert [node.shape for node in found.after] == [(12, 16), (1, 16), (1, 16), (16,)]
    assert found.error < SAME


def test_tokens_that_a_mean_needs_are_not_dead() -> None:
    assert "dead-tokens" not in rewritten(VIT.replace("HEAD", "global_avg_pool")).done


def test_a_token_that_is_taken_from_elsewhere_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from archdsl.rewrites import dead_tokens

    right = dead_tokens._reslice
    monkeypatch.setattr(
        dead_tokens, "_reslice", lambda draft, node, own, kept: right(draft, node, own._replace(start=1, stop=2), kept)
    )
    head = "add { slice(0, axis=0, keepdims=false), slice(1, axis=0, keepdims=false) -> relu }"
    assert rewritten(VIT.replace("HEAD", head)).error > 1e-2


# --- maps that are enlarged late, layers in sequence ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("upsample(2) -> conv(4, k=1)", ["conv", "upsample"]),
        ('dense(8) -> upsample([2, 3], "bilinear") -> dense(4)', ["dense", "upsample"]),
        ('resize([20, 17], "bicubic") -> conv(4, k=1)', ["conv", "resize"]),
        ("resize([4, 4]) -> conv(4, k=1)", ["resize", "conv"]),  # which is smaller already
        ("upsample(2) -> conv(4, k=3)", ["upsample", "conv"]),
        ('upsample(1, "bilinear") -> relu', ["relu"]),
        ("conv(9, k=3) -> dense(2)", ["conv"]),
        ("dense(2) -> dense(9)", ["dense", "dense"]),  # one would have more weights
    ],
)
def test_single_places_are_computed_before_maps_are_enlarged(body: str, left: list[str]) -> None:
    found = rewritten(model(body))
    assert found.ops == left
    assert found.error < SAME


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("conv(4, k=1) -> avg_pool(2)", ["avg_pool", "conv"]),
        ("dense(4) -> avg_pool(3, stride=2, pad=1, count_pad=false)", ["avg_pool", "dense"]),
        ("dense(4) -> adaptive_avg_pool([3, 3])", ["adaptive_avg_pool", "dense"]),
        ("avg_pool(3, stride=1) -> conv(4, k=1) -> batch_norm", ["conv", "avg_pool"]),
        ("avg_pool(3, stride=1) -> conv(7, k=1)", ["avg_pool", "conv"]),  # which would average more channels
        ("conv(4, k=1) -> avg_pool(3, stride=2, pad=1)", ["conv", "avg_pool"]),  # zeros count, and a bias is none
        ("conv(4, k=1) -> max_pool(2)", ["conv", "max_pool"]),
        ("conv(4, k=3) -> avg_pool(2)", ["conv", "avg_pool"]),
    ],
)
def test_means_and_products_stand_in_the_order_that_is_less_work(body: str, left: list[str]) -> None:
    found = rewritten(model(body))
    assert found.ops == left
    assert found.error < SAME


def test_zeros_that_count_in_a_mean_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archdsl.ops.pooling.AvgPool.averages", True)
    assert rewritten(model("conv(4, k=1) -> avg_pool(3, stride=2, pad=1)")).error > 1e-2


def test_the_decoder_of_segformer_has_a_product_for_each_scale() -> None:
    text = """
    model Net() :: (a: [8, 8, 4], b: [4, 4, 6], c: [8, 8, 3]) -> [8, 8, 5] {
      concat { a -> dense(16), b -> dense(16) -> upsample(2, "bilinear"), c } -> conv(5, k=1) -> batch_norm -> relu
    }"""
    found = rewritten(text)
    assert found.ops.count("upsample") == 1
    assert found.macs < 0.65
    assert found.error < SAME


# --- all together -----------------------------------------------------------------------------------------------------


_STEPS = (
    *(
        "conv(6, k=3)",
        "conv(6, k=1, bias=false)",
        "conv(6, k=3, groups=2)",
        "conv(6, k=[1, 3], dilation=2)",
        "dense(6)",
    ),
    *("depthwise_conv(3)", "depthwise_conv(5, bias=false)", "separable_conv(6, k=3)", "conv(6, k=5, pad=2)"),
    *("batch_norm", "batch_norm(scale=false)", "scale(0.5, bias=true)", "rescale(0.5, -1.0)", "normalize", "relu"),
    *("dropout(0.1)", "avg_pool(3, stride=1)", "avg_pool(3, stride=1, pad=1)", "max_pool(3, stride=1)", "relu6"),
    *("conv(6, k=3, stride=2) -> upsample(2)", 'avg_pool(2) -> upsample(2, "bilinear")', "upsample(2) -> avg_pool(2)"),
    *(
        "upsample(2) -> conv(4, k=1) -> conv(6, k=2, stride=2)",
        "conv(9, k=1) -> avg_pool(2) -> upsample(2) -> dense(6)",
    ),
)


def _body(random: Random, depth: int = 2) -> str:
    """Steps and joins that all give the shape that they take: what rewrites look for, and must leave."""
    steps = []
    for _ in range(random.randint(1, 4)):
        kind = random.random()
        if depth and kind < 0.4:
            branches = [_body(random, depth - 1) for _ in range(random.randint(1, 3))] + ["id"]
            steps.append(f"add {{ {', '.join(branches)} }}")
        elif depth and kind < 0.5:
            steps.append(f"concat {{ {_body(random, depth - 1)}, {_body(random, depth - 1)} }} -> conv(6, k=1)")
        else:
            steps.append(random.choice(_STEPS))
    return " -> ".join(steps)


@pytest.mark.parametrize("block", range(2))
def test_compositions_of_what_rewrites_look_for_compute_the_same(block: int) -> None:
    wrong, done = [], set[str]()
    for seed in range(block * PROGRAMS // 2, (block + 1) * PROGRAMS // 2):
        body = _body(Random(seed))
        found = rewritten(model(body, "[8, 8, 6]"), seed=seed, batch=1)
        done |= found.done.keys()
        if not found.error < 1e-5:
            wrong.append(f"{seed}: {body}\n{found.done}, {found.error}")
    assert wrong == []
    assert done >= {"pass-on", "fold-after", "fold-before", "sum-branches"}


@pytest.mark.parametrize("block", range(2))
def test_programs_that_nobody_wrote_compute_the_same(block: int) -> None:
    found = []
    for seed in range(block * PROGRAMS // 2, (block + 1) * PROGRAMS // 2):
        random = Random(seed)
        text = Writer(random, seed).program()
        written = Program(SourceFile("<text>", text), MemoryLoader({})).graph("Net", {"rate": 0.0})
        assert written is not None, text
        for graph in (written, several(random)):
            try:
                pair = rewritten(graph, seed=seed)
            except Undefined:
                continue
            if not pair.error < 1e-4:  # where numbers cancel
                found.append(f"{seed}: {pair.done}, {pair.error}\n{to_text(graph)}")
    assert found == []


@pytest.mark.parametrize(
    ("rewrite", "body"),
    [
        ("fold-after", "conv(4, k=3) -> batch_norm"),
        ("compose", "conv(9, k=3) -> dense(2)"),
        ("late-upsample", "upsample(2) -> conv(4, k=1)"),
        ("merge-parallel", "add { conv(4, k=1) -> relu, conv(4, k=1) -> gelu }"),
    ],
)
def test_a_bias_that_is_forgotten_is_seen(rewrite: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rewritten(model(body), [rewrite]).error < SAME
    monkeypatch.setattr(f"archdsl.rewrites.{rewrite.replace('-', '_')}.bias", lambda _, node: np.zeros(node.shape[-1]))
    found = rewritten(model(body), [rewrite])
    assert found.done
    assert found.error > 1e-2


def test_the_result_is_a_graph_like_any_other() -> None:
    graph = archdsl.load("repvgg_a0", size=32).graph
    found = optimised(graph, random_weights(graph, np.random.default_rng(0)))
    assert from_json(to_json(found.graph)).nodes == found.graph.nodes
    assert summarise(found.graph).total.params == sum(array.size for array in found.arrays.values())
    assert "<svg" in archdsl.Architecture(found.graph).render(depth=2)
    assert [node.op.name for node in found.graph].count("conv") == 22
    assert {array.dtype for array in found.arrays.values()} == {np.dtype("float32")}
    again = optimised(found.graph, found.arrays)
    assert not again.done


def test_there_is_no_other_rewrite() -> None:
    graph = archdsl.load_text(model("conv(4)")).graph
    with pytest.raises(KeyError):
        optimised(graph, {}, ["fold"])
    assert {*REWRITES} >= {"fold-after", "fold-before", "sum-branches", "merge-parallel", "dead-tokens"}
