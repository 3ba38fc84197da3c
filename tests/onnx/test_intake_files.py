"""Files of ONNX as specs: our own ones, names, weights, comparison of outputs, and what is refused."""

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

from tests.onnx.nets import Net, conv, refused  # noqa: E402
from tests.patience import patience  # noqa: E402

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


def test_the_origin_is_kept(tmp_path: Path) -> None:
    net = Net(1, 3, 8, 8)
    model = net.model(conv(net, "x", 3, 4), producer_name="mine\x1b", producer_version="1.2")
    onnx.save(model, tmp_path / "net.onnx")
    facts = dict(archdsl.from_onnx(tmp_path / "net.onnx").graph.about)
    assert facts == {"source": "net.onnx", "writer": "mine  1.2", "importer": f"archdsl {archdsl.__version__}"}
