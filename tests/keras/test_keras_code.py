"""What files of Keras compute: what the model does that is built from the same spec, with the same weights by name."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.backends.code.values import Code
from archdsl.backends.keras.build import build
from archdsl.backends.python import registry
from archdsl.bundled import bundled
from archdsl.cli.main import cli
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.graph.model import Graph
from archdsl.ops.registry import OPS
from archdsl.source import SourceFile
from tests.computed import COMPUTED
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.fuzz.single import one
from tests.fuzz.wide import several
from tests.keras.keras_code import answers, error, module_of
from tests.unit.backends.unet import UNET

PROGRAMS = int(os.environ.get("ARCHDSL_VALUES", "3"))
EVERY = sorted({model for _, model in bundled().values() if model})
_AT_MOST = 2e-6

pytestmark = pytest.mark.skipif(keras.backend.backend() == "torch", reason="names of layers have dots")


def _of_op(name: str, draw: int, folder: Path) -> None:
    graph = one(name, Random(f"{name} {draw}"))
    found = error(graph, np.random.default_rng(draw), folder)
    assert found < _AT_MOST, f"{graph.nodes[0].op!r} of {graph.input_shapes(graph.nodes[0])}: {found}"


def test_every_op_is_lowered() -> None:
    assert [name for name, op in COMPUTED.items() if op not in registry._LOWERINGS] == []


@pytest.mark.parametrize("name", COMPUTED)
def test_an_op_is_that_of_the_model(name: str, tmp_path: Path) -> None:
    _of_op(name, 0, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", COMPUTED)
def test_an_op_is_that_of_the_model_often(name: str, tmp_path: Path) -> None:
    for draw in range(1, 30):
        _of_op(name, draw, tmp_path)


def test_a_wrong_lowering_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    relu = OPS["relu"]
    right = registry._LOWERINGS[relu]
    graph = one("relu", Random(0))
    assert error(graph, np.random.default_rng(0), tmp_path) < _AT_MOST

    def wrong(op: Any, site: registry.Site) -> registry.Lowered:
        return registry.Lowered(Code("{self}({0}) + 1e-5"), right(op, site).module)

    monkeypatch.setitem(registry._LOWERINGS, relu, wrong)
    assert error(graph, np.random.default_rng(0), tmp_path) > _AT_MOST


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_program(seed: int, tmp_path: Path) -> None:
    """Blocks, loops, taps and shared weights that nobody wrote."""
    random = Random(seed)
    graph = Program(SourceFile("<text>", Writer(random, seed).program()), MemoryLoader({})).graph("Net", {"rate": 0.0})
    assert graph is not None
    with np.errstate(over="ignore", invalid="ignore"):
        assert error(graph, np.random.default_rng(seed), tmp_path) < 1e-5
        assert error(several(random), np.random.default_rng(seed), tmp_path) < 1e-5


def test_a_u_net(tmp_path: Path) -> None:
    assert error(archdsl.load_text(UNET).graph, np.random.default_rng(0), tmp_path) < _AT_MOST


def _checked(name: str, folder: Path) -> tuple[Graph, float]:
    graph = archdsl.load(name).graph
    found = error(graph, np.random.default_rng(0), folder)
    assert found < 1e-5, f"{name}: {found}"
    return graph, found


@pytest.mark.parametrize("name", ["lenet5", "lightcifar"])
def test_a_model(name: str, tmp_path: Path) -> None:
    graph, _ = _checked(name, tmp_path)
    model = getattr(module_of(archdsl.load(name).to_python()), graph.name)()
    assert model.count_params() == archdsl.load(name).summary().params


@pytest.mark.full
@pytest.mark.parametrize("name", EVERY)
def test_a_model_of_the_zoo(name: str, tmp_path: Path) -> None:
    try:
        archdsl.load(name)
    except ArchError:
        pytest.skip("stands for a family, and needs arguments")
    _checked(name, tmp_path)
    keras.backend.clear_session()
    gc.collect()


# --- weights ----------------------------------------------------------------------------------------------------------


def test_files_of_weights_are_loaded(tmp_path: Path) -> None:
    """Both forms that archdsl writes, into the file that the command writes."""
    architecture = archdsl.load("lenet5")
    model = architecture.build()
    file = tmp_path / "net.py"
    result = CliRunner().invoke(cli, ["compile", "lenet5", "--to", "python", "-o", str(file)])
    assert result.exit_code == 0, result.output
    module = module_of(file.read_text(encoding="utf-8"))
    inputs = {"input": np.random.default_rng(0).normal(size=(2, *architecture.graph.inputs[0].shape))}
    expected = answers(architecture.graph, model, inputs)["output"]
    for form in ("safetensors", "weights.h5"):
        weights = tmp_path / f"net.{form}"
        architecture.save_weights(model, weights)
        other = module.LeNet5()
        assert not np.allclose(answers(architecture.graph, other, inputs)["output"], expected)
        module.load_weights(other, str(weights))
        assert np.array_equal(answers(architecture.graph, other, inputs)["output"], expected)


def test_a_scale_is_found_in_both_forms(tmp_path: Path) -> None:
    """Keras's own files have it as the kernel of a depthwise convolution."""
    architecture = archdsl.load_text("model Net() :: [4, 4, 3] -> [4, 4, 3] { scale(1.0, bias=true) }")
    model = build(architecture.graph)
    model.set_weights([np.random.default_rng(0).normal(size=weight.shape) for weight in model.weights])
    module = module_of(architecture.to_python())
    inputs = {"input": np.ones((2, 4, 4, 3))}
    for form in ("safetensors", "weights.h5"):
        architecture.save_weights(model, tmp_path / f"net.{form}")
        other = module.Net()
        module.load_weights(other, str(tmp_path / f"net.{form}"))
        found, expected = (answers(architecture.graph, each, inputs)["output"] for each in (other, model))
        assert found == pytest.approx(expected, abs=1e-6)


def test_weights_that_do_not_fit_are_told(tmp_path: Path) -> None:
    text = "block A() :: [4] -> [{n}] {{ dense({n}) }}\nmodel Net() :: [4] -> [2] {{ A -> dense(2) }}"
    small, large = (archdsl.load_text(text.format(n=n)) for n in (3, 5))
    other = archdsl.load_text("block B() :: [4] -> [3] { dense(3) }\nmodel Net() :: [4] -> [2] { B -> dense(2) }")
    file = tmp_path / "net.safetensors"
    small.save_weights(small.build(), file)
    for architecture, message in (
        (large, r"a\.dense/kernel is \(4, 3\)|a/kernel is \(4, 3\)"),
        (other, "missing: .*left over: "),
    ):
        module = module_of(architecture.to_python())
        model = module.Net()
        before = [np.array(weight) for weight in model.weights]
        with pytest.raises(ValueError, match=message):
            module.load_weights(model, str(file))
        assert all(np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True))


def test_a_shared_block_is_called_again(tmp_path: Path) -> None:
    graph = archdsl.load_text(
        """
        block Two() :: [n] -> [4] { dense(4) -> relu }
        model Net() :: [8] -> [4] {
          shared twin = Two()
          add { twin, { dense(8) -> twin } }
        }
        """
    ).graph
    assert error(graph, np.random.default_rng(0), tmp_path) < _AT_MOST
