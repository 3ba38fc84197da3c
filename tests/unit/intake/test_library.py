"""Calls of library blocks in imported specs: which arguments are found, and that nothing is taken on trust."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import archdsl
from archdsl.compiler import Program
from archdsl.files import DiskLoader
from archdsl.graph.model import Graph
from archdsl.intake import imported as module
from archdsl.intake.imported import imported
from archdsl.intake.library.shelf import shelf
from archdsl.intake.likeness import differences, flat
from archdsl.intake.style import Style

_STRUCTURAL = {"DoubleConv", "Ladder", "DepthwiseBN", "ShuffleBottleneck", "TopDown", "Up", "UNet"}
"""Blocks without a check of their own, and those that take more than one tensor."""


def _checked() -> list[tuple[str, Graph]]:
    """The graph in the first check of each block of the library, which may be called."""
    loader = DiskLoader()
    names = {block.decl.name.id for block in shelf().blocks}
    found = []
    for name in loader.modules("std"):
        source = loader.module(name)
        assert source is not None
        graphs = Program(source, loader).checked()
        found += [(block, graph) for block, graph in graphs.items() if block in names]
    return found


@pytest.mark.parametrize(("block", "graph"), [each for each in _checked() if each[0] not in _STRUCTURAL])
def test_what_a_block_makes_is_called(block: str, graph: Graph) -> None:
    found = imported(replace(flat(graph), name="net"), "net")
    model = found.text.partition("model Net()")[2]
    assert re.search(rf"\b{block}\b", model) or block in _PLAIN, found.text
    assert not differences(flat(graph), flat(found.graph))


_PLAIN = {"ShuffleUnitV2", "ResidualStage"}
"""Blocks of which an import finds parts: a value is named, or a loop is shorter."""


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("ConvBN(64, k=7, stride=2, pad=3)", "[64, 64, 3]"),
        ("ConvBNAct(64, act=silu, norm=batch_norm(momentum=0.8))", "[8, 8, 3]"),
        ("ConvBNAct(64, eps=0.001, act=relu6)", "[8, 8, 3]"),
        ("BNActConv(32, groups=4)", "[8, 8, 16]"),
        ("InvertedResidual(24, expand=4, k=5, stride=2)", "[8, 8, 16]"),
        ("InvertedResidual(16, expand=1)", "[8, 8, 32]"),
        ("MBConv(16, expand=2.5, squeeze=0.5, drop=0.2)", "[8, 8, 16]"),
        ("Bottleneck(64, stride=2, groups=32)", "[8, 8, 64]"),
        ("Bottleneck(64, per_group=128, gate=SqueezeExcite, drop=0.1)", "[8, 8, 256]"),
        ("BasicBlock(64, stride=2, shortcut=PooledProjection)", "[8, 8, 32]"),
        ("ResidualStage(Bottleneck(act=silu), width=64, depth=3)", "[8, 8, 64]"),
        ("ResidualStage(BasicBlock, width=64, depth=2)", "[8, 8, 32]"),
        ("DenseBlock(4, growth=12, drop=0.2)", "[8, 8, 24]"),
        ("ConvNeXtStage([0.0, 0.1])", "[8, 8, 24]"),
        ("EncoderBlock(3, ratio=2, act=silu, dropout=0.1, drop=0.2)", "[50, 192]"),
        ("EncoderBlock(3, layer_scale=1e-5)", "[50, 192]"),
        ("EncoderBlock(3, norm=rms_norm)", "[50, 192]"),
        ("EncoderBlock(3, mix=attention(3, causal=true))", "[50, 192]"),
        ("WindowAttention(3)", "[14, 14, 24]"),
        ("SwinBlock(3, drop=0.1)", "[7, 7, 24]"),
        ("SwinBlock(3, window=4, shift=2, drop=0.1)", "[8, 8, 24]"),
        ("SwinStage(3, drops=[0.0, 0.1])", "[14, 14, 24]"),
        ("SqueezeExcite(4, gate=hard_sigmoid)", "[8, 8, 96]"),
        ("WSConv(64, stride=2, pad=1)", "[8, 8, 16]"),
        ("Inception(8, r3=4, n3=8, r5=2, n5=4, pool=4, unit=ConvBNAct)", "[8, 8, 16]"),
    ],
)
def test_arguments_are_found(call: str, shape: str) -> None:
    """What is imported from a call is the call, with its arguments where they are not the defaults."""
    names = [name for name in re.findall(r"[A-Z]\w*", call) if name in shelf().homes]
    lines = [f"from {shelf().homes[name]} import {name}" for name in names]
    text = "\n".join([*lines, f"model Net() :: {shape} -> [...] {{ {call} }}\n"])
    found = imported(flat(archdsl.load_text(text).graph), "net").text
    assert re.search(rf"^  {re.escape(call)}( ::.*)?$", found, re.MULTILINE), found


def test_arguments_without_effect_may_be_missing() -> None:
    """Readers say no map for windows that are not shifted, where the library says one."""
    text = "from std.swin import SwinBlock\nmodel Net() :: [14, 14, 24] -> [14, 14, 24] { SwinBlock(3) }\n"
    read = flat(archdsl.load_text(text).graph)
    (attention,) = (node for node in read if node.op.name == "attention")
    assert attention.op.map == (14, 14)
    read.nodes[attention.name] = replace(attention, op=attention.op.model_copy(update={"map": None, "shift": 0}))
    assert "{\n  SwinBlock(3)\n}" in imported(read, "net").text
    read.nodes[attention.name] = replace(attention, op=attention.op.model_copy(update={"map": None, "bias": False}))
    assert "SwinBlock" not in imported(read, "net").text


def test_a_spec_without_the_library() -> None:
    text = "from std.conv import ConvBNAct\nmodel Net() :: [8, 8, 3] -> [8, 8, 4] { ConvBNAct(4) }\n"
    graph = archdsl.load_text(text).graph
    found = imported(flat(graph), "net", Style(std=False))
    assert "from " not in found.text
    assert "ConvBNAct" not in found.text
    assert [node.op for node in found.graph] == [node.op for node in graph]


def test_a_model_with_the_name_of_a_block() -> None:
    text = "from std.conv import ConvBN\nmodel Net() :: [8, 8, 3] -> [8, 8, 4] { ConvBN(4) }\n"
    found = imported(replace(flat(archdsl.load_text(text).graph), name="ConvBN"), "net").text
    assert "model ConvBN2() :: [8, 8, 3] -> [8, 8, 4] {\n  ConvBN(4)\n" in found


def test_what_differs_in_one_argument_is_no_call() -> None:
    """A second convolution with a bias: no block of the library has that, and its first half is a call."""
    text = (
        "model Net() :: [8, 8, 3] -> [8, 8, 4] { conv(4, bias=false) -> batch_norm -> relu -> conv(4) -> batch_norm }"
    )
    found = imported(flat(archdsl.load_text(text).graph), "net").text
    assert "  ConvBNAct(4)\n  -> conv(4, bias=true)\n  -> batch_norm\n" in found


def test_calls_that_are_not_proved_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from std.conv import ConvBNAct\nmodel Net() :: [8, 8, 3] -> [8, 8, 4] { ConvBNAct(4) -> dense(4) }\n"
    graph = archdsl.load_text(text).graph
    found = module.standard

    def wrong(*given: object) -> object:
        made = found(*given)  # type: ignore[arg-type]
        for each in made:
            each.order.reverse()
        return made

    monkeypatch.setattr(module, "standard", wrong)
    assert "from std" not in imported(flat(graph), "net").text


def test_a_loop_whose_last_value_has_a_name() -> None:
    text = """
      model Net() :: [8, 8, 4] -> [8, 8, 4] {
        repeat 6 { residual { conv(4) -> relu -> conv(4) -> sigmoid } } as x
        -> relu -> conv(4) -> conv(4, k=1) -> mul(x)
      }"""
    found = imported(flat(archdsl.load_text(text).graph), "net", Style(std=False)).text
    assert "repeat 6 {" in found
