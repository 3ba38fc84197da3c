"""Files of Keras as text: what they say, and how they are written. tests/keras has what they compute."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path
from random import Random

import pytest

import archdsl
from archdsl.backends.python.file import written
from archdsl.backends.python.pruning import pruned
from archdsl.backends.python.sources import names, taken
from archdsl.bundled import bundled
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.graph.model import Graph
from archdsl.source import SourceFile
from tests.conftest import ROOT, Golden
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.fuzz.wide import opened, several
from tests.unit.backends.formatting import assert_formatted
from tests.unit.backends.unet import UNET

SOME = ("resnet50", "vit_ti16", "efficientnet_b0", "swin_t", "convnext_tiny", "gpt2", "squeezenet10", "lenet5")
"""Of different families, and quick to write."""
EVERY = sorted({model for _, model in bundled().values() if model})


@cache
def file_of(name: str) -> str:
    return archdsl.load(name).to_python()


def test_resnet50(golden: Golden) -> None:
    """Functions of blocks with the parameters in which they differ, the stage a loop, the shortcut where it must be."""
    text = file_of("resnet50")
    golden(ROOT / "docs" / "resnet50.keras.txt", text)
    assert 'main = conv_bn_act(main, width, 3, stride=stride, name=f"{name}.main.conv2")' in text
    assert "if in_channels != 4 * width:" in text
    assert "for i in range(1, depth):" in text
    assert 'x = residual_stage(x, 256, 6, stride=2, name="c4")  # [N, 14, 14, 1024]' in text
    assert '"""A stage of residual blocks, of which the first changes size and width.' in text
    assert text.count("\ndef ") == 9


def test_a_loop_over_rows() -> None:
    """Rounds that differ in numbers are a loop over these, with the number of the round in the names."""
    text = file_of("convnext_tiny")
    assert "for i, drop in enumerate(drops):" in text
    assert 'x = conv_next_block(x, drop=drop, name=f"{name}.blocks.{i}")' in text


def test_the_arms_of_a_u_net_are_loops() -> None:
    """Loops lie in one another, and what waits for the other arm is on a list."""
    text = archdsl.load_text(UNET).to_python()
    assert re.findall(r"for \w+ in range\([\d, ]+\)", text) == [
        "for i in range(1, 4)",
        "for i in range(3)",
        "for j in range(2)",
        "for i in range(2)",
    ]
    assert 'layers.Concatenate(name=f"up.{i}.concat.{j}")([down, skips.pop()])' in text


def test_channels_are_read() -> None:
    """What follows from the channels of the input is written so, and nobody has to say them."""
    text = file_of("convnext_tiny")
    assert "in_channels = x.shape[-1]" in text
    assert 'y = layers.Dense(4 * in_channels, name=f"{name}.expansion")(y)' in text
    assert "in_channels: int" not in text


def test_padding_is_that_of_keras_where_it_can() -> None:
    """Padding by numbers is a line before the layer, or none where the rule "same" has the same ones."""
    text = archdsl.load_text(
        """
        block Stem(filters: int, k: int) :: [h, w, c] -> [h, w, filters] { conv(filters, k=k, pad=k // 2) -> relu }
        model Net() :: [32, 32, 3] -> [4, 4, 4] {
          Stem(8, 3) -> Stem(8, 5) -> conv(4, k=3, stride=2, pad=1) -> conv(4, k=3, stride=4, pad="same")
        }
        """
    ).to_python()
    assert 'x = layers.Conv2D(8, k, padding="same", name=f"{name}.conv")(x)' in text
    assert "x = layers.ZeroPadding2D(1)(x)\n    x = layers.Conv2D(4, 3, strides=2, name=" in text
    assert 'layers.Conv2D(4, 3, strides=4, padding="same", name=' in text


@pytest.mark.parametrize("name", SOME)
def test_keras_alone_is_imported(name: str) -> None:
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").partition(".")[0]
        for node in ast.walk(ast.parse(file_of(name)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported - sys.stdlib_module_names == {"keras", "h5py", "numpy"}


def test_files_are_formatted(tmp_path: Path) -> None:
    assert_formatted({name: file_of(name) for name in SOME}, tmp_path)


def test_programs_are_formatted(tmp_path: Path) -> None:
    """What nobody wrote, too: names that clash, taps, shared weights, sizes that are open."""
    graphs: dict[str, Graph | None] = {}
    for seed in range(4):
        random = Random(seed)
        text = SourceFile("<text>", Writer(random, seed).program())
        graphs[f"written_{seed}"] = Program(text, MemoryLoader({})).graph("Net", {"rate": 0.0})
        graphs |= {f"several_{seed}": several(random), f"opened_{seed}": opened(Random(seed))}
    assert_formatted({name: written(graph) for name, graph in graphs.items() if graph is not None}, tmp_path)


def test_definitions_of_archdsl_are_formatted(tmp_path: Path) -> None:
    """Each layer and function that a file may have, with all that it uses; layers also without their options."""
    found = {name: taken({name}, "Net") for name in names() if not name.startswith("_")}
    found |= {
        f"{name}_bare": taken({name}, "Net", {name: ()}) for name, each in found.items() if "class " in each.texts[-1]
    }
    assert_formatted({name: "\n\n\n".join(each.texts) + "\n" for name, each in found.items()}, tmp_path, "E7,E9")


def test_options_that_are_not_given_are_left_out() -> None:
    text = taken({"Attention"}, "Net", {"Attention": {"window"}}).texts[-1]
    assert "self.window is None" in text
    assert not {"rotary", "talking", "qk_norm", "kv_heads", "causal="} & {*re.findall(r"\w+=?", text)}
    assert "def _bias(" in text
    assert "_prepared(" not in text, "which would give back what it is given"
    assert "self._prepared(" in taken({"Attention"}, "Net", {"Attention": {"rotary"}}).texts[-1]
    assert "self.bias = (" in taken({"Scale"}, "Net", {"Scale": {"use_bias"}}).texts[-1]
    assert "self.bias" not in taken({"Scale"}, "Net", {"Scale": ()}).texts[-1]


def test_what_is_decided_is_folded() -> None:
    made = pruned(_CLASS, {"size"})
    assert made == _FOLDED


_CLASS = '''
class Thing(Base):
    """Does things."""

    def __init__(self, size: int = 1, flag: bool = False, *, rate: float | None = None) -> None:
        super().__init__()
        self.size = size
        self.flag = flag
        self.rate = rate

    def call(self, x):
        # Twice,
        # or more.
        if self.flag:
            return self._other(x)
        elif self.size > 1:
            x = x + self.size
        scale = 2.0 if self.rate is None else self.rate
        if self.rate is not None and x:
            x = x * self.rate
        return x * scale

    def _other(self, x):
        return x

    def get_config(self):
        return {**super().get_config(), "size": self.size, "flag": self.flag, "rate": self.rate}
'''.strip("\n")

_FOLDED = '''
class Thing(Base):
    """Does things."""

    def __init__(self, size: int = 1) -> None:
        super().__init__()
        self.size = size

    def call(self, x):
        if self.size > 1:
            x = x + self.size
        scale = 2.0
        return x * scale

    def get_config(self):
        return {**super().get_config(), "size": self.size}
'''.strip("\n")


def _is_complete(name: str) -> bool:
    """Whether a model can be made without arguments, as those that stand for a family cannot."""
    try:
        archdsl.load(name)
    except ArchError as error:
        if {diagnostic.code for diagnostic in error.diagnostics} != {"missing-argument"}:
            raise
        return False
    return True


@pytest.mark.full
def test_all_files_are_formatted(tmp_path: Path) -> None:
    assert_formatted({name: file_of(name) for name in EVERY if _is_complete(name)}, tmp_path)
