"""``archdsl compile`` without Keras: graphs, settings, names, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archdsl.cli.output import written
from archdsl.cli.targets import keras as target_keras
from archdsl.graph.json import from_json
from archdsl.weights import safetensors
from tests.unit.cli.conftest import Run


def calls(run: Run, *settings: str, spec: str = "net.arch") -> str:
    result = run("compile", spec, "--to", "graph", *(part for s in settings for part in ("--set", s)))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_goes_to_standard_output(run: Run) -> None:
    result = run("compile", "net.arch", "--to", "json")
    assert result.exit_code == 0
    assert from_json(result.stdout).name == "Net"
    assert run("compile", "net.arch", "--to", "json", "-o", "-").stdout == result.stdout


def test_ending_says_the_format(run: Run) -> None:
    result = run("compile", "net.arch:Deep", "-o", "out/deep.json")
    assert result.exit_code == 0
    assert "wrote out/deep.json" in result.stdout
    assert "310" not in result.stdout
    assert "606 parameters" in result.stdout
    assert json.loads(Path("out/deep.json").read_text(encoding="utf-8"))["name"] == "Deep"
    assert run("compile", "net.arch", "-o", "net.graph").exit_code == 0
    assert Path("net.graph").read_text(encoding="utf-8").startswith("Net :: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("-o", "net.h5"),
            "what to write to net.h5? end it in .keras, .safetensors, .weights.h5, .savedmodel, .tflite, .py, .onnx, ",
        ),
        (("-o", "-"), "what to write to -?"),
        (("--to", "keras", "-o", "net.h5"), "ends in .keras"),
        (("--to", "keras", "-o", "-"), "ends in .keras"),
        (("--to", "tflite"), "tflite"),
        (("--to", "litert", "-o", "net.pb"), "a LiteRT model goes to a file that ends in .tflite, not to net.pb"),
        (("--to", "onnx", "-o", "net.pb"), "an ONNX model goes to a file that ends in .onnx, not to net.pb"),
        (("-o", "a.onnx", "-o", "a.keras"), "the fresh weights of an ONNX model and of a Keras model would differ"),
        (
            ("-o", "a.json", "--seed", "3"),
            "savedmodel, litert, onnx or openvino; a graph has none",
        ),
        (("-o", "a.keras", "--inline"), "--inline is for onnx; a Keras model has none"),
        (("--set", "depht=3"), "did you mean `depth`?\nits parameters are\n  depth: int = 2\n"),
        (("--set", "depth"), "write `--set name=value`"),
        (("--set", "=3"), "write `--set name=value`"),
        (("--set", "depth=3", "--set", "depth=4"), "given twice"),
        (("--set", "depth="), "--> --set depth:1:"),
        (("--set", "depth=[1"), "error[unclosed-bracket]"),
        (("--set", "depth=1\nlet x = 2"), "is not one value"),
        (("--set", "depth=three"), "`three` is not defined"),
        (("--set", "depth=true"), "should be int"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], words: str) -> None:
    result = run("compile", "net.arch", *arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert not result.stdout
    assert sorted(path.name for path in Path().iterdir()) == ["bad.arch", "net.arch"]


def test_settings_are_expressions_of_the_language(run: Run) -> None:
    assert calls(run, "depth=1").count(" conv(") == 1
    assert calls(run, "depth=len(widths) + 1").count(" conv(") == 3
    assert "leaky_relu(0.1)" in calls(run, "act=leaky_relu(0.1)")
    assert "dropout(0.25)" in calls(run, "rate=0.25")
    assert "dropout(0.0)" in calls(run, "rate=0")
    assert calls(run, "flip=true")
    assert calls(run, "depth = 3").count(" conv(") == 3


@pytest.mark.parametrize("written", ["bilinear", '"bilinear"'])
def test_strings_need_no_quotes(run: Run, written: str) -> None:
    assert 'method="bilinear"' in calls(run, f"method={written}")


def test_lists_and_figures(run: Run) -> None:
    settings = ("depths=[1, 1,1, 1]", "classes=1_000", "size=32", "unit=BasicBlock")
    text = calls(run, *settings, spec="resnet50")
    assert text.count(": BasicBlock(") == 4
    assert "[1000]" in text
    assert "[2000]" in calls(run, "classes=2k", spec="resnet50")


def test_variant_keeps_its_own_values(run: Run) -> None:
    assert calls(run, "act=gelu", spec="net.arch:Deep").count("-> gelu ::") == 4


def test_errors_of_the_spec(run: Run) -> None:
    Path("bad.json").write_text("kept", encoding="utf-8")
    result = run("compile", "bad.arch", "-o", "bad.json")
    assert result.exit_code == 1
    assert "error[contract-broken]" in result.stderr
    assert Path("bad.json").read_text(encoding="utf-8") == "kept"


def test_only_the_chosen_model_is_checked(run: Run) -> None:
    with Path("net.arch").open("a", encoding="utf-8") as file:
        file.write("\nmodel Other() :: [8] -> [4] { dense(3) }\ncheck Net(), params == 1\n")
    assert run("check", "net.arch").exit_code == 1
    assert run("compile", "net.arch", "--to", "graph").exit_code == 0


def test_several_models_need_a_name(run: Run) -> None:
    Path("two.arch").write_text("model A() :: [8] -> [8] { relu }\nmodel B() :: [8] -> [8] { relu }\n")
    result = run("compile", "two.arch")
    assert result.exit_code == 1
    assert "two.arch:A" in result.stderr


def test_failed_save_leaves_the_old_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(architecture: object, model: object, target: Path, form: str) -> None:
        with written(target) as file:
            file.write_text("half", encoding="utf-8")
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(target_keras, "built", lambda *_: None)  # without Keras
    monkeypatch.setattr(target_keras, "save", save)
    Path("net.keras").write_text("kept", encoding="utf-8")
    result = run("compile", "net.arch")
    assert result.exit_code == 2
    assert "cannot write net.keras: no space left on device" in result.stderr
    assert Path("net.keras").read_text(encoding="utf-8") == "kept"
    assert sorted(path.name for path in Path().iterdir()) == ["bad.arch", "net.arch", "net.keras"]


def test_interrupt_leaves_the_old_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(architecture: object, model: object, target: Path, form: str) -> None:
        with written(target):
            raise KeyboardInterrupt

    monkeypatch.setattr(target_keras, "built", lambda *_: None)  # without Keras
    monkeypatch.setattr(target_keras, "save", save)
    assert run("compile", "net.arch", "-o", "out/net.keras").exit_code == 130
    assert not Path("out").exists()


@pytest.mark.parametrize(("to", "is_told"), [("onnx", True), ("torch", False)])
def test_ways_out_are_those_that_the_target_takes(run: Run, to: str, is_told: bool) -> None:
    """Of weights that do not fit."""
    metadata = {"schema": safetensors.SCHEMA, "version": safetensors.VERSION}
    safetensors.write(Path("other.safetensors"), {"other/kernel": np.zeros(3, "float32")}, metadata)
    result = run("compile", "net.arch:Net", "--to", to, "--weights", "other.safetensors", "-o", f"net.{to}")
    assert result.exit_code == 2
    assert "other/kernel" in result.stderr
    assert ("`--partial` takes what fits" in result.stderr) is is_told
    assert "--by-order" not in result.stderr


def test_names_of_published_models(run: Run) -> None:
    result = run("compile", "resnet18", "--to", "torch", "--names", "timm", "-o", "-")
    assert result.exit_code == 0, result.output
    assert "self.layer1 = nn.Sequential(" in result.stdout
    refusals = {"torchvison": "did you mean torchvision?", "keras": "there are those of timm and torchvision"}
    for names, why in refusals.items():
        refused = run("compile", "resnet18", "--to", "torch", "--names", names, "-o", "net.py")
        assert refused.exit_code == 2
        assert why in refused.stderr
        assert not Path("net.py").exists()
