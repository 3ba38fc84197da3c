"""``archdsl compile`` to Keras: the file loads in a process that knows only Keras and archdsl's layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import archdsl.importer  # noqa: F401  # lets specs be imported
from archdsl.backends.keras import build
from archdsl.cli.main import cli

NET = """\
model Tiny(classes: int = 4) :: [8, 8, 3] -> [classes] {
  conv(8, k=3, stride=2, pad=1) as stem -> relu -> global_avg_pool -> dense(classes) as head
}
"""
FreshPython = Callable[..., object]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny_net.arch").write_text(NET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compiled_model_loads_and_predicts(here: Path, fresh_python: FreshPython) -> None:
    result = CliRunner().invoke(cli, ["compile", "tiny_net.arch:Tiny", "--set", "classes=5"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("wrote tiny.keras (")
    assert "Tiny, 269 parameters, 3.5" in result.stdout
    assert result.stdout.endswith("MACs; loads with Keras alone\n")
    assert sorted(path.name for path in here.iterdir()) == ["tiny.keras", "tiny_net.arch"]
    code = """
import sys
sys.modules["archdsl"] = None
import keras, numpy
model = keras.models.load_model("tiny.keras")
assert model.get_layer("stem").filters == 8
assert model.count_params() == 269
assert model.predict(numpy.zeros((2, 8, 8, 3)), verbose=0).shape == (2, 5)
"""
    fresh_python(code, cwd=here)


def test_says_which_layers_a_file_needs(here: Path, fresh_python: FreshPython) -> None:
    text = "model Tokens() :: [4, 6] -> [5, 6] { class_token -> attention(2, trainable=false) }"
    (here / "tokens.arch").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["compile", "tokens.arch"])
    assert result.stdout.endswith("; needs `import archdsl.layers` to load: Attention, ClassToken\n")
    fresh_python(
        'import archdsl.layers, keras; assert keras.models.load_model("tokens.keras").count_params()', cwd=here
    )


def test_failure_while_building_leaves_the_old_model(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(graph: object) -> None:
        raise RuntimeError("lost")

    monkeypatch.setattr(build, "build", fail)
    old = here / "tiny_net.keras"
    old.write_text("kept", encoding="utf-8")
    assert CliRunner().invoke(cli, ["compile", "tiny_net.arch"]).exit_code == 70
    assert old.read_text(encoding="utf-8") == "kept"
    assert sorted(path.name for path in here.iterdir()) == ["tiny_net.arch", "tiny_net.keras"]


def test_tensorflow_announces_nothing(here: Path, fresh_python: FreshPython) -> None:
    code = """
import os, subprocess, sys
del os.environ["TF_CPP_MIN_LOG_LEVEL"]
command = [sys.executable, "-m", "archdsl", "compile", "tiny_net.arch", "-o", "out/tiny.keras"]
done = subprocess.run(command, capture_output=True, text=True)
assert (done.returncode, done.stderr) == (0, ""), done
"""
    fresh_python(code, cwd=here)


def test_imported_models_build(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(here))
    import tiny_net  # type: ignore[import-not-found]

    model = tiny_net.Tiny(classes=3)
    assert model.name == "Tiny"
    assert model.output_shape == (None, 3)
