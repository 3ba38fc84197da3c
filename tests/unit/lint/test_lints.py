"""Lints: where each is heard, and where it must keep quiet; golden samples are in tests/cases/errors/lints.arch."""

from __future__ import annotations

import pytest

from archdsl.compiler import Program
from archdsl.diagnostics.fixes import Checked, mend
from archdsl.files import DiskLoader
from archdsl.graph.fingerprint import fingerprint
from archdsl.source import SourceFile


def _checked(text: str) -> Checked:
    source = SourceFile("net.arch", text)
    program = Program(source, DiskLoader())
    program.check()
    graphs = {name: program.graph(name) for name in program.ready()}
    return Checked(source, program.diagnostics, {name: fingerprint(g) for name, g in graphs.items() if g is not None})


def _codes(text: str) -> list[str]:
    return [d.code for d in _checked(text).found]


def _net(body: str, size: int = 32) -> str:
    return f"model Net() :: [{size}, {size}, 3] -> [...] {{ {body} }}\n"


@pytest.mark.parametrize(
    "body",
    [
        "conv(8) -> batch_norm",
        "depthwise_conv(3) -> batch_norm",
        "global_avg_pool -> dense(8) -> batch_norm",
        "repeat 3 { conv(8) -> batch_norm -> relu }",
    ],
)
def test_bias_before_norm(body: str) -> None:
    assert _codes(_net(body)) == ["bias-before-norm"]


@pytest.mark.parametrize(
    "body",
    [
        "conv(8, bias=false) -> batch_norm",
        "conv(8, bias=true) -> batch_norm",  # it is meant
        "conv(8) -> batch_norm(trainable=false)",  # which keeps its averages
        "conv(8) -> layer_norm",  # over the channels, which have different biases
        "conv(8) -> group_norm(4)",
        "conv(8) -> relu -> batch_norm",
        "conv(8) as x -> batch_norm -> add(x)",  # the bias is added here
        "batch_norm -> conv(8)",
    ],
)
def test_a_bias_with_an_effect(body: str) -> None:
    assert _codes(_net(body)) == []


BRANCH = "conv(3, bias=false) -> batch_norm"


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        (f"add {{ main: {BRANCH} -> relu  skip: id }} -> relu", 1),
        (f"residual {{ {BRANCH} -> relu }} -> relu", 1),
        (f"add {{ main: {BRANCH} -> silu  skip: {BRANCH} }} -> relu", 1),
        (f"add {{ main: {BRANCH}  skip: id }} -> relu", 0),
        (f"add {{ main: {BRANCH} -> relu  skip: id }}", 0),  # as in RegNet's and EfficientNet's relatives
        (f"add {{ main: {BRANCH} -> relu  skip: id }} -> conv(3)", 0),
        (f"add {{ a: {BRANCH} -> relu  b: {BRANCH} -> relu }} -> relu", 0),  # neither is the shortcut of the other
        ("add { main: conv(3) -> relu  skip: id } -> relu", 0),
        (f"{BRANCH} -> relu -> residual {{ {BRANCH} }} -> relu", 0),  # the activation is the unit's input
        (f"concat {{ main: {BRANCH} -> relu  skip: id }} -> relu", 0),
        (f"add {{ main: {BRANCH} -> relu  skip: id }} as sum -> relu -> add(sum)", 0),
    ],
)
def test_activation_before_add(body: str, heard: int) -> None:
    assert _codes(_net(body)) == ["activation-before-add"] * heard


def test_a_bias_is_left_out_when_asked() -> None:
    start = _checked(_net("conv(8, k=1) -> batch_norm"))
    assert mend(start, _checked).now is start
    assert mend(start, _checked, unsafe=True).now.source.text == _net("conv(8, k=1, bias=false) -> batch_norm")


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("global_avg_pool -> dense(10) -> dropout(0.5)", True),
        ("global_avg_pool -> dense(10) -> dropout(0.5) -> softmax", True),
        ("global_avg_pool -> dense(10) -> softmax -> dropout(0.5)", False),  # odd, but no last layer before it
        ("global_avg_pool -> dropout(0.5) -> dense(10)", False),
        ("conv(8) -> dropout(0.5)", False),  # a map: part of a model
        ("global_avg_pool -> dropout(0.5)", False),  # features
        ("global_avg_pool -> dense(10) -> relu -> dropout(0.5)", False),  # features
    ],
)
def test_dropout_after_logits(body: str, heard: bool) -> None:
    assert _codes(_net(body)) == ["dropout-after-logits"] * heard


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("repeat 1 { conv(8) }", True),
        ("repeat 1 as i { conv(8 + i) }", True),
        ("repeat 2 { conv(8) }", False),
        ("for n in [8] { conv(n) }", False),  # a list that is edited
    ],
)
def test_repeat_once(body: str, heard: bool) -> None:
    assert _codes(_net(body)) == ["repeat-once"] * heard


def test_the_body_of_a_loop_with_one_round() -> None:
    """Names of nodes change, so that weights of before would not fit: that is not safe."""
    start = _checked(_net("repeat 1 { conv(8) -> relu }"))
    assert mend(start, _checked).now is start
    assert mend(start, _checked, unsafe=True).now.source.text == _net("conv(8) -> relu")


def test_number_of_signature() -> None:
    text = "model Net(classes: int = 10) :: [32, 32, 3] -> [classes] { global_avg_pool -> dense(10) }\n"
    start = _checked(text)
    assert [d.code for d in start.found] == ["number-of-signature"]
    assert mend(start, _checked).now.source.text == text.replace("dense(10)", "dense(classes)")
    assert _codes(text.replace("dense(10)", "dense(classes)")) == []
    assert _codes(_net("global_avg_pool -> dense(10)")) == []
    # The output has as many channels as flow in: no number of the body says so.
    assert _codes("model Net(c: int = 3) :: [32, 32, c] -> [32, 32, c] { batch_norm }\n") == []


@pytest.mark.parametrize(
    ("body", "size", "heard"),
    [
        ('max_pool(2, pad="valid")', 33, True),
        ('conv(96, k=16, stride=16, pad="valid", bias=false)', 225, True),
        ('max_pool(2, pad="valid")', 32, False),
        ("max_pool(2)", 33, False),  # "same" covers it
        ("max_pool(2, pad=[[0, 1], [0, 1]])", 33, False),
        ('max_pool(3, stride=2, pad="valid")', 32, False),  # windows that overlap, as in many papers
        ("conv(8, k=1, stride=2, bias=false)", 33, False),  # windows with gaps
        ('crop([[0, 1], [0, 1]]) -> max_pool(2, pad="valid")', 33, False),
    ],
)
def test_uncovered_map(body: str, size: int, heard: bool) -> None:
    assert _codes(_net(body, size)) == ["uncovered-map"] * heard


_IMPORTS = "from std.conv import ConvBN, ConvBNAct as Unit\n"
_USED = "-> ConvBN(8) -> Unit(8)"


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("conv(8, k=3, bias=false) -> batch_norm -> relu", "Unit(8)"),
        ("conv(8, k=1, bias=false) -> batch_norm -> relu", "Unit(8, k=1)"),
        ("conv(8, 3, 2, bias=false) -> batch_norm(eps=1e-3) -> relu6 as x",
         "Unit(8, stride=2, act=relu6, norm=batch_norm(eps=1e-3)) as x"),
        ('conv(8, k=[3, 1], pad="valid", bias=false) -> batch_norm -> leaky_relu(0.2)',
         'Unit(8, k=[3, 1], pad="valid", act=leaky_relu(0.2))'),
        ("conv(8, k=3, bias=false) -> batch_norm -> max_pool(3)", "ConvBN(8) -> max_pool(3)"),
        ("conv(8, k=3, bias=false) -> { batch_norm -> relu }", None),
        ("conv(8, k=3, bias=false, init=he_normal) -> batch_norm -> relu", None),  # which the blocks do not take
        ("conv(8, k=3, bias=false, dilation=2) -> batch_norm -> relu", "Unit(8, dilation=2)"),
        ("conv(8, k=3, pad=[1, 1], bias=false) -> batch_norm -> relu", "Unit(8, pad=[1, 1])"),
        ("conv(8, k=3, bias=true) -> batch_norm -> relu", None),
        ("conv(8, k=3, bias=false) as x -> batch_norm -> relu", None),  # a tap within
        ("conv(8, k=3, bias=false) -> batch_norm(momentum=0.99) -> relu", "Unit(8, norm=batch_norm(momentum=0.99))"),
    ],
)  # fmt: skip
def test_written_out(body: str, call: str | None) -> None:
    """The call makes equal ops, weights and all."""
    text = _IMPORTS + _net(f"{body} {_USED}")
    start = _checked(text)
    assert [d.code for d in start.found] == ["written-out"] * (call is not None)
    assert mend(start, _checked).now is start
    if call is not None:
        assert mend(start, _checked, unsafe=True).now.source.text == text.replace(body, call)
        assert _ops(text) == _ops(text.replace(body, call))


def _ops(text: str) -> list[object]:
    graph = Program(SourceFile("net.arch", text), DiskLoader()).graph("Net")
    assert graph is not None
    return [(node.op, node.shape) for node in graph.nodes]


def test_written_out_where_values_are_parameters() -> None:
    net = (
        "model Net(n: int = 8, k: int = 3, act: op = relu, pads: list[int] = [1]) :: [8, 8, 3] -> [...] "
        "{ STEPS -> ConvBN(8) -> Unit(8) }\n"
    )
    for steps, heard in (
        ("conv(2 * n, k=k, bias=false) -> batch_norm", True),
        ("conv(n, k=k, pad=pads[0], bias=false) -> batch_norm", False),  # whose type nobody knows here
        ("conv(n, k=k, bias=false) -> batch_norm -> act", True),  # as `ConvBN`: `act` may be any op
    ):
        found = _checked(_IMPORTS + net.replace("STEPS", steps)).found
        assert ["written-out"] * heard == [d.code for d in found if d.code == "written-out"], steps


def test_written_out_without_an_import() -> None:
    assert _codes(_net("conv(8, k=3, bias=false) -> batch_norm -> relu")) == []


def test_a_line_may_allow_it() -> None:
    assert _codes(_net("conv(8) -> batch_norm").replace("\n", "  # allow: bias-before-norm\n")) == []
