"""Operators of ONNX that have no reader: listed, or opaque steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_file
from archdsl.weights import safetensors

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from tests.onnx.nets import Net, conv  # noqa: E402


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
