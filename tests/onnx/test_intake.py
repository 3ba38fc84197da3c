"""Files of ONNX as specs: what is read, what becomes of it, whether outputs stay, and what is refused."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_file
from archdsl.weights import safetensors

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from tests.patience import patience  # noqa: E402

CHANCE = np.random.default_rng(3)


class Net:
    """A graph of ONNX that is made step by step."""

    def __init__(self, *shape: int, opset: int = 17) -> None:
        self.shape, self.opset = shape, opset
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []

    def number(self, *values: Any, kind: Any = np.float32) -> str:
        value = np.asarray(values[0] if len(values) == 1 else values, kind)
        return self.array(value)

    def ints(self, *values: int) -> str:
        return self.array(np.asarray(values, np.int64))

    def array(self, value: Any) -> str:
        name = f"w{len(self.arrays)}.weight"
        self.arrays.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, *shape: int, low: float = -0.3, high: float = 0.3) -> str:
        return self.array(CHANCE.uniform(low, high, shape).astype("float32"))

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, [*inputs], names, name=f"/{names[0]}/{kind}", **attributes))
        return names[0] if outputs == 1 else names

    def model(self, output: str, **arguments: Any) -> Any:
        graph = helper.make_graph(
            self.nodes,
            "Net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [*self.shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            self.arrays,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8, **arguments)

    def saved(self, folder: Path, output: str) -> str:
        file = folder / "net.onnx"
        onnx.save(self.model(output), file)
        return str(file)


def conv(net: Net, x: str, channels: int, filters: int, k: int = 3, **attributes: Any) -> str:
    return net.add("Conv", x, net.weight(filters, channels, k, k), net.weight(filters), **attributes)


def ops(file: str) -> list[str]:
    """The ops of an imported file, whose outputs were compared."""
    found = import_file(file)
    assert "Outputs for random inputs are those of the source" in found.text
    return [node.op.name for node in found.graph]


# --- forms that become ops --------------------------------------------------------------------------------------------


def _gelu(net: Net) -> str:
    grown = net.add("Add", net.add("Erf", net.add("Div", "x", net.number(2**0.5))), net.number(1.0))
    return net.add("Mul", net.add("Mul", "x", grown), net.number(0.5))


def _gelu_tanh(net: Net) -> str:
    cubic = net.add("Mul", net.number(0.044715), net.add("Pow", "x", net.number(3.0)))
    inner = net.add("Mul", net.number((2 / np.pi) ** 0.5), net.add("Add", "x", cubic))
    grown = net.add("Add", net.add("Tanh", inner), net.number(1.0))
    return net.add("Mul", net.add("Mul", net.number(0.5), "x"), grown)


def _silu(net: Net) -> str:
    return net.add("Mul", "x", net.add("Sigmoid", "x"))


def _hard_silu(net: Net) -> str:
    gate = net.add(
        "Div", net.add("Clip", net.add("Add", "x", net.number(3.0)), net.number(0.0), net.number(6.0)), net.number(6.0)
    )
    return net.add("Mul", "x", gate)


def _mish(net: Net) -> str:
    return net.add("Mul", "x", net.add("Tanh", net.add("Softplus", "x")))


def _dense(net: Net) -> str:
    return net.add("Add", net.add("MatMul", "x", net.weight(8, 4)), net.weight(4))


def _layer_norm(net: Net) -> str:
    centred = net.add("Sub", "x", net.add("ReduceMean", "x", axes=[-1]))
    variance = net.add("ReduceMean", net.add("Pow", centred, net.number(2.0)), axes=[-1])
    root = net.add("Sqrt", net.add("Add", variance, net.number(1e-5)))
    normed = net.add("Div", centred, root)
    return net.add("Add", net.add("Mul", normed, net.weight(8)), net.weight(8))


def _scaled(net: Net) -> str:
    return net.add("Mul", net.add("Relu", "x"), net.weight(8))


def _placed(net: Net) -> str:
    return net.add("Add", "x", net.weight(1, 6, 8))


def _class_token(net: Net) -> str:
    tokens = net.add("Expand", net.weight(1, 1, 8), net.ints(1, 1, 8))
    return net.add(
        "Gather", net.add("Concat", tokens, net.weight(1, 1, 8), "x", axis=1), net.number(0, kind=np.int64), axis=1
    )


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (_gelu, ["gelu"]),
        (_gelu_tanh, ["gelu"]),
        (_silu, ["silu"]),
        (_hard_silu, ["hard_silu"]),
        (_mish, ["mish"]),
        (_dense, ["dense"]),
        (_layer_norm, ["layer_norm"]),
        (_scaled, ["relu", "scale"]),
        (_placed, ["position_embedding"]),
        (_class_token, ["class_token", "slice"]),
    ],
)
def test_what_is_written_in_several_operators_is_one_op(
    form: Callable[[Net], str], wanted: Sequence[str], tmp_path: Path
) -> None:
    net = Net(1, 6, 8)
    assert ops(net.saved(tmp_path, form(net))) == wanted


def _flattened(net: Net) -> str:
    return net.add("Gemm", net.add("Flatten", conv(net, "x", 8, 4), axis=1), net.weight(144, 3), net.weight(3))


def _shuffled(net: Net) -> str:
    split = net.add("Reshape", "x", net.ints(1, 2, 4, 8, 8))
    return conv(net, net.add("Reshape", net.add("Transpose", split, perm=[0, 2, 1, 3, 4]), net.ints(1, 8, 8, 8)), 8, 4)


def _excited(net: Net) -> str:
    pooled = net.add("ReduceMean", "x", axes=[2, 3], keepdims=1)
    gate = net.add("Sigmoid", conv(net, net.add("Relu", conv(net, pooled, 8, 2, k=1)), 2, 8, k=1))
    return net.add("Mul", "x", gate)


def _pixels(net: Net) -> str:
    return net.add("DepthToSpace", "x", blocksize=2, mode="CRD")


def _patches(net: Net) -> str:
    last = net.add("Transpose", "x", perm=[0, 2, 3, 1])
    parts = []
    for row, column in ((0, 0), (1, 0), (0, 1), (1, 1)):
        top = net.add("Slice", last, net.ints(row), net.ints(1000), net.ints(1), net.ints(2))
        parts.append(net.add("Slice", top, net.ints(column), net.ints(1000), net.ints(2), net.ints(2)))
    return net.add("MatMul", net.add("Concat", *parts, axis=-1), net.weight(32, 16))


def _tokens(net: Net) -> str:
    """What PyTorch's exporter writes for ``x.flatten(2).transpose(1, 2)``, with arithmetic of shapes."""
    sizes = net.add("Shape", "x")
    lead = net.add("Slice", sizes, net.ints(0), net.ints(2), net.ints(0))
    flat = net.add("Reshape", "x", net.add("Concat", lead, net.ints(-1), axis=0))
    return net.add("MatMul", net.add("Transpose", flat, perm=[0, 2, 1]), net.weight(8, 4))


def _rolled(net: Net) -> str:
    ends = (
        net.add("Slice", "x", net.ints(3), net.ints(1000), net.ints(2)),
        net.add("Slice", "x", net.ints(0), net.ints(3), net.ints(2)),
    )
    return net.add("Concat", *ends, axis=2)


def _padded(net: Net) -> str:
    around = net.add("Pad", "x", net.ints(0, 0, 1, 1, 0, 0, 1, 1))
    return net.add("Conv", around, net.weight(4, 8, 3, 3), strides=[2, 2])


def _pooled(net: Net) -> str:
    around = net.add("Pad", "x", net.ints(0, 0, 1, 1, 0, 0, 1, 1), net.number(-np.inf))
    return net.add("MaxPool", around, kernel_shape=[3, 3], strides=[2, 2])


def _gated(net: Net) -> str:
    gate = net.add("Expand", net.add("GlobalAveragePool", "x"), net.add("Shape", "x"))
    return net.add("Mul", "x", gate)


def _lengths(net: Net) -> str:
    return net.add("Div", "x", net.add("Add", net.add("ReduceL2", "x", axes=[2, 3]), net.number(1.0)))


def _resized(net: Net) -> str:
    factors = net.array(np.asarray([1, 1, 2, 2], np.float32))
    return net.add("Resize", "x", "", factors, mode="linear", coordinate_transformation_mode="half_pixel")


def _normed_map(net: Net) -> str:
    """A layer norm of channels that are first, by hand."""
    centred = net.add("Sub", "x", net.add("ReduceMean", "x", axes=[1]))
    variance = net.add("ReduceMean", net.add("Mul", centred, centred), axes=[1])
    normed = net.add("Div", centred, net.add("Sqrt", net.add("Add", variance, net.number(1e-6))))
    return net.add("Add", net.add("Mul", normed, net.weight(8, 1, 1)), net.weight(8, 1, 1))


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (_flattened, ["conv", "flatten", "dense"]),
        (_shuffled, ["reshape", "permute", "reshape", "conv"]),
        (_excited, ["global_avg_pool", "conv", "relu", "conv", "sigmoid", "mul"]),
        (_pixels, ["depth_to_space"]),
        (_patches, ["space_to_depth", "dense"]),
        (_tokens, ["dense", "flatten_spatial"]),
        (_rolled, ["roll"]),
        (_padded, ["conv"]),
        (_resized, ["upsample"]),
        (_pooled, ["max_pool"]),
        (_lengths, ["square", "sum", "sqrt", "rescale", "reshape", "divide"]),
        (_gated, ["global_avg_pool", "mul"]),
        (_normed_map, ["layer_norm"]),
    ],
)
def test_channels_first_becomes_channels_last_without_transposes(
    form: Callable[[Net], str], wanted: Sequence[str], tmp_path: Path
) -> None:
    net = Net(1, 8, 8, 8)
    assert ops(net.saved(tmp_path, form(net))) == wanted


@pytest.mark.parametrize("fused", [True, False])
def test_attention(fused: bool, tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    if fused:
        qkv = net.add("Add", net.add("MatMul", "x", net.weight(8, 24)), net.weight(24))
        split = net.add("Transpose", net.add("Reshape", qkv, net.ints(1, 6, 3, 2, 4)), perm=[2, 0, 3, 1, 4])
        query, key, value = (net.add("Gather", split, net.number(i, kind=np.int64), axis=0) for i in range(3))
    else:
        heads = [net.add("Reshape", net.add("MatMul", "x", net.weight(8, 8)), net.ints(1, 6, 2, 4)) for _ in range(3)]
        query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    logits = net.add("MatMul", net.add("Mul", query, net.number(0.5)), net.add("Transpose", key, perm=[0, 1, 3, 2]))
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(1, 6, 8))
    assert ops(net.saved(tmp_path, net.add("MatMul", merged, net.weight(8, 8)))) == ["attention"]


def test_another_scale_is_an_argument(tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    heads = [net.add("Reshape", net.add("MatMul", "x", net.weight(8, 8)), net.ints(1, 6, 2, 4)) for _ in range(3)]
    query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    logits = net.add("Mul", net.add("MatMul", query, net.add("Transpose", key, perm=[0, 1, 3, 2])), net.number(0.25))
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(1, 6, 8))
    text = import_file(net.saved(tmp_path, net.add("MatMul", merged, net.weight(8, 8)))).text
    assert "scale=0.25" in text


def test_attention_by_cosines(tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    heads = [net.add("Reshape", net.add("MatMul", "x", net.weight(8, 8)), net.ints(1, 6, 2, 4)) for _ in range(3)]
    query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    one, other = (
        net.add("Div", each, net.add("Clip", net.add("ReduceL2", each, axes=[-1]), net.number(1e-12)))
        for each in (query, key)
    )
    factors = net.add("Exp", net.weight(2, 1, 1))
    logits = net.add("Mul", net.add("MatMul", one, net.add("Transpose", other, perm=[0, 1, 3, 2])), factors)
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(1, 6, 8))
    text = import_file(net.saved(tmp_path, net.add("MatMul", merged, net.weight(8, 8)))).text
    assert 'attention(2, bias=false, scale="learned", qk_norm="l2")' in text


@pytest.mark.parametrize("is_shifted", [False, True])
def test_attention_in_windows(is_shifted: bool, tmp_path: Path) -> None:
    """Windows of 2 by 2 of a map of 4 by 4, biases by relative position, and a mask where the map was rolled: Swin."""
    from archdsl.backends.tables import relative_positions, shifted_window_mask

    net = Net(1, 8, 4, 4)
    x = net.add("Transpose", conv(net, "x", 8, 8, k=1), perm=[0, 2, 3, 1])
    cut = net.add("Transpose", net.add("Reshape", x, net.ints(1, 2, 2, 2, 2, 8)), perm=[0, 1, 3, 2, 4, 5])
    windows = net.add("Reshape", cut, net.ints(4, 4, 8))
    heads = [net.add("Reshape", net.add("MatMul", windows, net.weight(8, 8)), net.ints(4, 4, 2, 4)) for _ in range(3)]
    query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    logits = net.add("MatMul", net.add("Mul", query, net.number(0.5)), net.add("Transpose", key, perm=[0, 1, 3, 2]))
    table = CHANCE.uniform(-1, 1, (9, 2)).astype("float32")
    logits = net.add("Add", logits, net.array(table[relative_positions((2, 2))].transpose(2, 0, 1)[None]))
    if is_shifted:
        mask = shifted_window_mask((4, 4), (2, 2), (1, 1))
        parts = net.add("Reshape", logits, net.ints(1, 4, 2, 4, 4))
        logits = net.add("Reshape", net.add("Add", parts, net.array(mask[None, :, None])), net.ints(4, 2, 4, 4))
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(4, 4, 8))
    out = net.add("Reshape", net.add("MatMul", merged, net.weight(8, 8)), net.ints(1, 2, 2, 2, 2, 8))
    whole = net.add("Reshape", net.add("Transpose", out, perm=[0, 1, 3, 2, 4, 5]), net.ints(1, 4, 4, 8))
    found = import_file(net.saved(tmp_path, whole))
    assert [node.op.name for node in found.graph] == [
        "conv",
        "window_partition",
        "attention",
        "window_merge",
    ]
    assert "relative_position=[2, 2]" in found.text
    assert ("map=[4, 4], shift=1" in found.text) == is_shifted


# --- our own files, names and weights ---------------------------------------------------------------------------------

SPEC = """block Unit(filters: int) {
  conv(filters, bias=false) -> batch_norm -> relu
}

model Net() :: [16, 16, 3] -> [5] {
  Unit(8) -> repeat 2 { residual { Unit(8) -> conv(8) } -> relu } -> global_avg_pool -> dense(5)
}
"""


@pytest.fixture
def exported(tmp_path: Path) -> str:
    from archdsl.backends.onnx.write import save

    file = tmp_path / "net.onnx"
    save(archdsl.load_text(SPEC).graph, file)
    return str(file)


def test_our_own_files_are_read_back(exported: str) -> None:
    found = archdsl.from_onnx(exported)
    assert not archdsl.diff(found, archdsl.load_text(SPEC), ignore=["training"])
    assert fingerprint(archdsl.load_text(found.source).graph) == fingerprint(found.graph)


def test_weights_go_by_name(exported: str, tmp_path: Path) -> None:
    spec, weights = tmp_path / "net.arch", tmp_path / "net.safetensors"
    done = CliRunner().invoke(cli, ["import", exported, "-o", str(spec), "--weights", str(weights)])
    assert done.exit_code == 0, done.output
    theirs = [numpy_helper.to_array(each) for each in onnx.load(exported).graph.initializer]
    with safetensors.opened(str(weights)) as found:
        kernels = [
            array.read() for key, array in found.arrays.items() if key.endswith("kernel") and len(array.shape) == 4
        ]
        assert len(kernels) == 5
        for kernel in kernels:
            turned = kernel.transpose(3, 2, 0, 1)
            assert any(each.shape == turned.shape and np.array_equal(each, turned) for each in theirs)


def test_other_numbers_are_found_out(exported: str) -> None:
    from dataclasses import replace

    from archdsl.intake import compared

    found = import_file(exported)
    assert found.arrays is not None
    key = next(key for key in found.arrays if key.endswith("dense/kernel"))
    array = found.arrays[key]
    changed = {**found.arrays, key: replace(array, read=lambda: array.read() * 1.5)}
    with pytest.raises(Unreadable, match="outputs of the spec differ"):
        compared.check(lambda: compared.of_file(exported), replace(found, arrays=changed), "net")


def test_a_source_that_rounding_decides_about_is_not_compared(exported: str) -> None:
    """Its own answers to nearly the same inputs are as far apart as those of the spec."""
    from archdsl.intake import compared

    def shaken(values: Sequence[Any]) -> Sequence[Any]:
        chaos = np.cos(1e7 * values[0].sum(dtype=np.float64))
        return [answer + chaos * np.abs(answer).max() for answer in answers(values)]

    answers, shapes = compared.of_file(exported)
    assert compared.check(lambda: (answers, shapes), import_file(exported), "net") is None
    reason = compared.check(lambda: (shaken, shapes), import_file(exported), "net")
    assert reason is not None
    assert reason.startswith("with its weights, noise of 1e-06 in its inputs moves them by")


def test_no_number_is_no_answer(exported: str) -> None:
    from archdsl.intake import compared

    answers, shapes = compared.of_file(exported)
    with pytest.raises(Unreadable, match="differ by inf"):
        compared.check(
            lambda: (lambda values: [np.nan * each for each in answers(values)], shapes), import_file(exported), "net"
        )


# --- what is refused --------------------------------------------------------------------------------------------------


def refused(file: str) -> str:
    with pytest.raises(Unreadable) as error:
        import_file(file)
    return str(error.value)


def test_every_operator_without_counterpart_is_listed(tmp_path: Path) -> None:
    net = Net(1, 8, 8, 8)
    first = net.add("NonMaxSuppression", "x", "x")
    second = net.add("Einsum", net.add("Relu", first), equation="a->a")
    said = refused(net.saved(tmp_path, second))
    assert "t0_0 (NonMaxSuppression)" in said
    assert "t2_0 (Einsum)" in said


def test_arrays_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\0" * 64)
    inner = tmp_path / "inner"
    inner.mkdir()
    for location in ("../secret.bin", str(secret), "link.bin"):
        net = Net(1, 8)
        output = net.add("MatMul", "x", "held")
        model = net.model(output)
        held = TensorProto(name="held", data_type=TensorProto.FLOAT, dims=[8, 2], data_location=TensorProto.EXTERNAL)
        for key, value in (("location", location), ("offset", "0"), ("length", "64")):
            entry = held.external_data.add()
            entry.key, entry.value = key, value
        model.graph.initializer.append(held)
        (inner / "link.bin").unlink(missing_ok=True)
        (inner / "link.bin").symlink_to(secret)
        (inner / "net.onnx").write_bytes(model.SerializeToString())
        assert "outside of the folder" in refused(str(inner / "net.onnx"))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda model: model.graph.node.reverse(), "nothing before it makes its input"),
        (
            lambda model: model.graph.node[0].input.__setitem__(0, model.graph.node[1].output[0]),
            "nothing before it makes",
        ),
        (lambda model: model.graph.initializer[0].dims.__setitem__(0, 7), "numbers"),
        (lambda model: model.opset_import[0].__setattr__("version", 7), "opset 7"),
        (lambda model: model.graph.input[0].type.tensor_type.shape.dim[2].__setattr__("dim_param", "h"), "open size"),
        (lambda model: model.graph.ClearField("node"), "nothing makes"),
        (lambda model: model.graph.ClearField("input"), "no inputs"),
        (lambda model: model.graph.node[0].attribute.append(helper.make_attribute("group", 5)), "5 groups"),
        (
            lambda model: model.graph.node[0].attribute.append(helper.make_attribute("strides", [0, 0])),
            "greater than 0",
        ),
    ],
)
def test_broken_models_are_errors(spoil: Callable[[Any], Any], reason: str, tmp_path: Path) -> None:
    net = Net(1, 3, 8, 8)
    model = net.model(net.add("Relu", conv(net, "x", 3, 4)))
    spoil(model)
    file = tmp_path / "net.onnx"
    file.write_bytes(model.SerializeToString())
    assert reason in refused(str(file))


def test_what_is_no_model_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    for content in (b"", b"\xff" * 100, b"<b>no model</b>"):
        file.write_bytes(content)
        assert "no file of ONNX" in refused(str(file))


def test_a_function_that_calls_itself_is_an_error(tmp_path: Path) -> None:
    net = Net(1, 8)
    net.nodes.append(helper.make_node("Loop", ["x"], ["y"], domain="own", name="/a"))
    body = [helper.make_node("Loop", ["a"], ["b"], domain="own"), helper.make_node("Loop", ["b"], ["c"], domain="own")]
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    model = net.model("y", functions=[helper.make_function("own", "Loop", ["a"], ["c"], body, sets)])
    file = tmp_path / "net.onnx"
    file.write_bytes(model.SerializeToString())
    assert "functions within functions" in refused(str(file))


def test_a_million_nodes_are_refused_in_proportion(tmp_path: Path) -> None:
    net = Net(1, 8)
    name = net.add("Relu", "x")
    model = net.model(name)
    one = helper.make_node("Relu", ["x"], ["y"]).SerializeToString()
    graph = model.graph.SerializeToString()
    graph += (b"\x0a" + bytes([len(one)]) + one) * 1_000_000
    model.ClearField("graph")
    head = model.SerializeToString()
    size, length = len(graph), b""
    while size:
        length += bytes([(size & 127) | (128 if size > 127 else 0)])
        size >>= 7
    file = tmp_path / "net.onnx"
    file.write_bytes(head + b"\x3a" + length + graph)
    start = time.process_time()
    assert "1000001 nodes" in refused(str(file))
    assert time.process_time() - start < patience(5)


def test_nothing_is_loaded_that_computes(exported: str) -> None:
    import subprocess

    code = (
        "import sys; from archdsl.intake.onnx.read import read; read(sys.argv[1]);"
        "print([m for m in ('torch', 'keras', 'tensorflow', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, exported], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- what has no reader -----------------------------------------------------------------------------------------------


def unknown(*, says_shapes: bool) -> Any:
    """Operators of another domain, one with weights and one with two results, and one of ONNX that cannot be read."""
    net = Net(1, 3, 8, 8)
    x = conv(net, "x", 3, 4, pads=[1, 1, 1, 1])
    x = net.add("Blur", x, net.weight(3, 3), net.ints(1, 2), domain="mine", sigma=1.5)
    one, other = net.add("Pair", x, outputs=2, domain="mine")
    x = net.add("CumSum", one, net.number(1, kind=np.int64))
    x = net.add("Mul", x, net.add("Unsqueeze", other, net.ints(2, 3)))
    model = net.model(net.add("Relu", x))
    model.opset_import.append(helper.make_opsetid("mine", 1))
    if says_shapes:
        for name, shape in (("t1_0", [1, 4, 4, 4]), (one, [1, 4, 4, 4]), (other, [1, 4])):
            model.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    return model


def test_unknown_operators_are_listed_or_opaque(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    onnx.save(unknown(says_shapes=True), file)
    with pytest.raises(Unreadable) as caught:
        import_file(str(file))
    assert [problem.kind for problem in caught.value.problems] == ["mine.Blur", "mine.Pair", "CumSum"]
    found = archdsl.from_onnx(file, opaque=True)
    steps = [node for node in found.graph if node.op.name == "opaque"]
    assert [(s.op.layer, s.shape, s.op.result) for s in steps] == [
        ("mine.Blur", (4, 4, 4), 0),
        ("mine.Pair", (4, 4, 4), 0),
        ("CumSum", (4, 4, 4), 0),
        ("mine.Pair", (4,), 1),
    ]
    assert steps[0].op.config == "sigma=1.5, input2=[1, 2]"
    assert not [node for node in found.graph if node.op.name == "permute"]
    assert (
        "Outputs were not compared with those of the source: what 4 of its steps compute is not known." in found.source
    )


def test_weights_of_opaque_steps_are_carried(tmp_path: Path) -> None:
    file, spec, weights = (tmp_path / name for name in ("net.onnx", "net.arch", "net.safetensors"))
    model = unknown(says_shapes=True)
    onnx.save(model, file)
    command = ["import", str(file), "--opaque", "-o", str(spec), "--weights", str(weights)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    net = archdsl.load(spec)
    assert net.match_weights(weights)
    blur = next(node for node in net.graph if node.op.name == "opaque")
    with safetensors.opened(str(weights)) as stored:
        array = stored.arrays[f"{blur.path}/0"].read()
    kernel = next(each for each in model.graph.initializer if [*each.dims] == [3, 3])
    np.testing.assert_array_equal(array, numpy_helper.to_array(kernel))


def test_shapes_that_a_file_does_not_say_can_be_told(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    onnx.save(unknown(says_shapes=False), file)
    with pytest.raises(Unreadable, match="the source does not say the shape of its result"):
        archdsl.from_onnx(file, opaque=True)
    told = {"w2": (4, 4, 4), "t2_0": (4, 4, 4), "t2_0.1": (4,), "w4": (4, 4, 4)}
    net = archdsl.from_onnx(file, opaque=told)
    assert next(node.shape for node in net.graph if node.op.name == "opaque") == (4, 4, 4)


def test_the_origin_is_kept(tmp_path: Path) -> None:
    net = Net(1, 3, 8, 8)
    model = net.model(conv(net, "x", 3, 4), producer_name="mine\x1b", producer_version="1.2")
    onnx.save(model, tmp_path / "net.onnx")
    facts = dict(archdsl.from_onnx(tmp_path / "net.onnx").graph.about)
    assert facts == {"source": "net.onnx", "writer": "mine  1.2", "importer": f"archdsl {archdsl.__version__}"}


@pytest.mark.parametrize(
    ("shape", "places", "axis"),
    [
        ((1, 6, 4, 4), [0, 1, 2, 3, 4, 5], 1),
        ((1, 6, 4, 4), [2, 3, 4], 1),
        ((1, 6, 4, 8), [0, 2, 4, 6], 3),
        ((1, 6, 4, 4), [[0, 1, 2], [3, 4, 5]], 1),
        ((1, 6, 4, 4), [-2, -1], 2),
    ],
)
def test_places_at_equal_distances_are_parts(shape: tuple[int, ...], places: Any, axis: int, tmp_path: Path) -> None:
    net = Net(*shape)
    x = net.add("Gather", "x", net.array(np.asarray(places, np.int64)), axis=axis)
    found = import_file(net.saved(tmp_path, net.add("Relu", x)))
    assert "Outputs for random inputs are those of the source" in found.text


def test_places_in_another_order_have_no_reader(tmp_path: Path) -> None:
    net = Net(1, 6, 4, 4)
    x = net.add("Gather", "x", net.ints(0, 2, 1), axis=1)
    with pytest.raises(Unreadable, match="places of an axis by a list"):
        import_file(net.saved(tmp_path, net.add("Relu", x)))


def gained(net: Net, x: str, rank: int, axis: int, channels: int, *, offset: bool, of: str = "") -> str:
    """A layer norm as TensorFlow computes it; with ``of``, one whose squares are of another tensor."""
    shape = [channels if place == axis % rank else 1 for place in range(rank)]
    mean = net.add("ReduceMean", x, axes=[axis], keepdims=1)
    apart = net.add("Sub", of or x, mean)
    variance = net.add("ReduceMean", net.add("Mul", apart, apart), axes=[axis], keepdims=1)
    root = net.add("Sqrt", net.add("Add", variance, net.number(1e-3)))
    factor = net.add("Mul", net.add("Reciprocal", root), net.weight(*shape, low=0.5, high=1.5))
    shift = net.add("Mul", net.add("Neg", mean), factor)
    if offset:
        shift = net.add("Add", shift, net.weight(*shape))
    return net.add("Add", net.add("Mul", x, factor), shift)


@pytest.mark.parametrize("offset", [True, False])
@pytest.mark.parametrize(("shape", "axis"), [((1, 6, 8), -1), ((1, 8, 4, 5), 1)])
def test_a_norm_with_its_gain_first(shape: tuple[int, ...], axis: int, offset: bool, tmp_path: Path) -> None:
    net = Net(*shape)
    x = net.add("Relu", "x")
    found = import_file(net.saved(tmp_path, gained(net, x, len(shape), axis, 8, offset=offset)))
    assert [node.op.name for node in found.graph] == ["relu", "layer_norm"]
    assert "Outputs for random inputs are those of the source" in found.text


def test_a_variance_of_another_tensor_is_no_norm(tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    x = net.add("Relu", "x")
    made = gained(net, x, 3, -1, 8, offset=True, of=net.add("Tanh", "x"))
    with pytest.raises(Unreadable):
        import_file(net.saved(tmp_path, made))
