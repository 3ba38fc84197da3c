"""Modules of PyTorch as specs, by way of ``torch.export``: what becomes of operators, and whether outputs stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_torch

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402


class Unit(nn.Module):  # type: ignore[misc, name-defined]
    """A residual unit."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Any) -> Any:
        return functional.relu(x + self.norm(self.conv(x)), inplace=True)


class Mixer(nn.Module):  # type: ignore[misc, name-defined]
    """An attention as timm writes it, and a perceptron."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.gamma = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Any) -> Any:
        n, tokens, width = x.shape
        qkv = self.qkv(self.norm(x)).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(n, tokens, width)
        x = x + self.proj(mixed) * self.gamma
        return x + self.mlp(x)


class Patches(nn.Module):  # type: ignore[misc, name-defined]
    """A small transformer of images."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(torch.randn(1, 17, 16))
        self.blocks = nn.Sequential(Mixer(16, 2), Mixer(16, 2))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.places
        return self.head(self.blocks(x)[:, 0])


class Heads(nn.Module):  # type: ignore[misc, name-defined]
    """PyTorch's own attention, which brings tokens to the front."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.attention(x, x, x, need_weights=False)[0]


class Queries(nn.Module):  # type: ignore[misc, name-defined]
    """An attention whose heads have keys and values in common, over a map, as in MobileNetV4."""

    def __init__(self, *, fused: bool) -> None:
        super().__init__()
        self.fused = fused
        self.query, self.key, self.value = (nn.Conv2d(6, size, 1) for size in (12, 4, 5))
        self.out = nn.Conv2d(15, 6, 1)

    def forward(self, x: Any) -> Any:
        n, _, h, w = x.shape
        query = self.query(x).reshape(n, 3, 4, -1).transpose(-1, -2)
        key, value = (each(x[:, :, ::2]).flatten(2).transpose(1, 2).unsqueeze(1) for each in (self.key, self.value))
        if self.fused:
            mixed = functional.scaled_dot_product_attention(query, key, value)
        else:
            mixed = ((query * 0.5) @ key.transpose(-1, -2)).softmax(dim=-1) @ value
        return self.out(mixed.transpose(1, 2).reshape(n, h, w, 15).permute(0, 3, 1, 2))


class Resized(nn.Module):  # type: ignore[misc, name-defined]
    """Every place of the result is that at the rounded-down share of the input."""

    def __init__(self, *size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Any) -> Any:
        return functional.interpolate(x, size=self.size, mode="nearest")


def ops(module: Any, *shape: int) -> list[str]:
    found = import_torch(module, (torch.randn(1, *shape),))
    assert "Outputs for random inputs are those of the source" in found.text
    return [node.op.name for node in found.graph]


def randomised(module: Any) -> Any:
    """The module with numbers that tell all of its arrays apart."""
    chance = torch.Generator().manual_seed(1)
    for array in (*module.parameters(), *module.buffers()):
        if array.is_floating_point():
            array.data.uniform_(0.2, 0.8, generator=chance)
    return module


_MIX = ["layer_norm", "attention", "scale", "add", "layer_norm", "dense", "gelu", "dense", "add"]


@pytest.mark.parametrize(
    ("module", "shape", "wanted"),
    [
        (nn.Sequential(Unit(3), Unit(3)), (3, 8, 8), ["conv", "batch_norm", "add", "relu"] * 2),
        (
            Patches(),
            (3, 16, 16),
            ["conv", "flatten_spatial", "class_token", "position_embedding", *_MIX, *_MIX, "slice", "dense"],
        ),
        (Heads(), (6, 16), ["attention"]),
        (nn.Sequential(nn.Conv2d(4, 8, 1), nn.ChannelShuffle(2), nn.PixelShuffle(2)), (4, 6, 6), None),
        (
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)),
            (3, 8, 8),
            ["conv", "global_avg_pool", "dense"],
        ),
        (nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48, 2)), (3, 8, 8), ["max_pool", "flatten", "dense"]),
        (Resized(7, 6), (2, 3, 4), ["upsample", "max_pool"]),
        (Resized(3, 2), (2, 6, 4), ["max_pool"]),
        *((Queries(fused=fused), (6, 4, 3), None) for fused in (True, False)),
        (nn.Sequential(nn.GroupNorm(2, 4), nn.Hardswish(), nn.Upsample(scale_factor=2)), (4, 5, 5), None),
    ],
)
def test_modules(module: Any, shape: Sequence[int], wanted: Sequence[str] | None) -> None:
    found = ops(randomised(module), *shape)
    assert wanted is None or found == wanted


def test_blocks_are_found_and_the_module_stays_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), *(Unit(4) for _ in range(3))).train()
    found = archdsl.from_torch(module, torch.randn(1, 3, 8, 8))
    assert module.training
    assert "repeat 3" in found.source
    assert "residual {" in found.source


def test_every_operator_without_counterpart_is_listed() -> None:
    class Sorted(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return torch.fft.fft(torch.sort(x)[0].cumsum(-1)).real

    with pytest.raises(Unreadable) as error:
        archdsl.from_torch(Sorted(), torch.randn(1, 4))
    assert "(aten::sort)" in str(error.value)
    assert "(aten::cumsum)" in str(error.value)


def test_what_cannot_be_recorded_is_an_error() -> None:
    class Asks(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x if x.sum() > 0 else -x

    with pytest.raises(Unreadable, match=r"torch\.export cannot record it"):
        archdsl.from_torch(Asks(), torch.randn(1, 4))


def test_modules_stay_in_the_modes_in_which_they_were() -> None:
    """A frozen norm within a module that trains, and when the module cannot be recorded, too."""

    class Refusing(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.unit = Unit(4)

        def forward(self, x: Any) -> Any:
            raise ValueError("not today")

    for module in (nn.Sequential(nn.Conv2d(3, 4, 1), Unit(4)), Refusing()):
        module.train()
        unit = next(each for each in module.modules() if isinstance(each, Unit))
        unit.norm.eval()
        before = [each.training for each in module.modules()]
        if isinstance(module, Refusing):
            with pytest.raises(Unreadable, match="cannot record it"):
                import_torch(module, (torch.randn(1, 3, 8, 8),))
        else:
            import_torch(module, (torch.randn(1, 3, 8, 8),))
        assert [each.training for each in module.modules()] == before


NETS = """
from torch import nn

class Small(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean((2, 3)))

wide = Small(16)
"""


@pytest.mark.parametrize(("name", "width"), [("Small", 8), ("wide", 16)])
def test_a_module_is_named_on_the_command_line(
    name: str, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "live_modules.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)
    target = [f"live_modules:{name}", "-o", "net.arch", "--weights", "net.safetensors"]
    result = CliRunner().invoke(cli, ["import", *target, "--input", "3,16,16"])
    assert result.exit_code == 0, result.output
    graph = archdsl.load("net.arch").graph
    assert graph.inputs[0].shape == (16, 16, 3)
    assert archdsl.load("net.arch").summary().total.params == 3 * 9 * width + width + 5 * width + 5
    assert "Outputs for random inputs are those of the source" in Path("net.arch").read_text(encoding="utf-8")
    assert Path("net.safetensors").stat().st_size > 4 * (3 * 9 * width)


def test_operators_that_nothing_reads_are_listed_or_opaque() -> None:
    @torch.library.custom_op("archdsl_tests::blur", mutates_args=())  # type: ignore[untyped-decorator]
    def blur(x: torch.Tensor, weight: torch.Tensor, sigma: float) -> torch.Tensor:  # type: ignore[name-defined]
        return x[:, :, ::2, ::2] * weight.sum()

    @blur.register_fake  # type: ignore[untyped-decorator]
    def _(x: Any, weight: Any, sigma: float) -> Any:
        return x.new_empty(x.shape[0], x.shape[1], x.shape[2] // 2, x.shape[3] // 2)

    class Custom(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.kernel = nn.Parameter(torch.randn(3, 3))

        def forward(self, x: Any) -> Any:
            return torch.cumsum(blur(self.conv(x), self.kernel, 1.5), 1)

    image = torch.randn(1, 3, 10, 10)
    with pytest.raises(Unreadable) as caught:
        archdsl.from_torch(Custom(), image)
    assert [problem.kind for problem in caught.value.problems] == ["archdsl_tests::blur", "aten::cumsum"]
    net = archdsl.from_torch(Custom(), image, opaque=True)
    assert [(node.op.name, node.shape) for node in net.graph] == [
        ("conv", (8, 8, 4)),
        ("opaque", (4, 4, 4)),
        ("opaque", (4, 4, 4)),
    ]
    assert net.graph.nodes[1].op.arrays == ((3, 3),)
    assert dict(net.graph.about)["writer"] == f"pytorch {torch.__version__}"


_POOLED = {
    "flattened, largest": ("global_max_pool", lambda x: x.flatten(2).amax(-1)),
    "flattened, largest with its place": ("global_max_pool", lambda x: x.flatten(2).max(-1)[0]),
    "flattened, mean": ("global_avg_pool", lambda x: x.flatten(2).mean(-1)),
    "flattened, pooled": ("global_avg_pool", lambda x: functional.adaptive_avg_pool1d(x.flatten(2), 1).flatten(1)),
    "both axes, largest": ("global_max_pool", lambda x: x.amax((2, 3))),
    "axis after axis, largest": ("global_max_pool", lambda x: x.max(-1)[0].max(-1)[0]),
    "axis after axis, mean": ("global_avg_pool", lambda x: x.mean(2).mean(2)),
    "axis after axis, kept": ("global_max_pool", lambda x: x.amax(2, True).amax(3, True).flatten(1)),
    "channels last, largest": ("global_max_pool", lambda x: x.permute(0, 2, 3, 1).amax((1, 2))),
}


@pytest.mark.parametrize("form", _POOLED)
def test_a_map_reduced_to_one_place_is_pooled(form: str) -> None:
    op, reduce = _POOLED[form]

    class Pooled(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 6, 3), nn.Linear(6, 5)

        def forward(self, x: Any) -> Any:
            return self.head(reduce(self.conv(x)))

    net = archdsl.from_torch(Pooled(), torch.randn(1, 3, 9, 7))
    assert [node.op.name for node in net.graph] == ["conv", op, "dense"]
    assert "Outputs for random inputs are those of the source" in net.source


def test_the_place_of_the_largest_has_no_reader() -> None:
    class Places(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            largest, places = x.max(-1)
            return largest + places

    with pytest.raises(Unreadable, match=r"aten::max\): its result 1 is used"):
        archdsl.from_torch(Places(), torch.randn(1, 4, 5))


def test_what_was_recorded_is_read_and_a_file_of_it_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, image = nn.Sequential(nn.Conv2d(3, 4, 3), Unit(4)).eval(), torch.randn(1, 3, 8, 8)
    recorded = torch.export.export(module, (image,))
    ours, same = archdsl.from_torch(recorded), archdsl.from_torch(module, image)
    assert "Outputs for random inputs are those of the source" in ours.source
    assert fingerprint(ours.graph) == fingerprint(same.graph)
    monkeypatch.chdir(tmp_path)
    torch.export.save(recorded, "net.pt2")
    refused = CliRunner().invoke(cli, ["import", "net.pt2"])
    assert refused.exit_code == 1
    assert "PyTorch runs code that such a file holds" in refused.output
    (tmp_path / "loading_a_net.py").write_text("import torch\ndef net():\n    return torch.export.load('net.pt2')\n")
    done = CliRunner().invoke(cli, ["import", "loading_a_net:net", "-o", "net.arch"])
    assert done.exit_code == 0, done.output
    assert fingerprint(archdsl.load("net.arch").graph) == fingerprint(ours.graph)


def test_a_file_of_the_newer_exporter_is_read(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), *(Unit(4) for _ in range(3)), head).eval()
    file = tmp_path / "net.onnx"
    torch.onnx.export(module, (torch.randn(1, 3, 8, 8),), file, dynamo=True, verbose=False)
    net = archdsl.from_onnx(file)
    assert "repeat 3" in net.source
    assert "global_avg_pool" in net.source
    assert "Outputs for random inputs are those of the source" in net.source
    assert dict(net.graph.about)["writer"] == f"pytorch {torch.__version__}"
