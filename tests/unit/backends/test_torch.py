"""Files of PyTorch as text: what they say, and how it is written. What they compute is in tests/pytorch."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import archdsl
from archdsl.backends.code.lists import aligned
from archdsl.backends.code.parameters import MISSING, Parameters
from archdsl.backends.code.values import Make, make, sequential
from archdsl.backends.torch.file import File, written
from archdsl.backends.torch.state import places
from archdsl.backends.torch.usual import usual
from archdsl.bundled import bundled
from archdsl.diagnostics import ArchError
from archdsl.graph.model import Graph
from archdsl.weights import expected
from tests.conftest import ROOT, Golden
from tests.unit.backends.formatting import assert_formatted
from tests.unit.backends.reused import NESTED
from tests.unit.backends.unet import UNET

SOME = ("resnet50", "vit_ti16", "efficientnet_b0", "swin_t", "convnext_tiny", "gpt2", "squeezenet10", "lenet5")
"""Of different families, and quick to write."""
EVERY = sorted({model for _, model in bundled().values() if model})


@cache
def made(name: str) -> tuple[Graph, File]:
    graph = archdsl.load(name).graph
    return graph, written(graph)


def file_of(name: str) -> str:
    return made(name)[1].text


def test_resnet50(golden: Golden) -> None:
    """Classes of blocks with the parameters in which they differ, the stage a loop, the shortcut where it must be."""
    text = file_of("resnet50")
    golden(ROOT / "docs" / "resnet50.torch.txt", text)
    assert "self.conv2 = ConvBNAct(width, width, 3, stride=stride)" in text
    assert "if in_channels != 4 * width:" in text
    assert "*[Bottleneck(4 * width, width) for _ in range(depth - 1)]," in text
    assert "self.c4 = ResidualStage(512, 256, 6, stride=2)" in text
    assert "x = self.stem(x)  # [N, 64, 112, 112]" in text
    assert text.count("class ") == 5
    assert '"""A stage of residual blocks, of which the first changes size and width.' in text


_EXCERPTS = {"mobilenet_v2": None, "convnext_tiny": "timm", "vit_b16": "timm"}
"""Models of which docs/pytorch.md shows parts, and whose names they have."""


@pytest.mark.parametrize("name", _EXCERPTS)
def test_files_that_the_page_shows(name: str, golden: Golden) -> None:
    golden(ROOT / "docs" / f"{name}.torch.txt", written(archdsl.load(name).graph, _EXCERPTS[name]).text)


def test_channels_are_moved_where_they_must() -> None:
    """ConvNeXt's blocks leave the maps as they are and turn them around the dense layers; ViT has no maps."""
    text = file_of("convnext_tiny")
    norm, block = (re.search(rf"class {name}\(.*?\n\n\n", text, re.DOTALL) for name in ("LayerNorm2d", "ConvNeXtBlock"))
    assert norm is not None
    assert block is not None
    assert norm[0].count(".permute(") == block[0].count(".permute(") == 2
    assert text.count(".permute(") == 4
    assert "LayerNorm2d(96, eps=1e-06)" in text
    assert ".permute(" not in file_of("vit_ti16")


@pytest.mark.parametrize("name", SOME)
def test_torch_alone_is_imported(name: str) -> None:
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(ast.parse(file_of(name)))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= {"torch", "math"}
    assert "archdsl" not in file_of(name)


@pytest.mark.parametrize("name", SOME)
def test_every_array_has_a_place(name: str) -> None:
    graph, file = made(name)
    found = [*places(file)]
    keys = [place.key for place in found]
    assert len(keys) == len(set(keys))
    assert sorted(source for place in found for source in place.sources) == sorted(expected(graph))


def test_files_are_formatted(tmp_path: Path) -> None:
    assert_formatted({name: file_of(name) for name in SOME}, tmp_path)


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


def test_equal_modules_are_counted() -> None:
    """Lists of several instances are written in one way, the first apart if it is another in any of them."""
    layer = make("nn.Linear", ("in_features", 4), ("out_features", 4))
    first = make("nn.Linear", ("in_features", 2), ("out_features", 4))
    (folded,) = aligned([sequential([layer, layer, layer])], "blocks", usual)
    assert dict(folded.args)["0"] == Make("*repeat", (("item", layer), ("depth", 3)))
    one, two = aligned([sequential([layer, layer]), sequential([first, layer, layer])], "blocks", usual)
    assert [dict(each.args)["1"] for each in (one, two)] == [
        Make("*rest", (("item", layer), ("depth", count))) for count in (2, 3)
    ]


def test_parameters_are_where_instances_differ() -> None:
    """What is the same everywhere is no parameter; what goes together is one; what follows is an expression."""
    table = Parameters({})
    columns = table.columns(["in_channels", "out_channels", "kernel_size"], [(8, 32, 3), (16, 64, 3)], "conv")
    again = table.columns(["num_features"], [(32,), None], "norm")
    solved = table.solve({"norm": [True, False]}, {})
    assert [str(getattr(solved.text(column), "text", solved.text(column))) for column in columns + again] == [
        *("in_channels", "4 * in_channels", "3"),
        "32",
    ]
    assert [parameter.name for parameter in solved.parameters] == ["in_channels", "has_norm"]
    assert MISSING not in [value for parameter in solved.parameters for value in parameter.values]


def test_idioms() -> None:
    """A shuffle of channels is written as one, and its maps keep their order."""
    text = file_of("shufflenet_v2_x05")
    assert "channel_shuffle(x, 2)" in text
    assert "permute" not in text


def test_the_arms_of_a_u_net_are_loops() -> None:
    """What waits for the other arm is on a list; three values or fewer have names."""
    text = archdsl.load_text(UNET).to_torch()
    assert "for down_unit, down_enter, down_unit2 in zip(" in text
    assert "self.down_unit[1:7:2], self.down_enter, self.down_unit[2:7:2]" in text
    assert text.count("skips.append(x)") == 4
    assert text.count("torch.cat((x, skips.pop()), dim=1)") == 3
    assert "skips" not in archdsl.load_text(UNET.replace("repeat 2", "repeat 1").replace(", 8, 8]", "]")).to_torch()


def test_a_shared_block_in_a_shared_block_is_a_class() -> None:
    """Both are called again, and their rounds stay loops."""
    text = archdsl.load_text(NESTED).to_torch()
    assert re.findall(r"class (\w+)", text) == ["Unit", "Tower", "Two", "Net"]
    assert "return self.inner(self.between(self.inner(x)))" in text
    assert text.count("x = self.head(x)") == 1
    assert "return self.head(x)" in text


def test_a_round_of_a_chain_is_used_outside() -> None:
    """Then the chain is no sequence of modules, whose inner values nothing could take."""
    text = archdsl.load_text("model Net() :: [8] -> [4] { { repeat 2 { dense(4) as a } } as g -> add { id, a[0] } }")
    assert [line.partition("  #")[0].strip() for line in text.to_torch().splitlines()[-3:]] == [
        "x = self.a[0](x)",
        "g = self.a[1](x)",
        "return g + x",
    ]


def test_names_do_not_collide() -> None:
    """Names that Python or a module takes are written with a line below."""
    text = archdsl.load_text(
        "model Net() :: [8] -> [8] { dense(8) as train -> dense(8) as forward -> relu as eval }"
    ).to_torch()
    assert re.findall(r"self\.(\w+) = ", text) == ["train_", "forward_", "eval_"]
