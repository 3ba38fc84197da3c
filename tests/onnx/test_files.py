"""What is in a file of ONNX: names, functions, shapes, texts; and when there is no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="writing ONNX takes `pip install 'archdsl[onnx]'`")
pytest.importorskip("onnxruntime", reason="what was written is run by ONNX Runtime: `pip install onnxruntime`")

import onnx

import archdsl
from archdsl.backends.onnx import file as onnx_file
from archdsl.backends.onnx import write
from archdsl.graph.fingerprint import fingerprint
from archdsl.version import __version__
from archdsl.weights import WeightsError, expected, safetensors
from tests.onnx.agreement import answers, disagreements

NET = """
## A block with a way around it.
block Unit(filters: int, k: int = 3) :: [h, w, c] -> [h, w, filters] {
  add {
    main: Branch(filters, k)
    skip: conv(filters, k=1, bias=false)
  }
}
block Branch(filters: int, k: int) { conv(filters, k=k) -> batch_norm -> relu }

## Three units.
model Net() :: [?, w, 3] -> [5] {
  about { paper = "none" }
  Unit(8) as first -> Unit(8) as second -> Unit(8) as third
  -> Unit(8, k=5) as wide -> global_avg_pool -> dense(5) as head
}
"""
FreshPython = Callable[..., object]


@pytest.fixture
def net() -> archdsl.Architecture:
    return archdsl.load_text(NET)


def written(net: archdsl.Architecture, folder: Path, *, inline: bool = False) -> onnx.ModelProto:
    net.to_onnx(folder / "net.onnx", inline=inline)
    return onnx.load(folder / "net.onnx")


def test_a_function_for_all_instances_that_compute_the_same(net: archdsl.Architecture, tmp_path: Path) -> None:
    model = written(net, tmp_path)
    assert [f.name for f in model.functions] == ["Branch", "Unit", "Branch_2", "Unit_2"]
    calls = {node.name: node.op_type for node in model.graph.node if node.domain}
    # The axes of the input are moved before the first unit, which is as the others then.
    assert calls == {"first": "Unit", "second": "Unit", "third": "Unit", "wide": "Unit_2"}
    (unit,) = (f for f in model.functions if f.name == "Unit")
    assert [*unit.input] == [
        "input",
        *(f"main.branch.conv/{name}" for name in ("kernel", "bias")),
        *(f"main.branch.batch_norm/{name}" for name in ("gamma", "beta", "moving_mean", "moving_variance")),
        "skip.conv/kernel",
    ]


def test_inline_has_no_functions(net: archdsl.Architecture, tmp_path: Path) -> None:
    model = written(net, tmp_path, inline=True)
    assert not model.functions
    assert Counter(node.op_type for node in model.graph.node)["Conv"] == 8
    assert {"first.skip.conv", "third.main.branch.relu"} <= {node.name for node in model.graph.node}


def test_maps_move_to_channels_first_once(net: archdsl.Architecture, tmp_path: Path) -> None:
    model = written(net, tmp_path, inline=True)
    assert [node.name for node in model.graph.node if node.op_type == "Transpose"] == ["input/channels_first"]


def test_arrays_have_the_names_of_weights(net: archdsl.Architecture, tmp_path: Path) -> None:
    model = written(net, tmp_path)
    shapes = {array.name: (*array.dims,) for array in model.graph.initializer}
    assert shapes.keys() == expected(net.graph).keys()
    assert shapes["wide.main.branch.conv/kernel"] == (8, 8, 5, 5)
    assert shapes["head/kernel"] == (8, 5)


def test_sizes_and_texts(net: archdsl.Architecture, tmp_path: Path) -> None:
    model = written(net, tmp_path)
    (port,) = model.graph.input
    dims = [dim.dim_param or dim.dim_value for dim in port.type.tensor_type.shape.dim]
    assert dims == ["batch", "?1", "w", 3]
    assert model.doc_string == "Three units."
    assert [f.doc_string for f in model.functions if f.name == "Unit"] == ["Unit(8)\n\nA block with a way around it."]
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "archdsl.version": __version__,
        "archdsl.graph": fingerprint(net.graph),
        "archdsl.about.paper": "none",
    }
    assert (model.producer_name, model.producer_version, model.ir_version) == ("archdsl", __version__, 10)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 21), ("archdsl.Net", 1)]


def test_the_same_seed_gives_the_same_file(net: archdsl.Architecture, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.onnx" for name in "abc"]
    for file, seed in zip(files, (0, 0, 1), strict=True):
        net.to_onnx(file, seed=seed)
    first, again, other = (file.read_bytes() for file in files)
    assert first == again
    assert first != other


def test_any_batch_and_any_open_size(net: archdsl.Architecture, tmp_path: Path) -> None:
    net.to_onnx(tmp_path / "net.onnx")
    images = np.random.default_rng(0).standard_normal((3, 9, 7, 3), np.float32)
    all_three = answers(tmp_path / "net.onnx", {"input": images})["output"]
    alone = answers(tmp_path / "net.onnx", {"input": images[1:2]})["output"]
    assert all_three.shape == (3, 5)
    np.testing.assert_allclose(alone, all_three[1:2], rtol=1e-4, atol=1e-6)


def test_comparison_finds_another_function() -> None:
    graph, other = (
        archdsl.load_text(f"model M() :: [9, 9, 3] -> [_, _, 4] {{ conv(4, stride=2, pad={pad}) -> relu }}").graph
        for pad in ("1", "[[0, 2], 1]")
    )
    assert disagreements(graph, np.random.default_rng(0)) == []
    assert disagreements(graph, np.random.default_rng(0), built=other) != []


# --- weights ----------------------------------------------------------------------------------------------------------


def test_weights_of_a_file(net: archdsl.Architecture, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {key: rng.standard_normal(weight.shape, np.float32) for key, weight in expected(net.graph).items()}
    safetensors.write(tmp_path / "net.safetensors", arrays, {})
    net.to_onnx(tmp_path / "net.onnx", weights=tmp_path / "net.safetensors")
    stored = {
        array.name: onnx.numpy_helper.to_array(array) for array in onnx.load(tmp_path / "net.onnx").graph.initializer
    }
    np.testing.assert_array_equal(stored["head/kernel"], arrays["head/kernel"])
    kernel = arrays["first.skip.conv/kernel"]
    np.testing.assert_array_equal(stored["first.skip.conv/kernel"], kernel.transpose(3, 2, 0, 1))


def test_weights_that_do_not_fit_are_listed(net: archdsl.Architecture, tmp_path: Path) -> None:
    safetensors.write(tmp_path / "net.safetensors", {"head/kernel": np.ones((8, 5), np.float32)}, {})
    with pytest.raises(WeightsError, match="does not fit Net: 1 fit, 29 not in the file"):
        net.to_onnx(tmp_path / "net.onnx", weights=tmp_path / "net.safetensors")
    assert not (tmp_path / "net.onnx").exists()
    with pytest.warns(archdsl.weights.PartialWeights, match="fits Net in part"):
        net.to_onnx(tmp_path / "net.onnx", weights=tmp_path / "net.safetensors", partial=True)
    (head,) = (a for a in onnx.load(tmp_path / "net.onnx").graph.initializer if a.name == "head/kernel")
    assert onnx.numpy_helper.to_array(head).tolist() == np.ones((8, 5)).tolist()


def test_large_weights_lie_beside_the_model(
    net: archdsl.Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = {"input": np.random.default_rng(0).standard_normal((2, 8, 8, 3), np.float32)}
    assert net.to_onnx(tmp_path / "one.onnx") is None
    monkeypatch.setattr(onnx_file, "_LARGEST", 1_000)
    assert net.to_onnx(tmp_path / "two.onnx") == tmp_path / "two.onnx.data"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.onnx", "two.onnx", "two.onnx.data"]
    onnx.checker.check_model(tmp_path / "two.onnx", full_check=True)
    one, two = (answers(tmp_path / f"{name}.onnx", inputs)["output"] for name in ("one", "two"))
    np.testing.assert_array_equal(one, two)


# --- no file ----------------------------------------------------------------------------------------------------------


def test_says_which_package_is_missing(
    net: archdsl.Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"pip install 'archdsl\[onnx\]'"):
        net.to_onnx(tmp_path / "net.onnx")
    assert not [*tmp_path.iterdir()]


def test_failure_leaves_the_old_file(
    net: archdsl.Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("lost")

    (tmp_path / "net.onnx").write_text("kept", encoding="utf-8")
    monkeypatch.setattr(onnx_file, "_head", fail)
    with pytest.raises(RuntimeError, match="lost"):
        net.to_onnx(tmp_path / "net.onnx")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["kept"]


def test_loads_no_framework(tmp_path: Path, fresh_python: FreshPython) -> None:
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    fresh_python("""
import sys
from click.testing import CliRunner
from archdsl.cli.main import cli
done = CliRunner().invoke(cli, ["compile", "net.arch", "-o", "net.onnx"])
assert done.exit_code == 0, done.output
assert "\\nwrote net.onnx (" in done.output, done.output
assert not {"keras", "tensorflow", "torch", "h5py", "onnxruntime", "matplotlib"} & sys.modules.keys()
""")
