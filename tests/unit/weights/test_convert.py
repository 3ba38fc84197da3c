"""Published checkpoints as weights of bundled models, through the command line."""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import archdsl
from archdsl.cli.main import cli
from archdsl.graph.fingerprint import fingerprint
from archdsl.weights import safetensors
from archdsl.weights.certificate import of
from archdsl.weights.published import find, sources
from tests.unit.weights.test_published import stated

Arrays = Mapping[str, np.ndarray[Any, np.dtype[Any]]]
NAME = "squeezenet11"
"""The smallest of torchvision's."""
ARGUMENTS = stated(NAME)["arguments"]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape).astype("float32") for name, shape in stated(NAME)["weights"].items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convert(file: str, out: str = "out.safetensors") -> Result:
    given = [f"--set={name}={value}" for name, value in ARGUMENTS.items()]
    return CliRunner().invoke(cli, ["weights", "convert", NAME, file, "-o", out, "--no-run", *given])


def read(file: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    with safetensors.opened(file) as found:
        return {key: array.read() for key, array in found.arrays.items()}, found.metadata


def test_every_array_is_what_the_table_says(folder: Path, arrays: Arrays) -> None:
    counts = {"features.0.num_batches_tracked": np.array(3)}
    safetensors.write(folder / "published.safetensors", {**arrays, **counts}, {})
    result = convert("published.safetensors")
    total = sum(array.size for array in arrays.values())
    assert result.output == (
        f"wrote out.safetensors: 52 arrays, {total:_} numbers, by the names of torchvision_1_1; "
        "left aside: 1 array of integers\n"
        "wrote out.safetensors.certificate.json; not compared with the source: nothing was run, as was asked for\n"
    )
    graph = archdsl.load(NAME, **ARGUMENTS).graph
    found, metadata = read("out.safetensors")
    _, pieces = find(graph, {name: array.shape for name, array in arrays.items()})
    assert found.keys() == pieces.keys()
    assert all(np.array_equal(found[key], piece.of(arrays[piece.name])) for key, piece in pieces.items())
    np.testing.assert_array_equal(found["stem.conv/kernel"], arrays["features.0.weight"].transpose(2, 3, 1, 0))
    assert metadata["graph"] == fingerprint(graph)
    assert metadata["source_names"] == "torchvision_1_1 of squeezenet"
    certificate = of(folder / "out.safetensors")
    assert certificate is not None
    assert certificate.graph == fingerprint(graph)
    assert certificate.arguments == {name: str(value) for name, value in ARGUMENTS.items()}
    assert certificate.converted.sha256 == hashlib.sha256((folder / "out.safetensors").read_bytes()).hexdigest()
    assert (certificate.converted.arrays, certificate.converted.parameters) == (52, total)
    assert certificate.source.left == ("features.0.num_batches_tracked",)
    assert (
        metadata["source_sha256"]
        == certificate.source.sha256
        == hashlib.sha256((folder / "published.safetensors").read_bytes()).hexdigest()
    )


def test_other_types_of_float_become_float32(folder: Path, arrays: Arrays) -> None:
    halves = {name: array.astype("float16") for name, array in arrays.items()}
    safetensors.write(folder / "half.safetensors", halves, {})
    assert convert("half.safetensors").exit_code == 0
    found, _ = read("out.safetensors")
    assert {array.dtype.name for array in found.values()} == {"float32"}
    np.testing.assert_array_equal(found["stem.conv/bias"], halves["features.0.bias"].astype("float32"))


def test_numbers_that_are_none_are_refused(folder: Path, arrays: Arrays) -> None:
    broken = {name: array.copy() for name, array in arrays.items()}
    broken["features.0.bias"][3] = np.nan
    broken["classifier.1.weight"][0] = np.inf
    safetensors.write(folder / "broken.safetensors", broken, {})
    result = convert("broken.safetensors")
    assert result.exit_code == 2
    assert "broken.safetensors has infinities or NaN among the numbers for " in result.stderr
    assert result.stderr.endswith(", and 1 more\n")
    assert not (folder / "out.safetensors").exists()


def test_what_does_not_fit_writes_nothing(folder: Path, arrays: Arrays) -> None:
    (folder / "out.safetensors").write_bytes(b"before")
    few = {name: array for name, array in arrays.items() if name != "classifier.1.bias"}
    safetensors.write(folder / "few.safetensors", few, {})
    result = convert("few.safetensors")
    assert result.exit_code == 2
    assert "error: no table of names makes these the arrays of SqueezeNet11:\n" in result.stderr
    assert "as torchvision_1_1 of squeezenet: head/bias is none of classifier.1.bias" in result.stderr
    assert (folder / "out.safetensors").read_bytes() == b"before"


@pytest.mark.parametrize(
    ("file", "out", "message"),
    [
        ("absent.safetensors", "out.safetensors", "cannot read absent.safetensors: no such file or directory"),
        (
            "net.onnx",
            "out.safetensors",
            "net.onnx is no file of weights: it must end in .safetensors, .keras, .weights.h5, .h5, .hdf5, .pth, .pt",
        ),
        ("a.safetensors", "out.h5", "weights go to a file that ends in .safetensors, not to out.h5"),
        ("text.safetensors", "out.safetensors", "text.safetensors is no file of safetensors"),
    ],
)
def test_refusals(folder: Path, file: str, out: str, message: str) -> None:
    (folder / "text.safetensors").write_text("no")
    result = convert(file, out)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_source_is_not_written_over(folder: Path, arrays: Arrays) -> None:
    safetensors.write(folder / "a.safetensors", arrays, {})
    before = (folder / "a.safetensors").read_bytes()
    assert "it is what was read" in convert("a.safetensors", "a.safetensors").stderr
    assert (folder / "a.safetensors").read_bytes() == before


def test_without_pytorch_its_files_are_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (folder / "net.pth").write_bytes(b"")
    assert "net.pth is read by PyTorch, which is not installed: pip install torch" in convert("net.pth").stderr


def test_list() -> None:
    result = CliRunner().invoke(cli, ["weights", "list", "--format", "json"])
    families = {each["family"]: each["sources"] for each in json.loads(result.stdout)["families"]}
    assert families["squeezenet"] == ["torchvision_1_0", "torchvision_1_1"]
    assert {(family, source) for family, several in families.items() for source in several} == {*sources()}
    lines = CliRunner().invoke(cli, ["weights", "list"]).stdout.splitlines()
    assert "squeezenet           torchvision_1_0, torchvision_1_1" in lines


class TestPyTorch:
    """What PyTorch itself reads."""

    @pytest.mark.parametrize(("within", "prefix"), [("", ""), ("state_dict", ""), ("model", "module.")])
    def test_a_checkpoint_is_what_its_safetensors_are(
        self, folder: Path, arrays: Arrays, within: str, prefix: str
    ) -> None:
        """Also one level down, and from a model that ``DataParallel`` wrapped."""
        torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
        state = {f"{prefix}{name}": torch.from_numpy(array) for name, array in arrays.items()}
        torch.save({within: state, "epoch": 3} if within else state, folder / "net.pth")
        safetensors.write(folder / "net.safetensors", arrays, {})
        assert convert("net.pth", "one.safetensors").exit_code == 0
        assert convert("net.safetensors", "other.safetensors").exit_code == 0
        one, other = read("one.safetensors")[0], read("other.safetensors")[0]
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key], other[key]) for key in one)

    def test_weights_of_ours_go_back(self, folder: Path) -> None:
        """Under torchvision's names, as its model has them; what comes back is what there was."""
        torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
        rng = np.random.default_rng(0)
        shapes = stated("resnet18")["weights"]
        published = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
        safetensors.write(folder / "published.safetensors", published, {})
        runner, given = CliRunner(), ["--set", "classes=10", "--no-run"]
        for source, out, more in (
            ("published.safetensors", "ours.safetensors", given),
            ("ours.safetensors", "back.pth", [*given, "--names", "torchvision"]),
            ("back.pth", "again.safetensors", given),
        ):
            run = runner.invoke(cli, ["weights", "convert", "resnet18", source, "-o", out, *more])
            assert run.exit_code == 0, run.output
        state = torch.load("back.pth", weights_only=True)
        assert {name for name in state if not name.endswith("num_batches_tracked")} == published.keys()
        assert all(np.array_equal(state[name].numpy(), array) for name, array in published.items())
        assert (folder / "again.safetensors").read_bytes()[-1000:] == (folder / "ours.safetensors").read_bytes()[-1000:]
        one, other = read("ours.safetensors")[0], read("again.safetensors")[0]
        assert all(np.array_equal(one[key], other[key]) for key in one)

    def test_nothing_in_a_file_is_run(self, folder: Path) -> None:
        pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
        (folder / "net.pth").write_bytes(pickle.dumps(_Touches(str(folder / "run"))))
        result = convert("net.pth")
        assert result.exit_code == 2
        assert "net.pth is no checkpoint of tensors alone" in result.stderr
        assert "weights_only" not in result.stderr
        assert not (folder / "run").exists()

    def test_a_file_that_was_cut_off_is_broken(self, folder: Path) -> None:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
        torch.save({"weight": torch.zeros(100, 100)}, folder / "net.pth")
        whole = (folder / "net.pth").read_bytes()
        for size in (len(whole) // 2, len(whole) - 10):
            (folder / "net.pth").write_bytes(whole[:size])
            result = convert("net.pth")
            assert result.exit_code == 2
            assert "net.pth is no checkpoint of PyTorch, or broken" in result.stderr

    def test_other_objects_are_no_state_dict(self, folder: Path) -> None:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
        torch.save({"epoch": 3}, folder / "net.pth")
        assert "net.pth has no state dict" in convert("net.pth").stderr


class _Touches:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self._path, "w")


def test_a_published_checkpoint_is_taken_like_a_file_of_ours(folder: Path, arrays: Arrays) -> None:
    safetensors.write(folder / "published.safetensors", arrays, {})
    assert convert("published.safetensors", "ours.safetensors").exit_code == 0
    net = archdsl.load(NAME, **ARGUMENTS)
    assert net.match_weights("published.safetensors")
    one, other = net.torch_state("published.safetensors"), net.torch_state("ours.safetensors")
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)
    other = archdsl.load(NAME).match_weights("published.safetensors")
    assert not other
    assert [(each.key, each.found) for each in other.changed] == [
        ("head/kernel", "[1, 1, 512, 10]"),
        ("head/bias", "[10]"),
    ]
    with pytest.raises(archdsl.WeightsError, match=r"head/kernel: .1, 1, 512, 10. in the file, .1, 1, 512, 1000."):
        archdsl.load(NAME).torch_state("published.safetensors")
