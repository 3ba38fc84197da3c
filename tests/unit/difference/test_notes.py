"""What a reviewer reads. `pytest --update-golden` writes the notes; read them as who must approve the change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl.api import load
from archdsl.difference import Difference, compare, to_markdown, to_text
from archdsl.difference.words import in_common, values
from archdsl.ops.call import Argument, Call, Value, words

FOLDER = Path(__file__).parents[2] / "cases" / "diff"
CASES = sorted(path.parent for path in FOLDER.glob("*/a.arch"))
Golden = Callable[[Path, str], None]

ZOO = {
    "resnet50_and_v1": ("resnet50", {}, "resnet50_v1", {}),
    "resnet50_and_101": ("resnet50", {}, "resnet101", {}),
    "resnet50_and_34": ("resnet50", {}, "resnet34", {}),
    "ten_classes": ("resnet50", {}, "resnet50", {"classes": 10}),
    "mobilenet_wider": ("mobilenet_v2", {}, "mobilenet_v2", {"width": 1.4}),
    "ablation_all": ("ablation", {}, "AblationAll", {}),
    "densenet121_and_169": ("densenet121", {}, "densenet169", {}),
    "efficientnet_b0_and_b1": ("efficientnet_b0", {}, "efficientnet_b1", {}),
    "googlenet_and_bn": ("googlenet", {}, "GoogLeNetBN", {}),
    "convnext_and_swin": ("convnext_tiny", {}, "swin_t", {}),
}


def case(folder: Path) -> Difference:
    before, after = (load(folder / f"{side}.arch") for side in "ab")
    return compare(before.graph, after.graph, names=("a.arch", "b.arch"))


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_case(folder: Path, golden: Golden) -> None:
    golden(folder / "note.txt", to_text(case(folder)))


@pytest.mark.parametrize("name", ZOO)
def test_zoo(name: str, golden: Golden) -> None:
    a, settings_a, b, settings_b = ZOO[name]
    difference = compare(
        load(a, **settings_a).graph, load(b, **settings_b).graph, names=("before", "after"), ignore=["facts"]
    )
    golden(FOLDER / "zoo" / f"{name}.txt", to_text(difference))


def test_markdown(golden: Golden) -> None:
    text = to_markdown(compare(load("resnet50").graph, load("resnet50_v1").graph, ignore=["facts"]))
    golden(FOLDER / "zoo" / "resnet50_and_v1.md", text)
    strange = to_markdown(compare(load("convnext_tiny").graph, load("swin_t").graph))
    assert "Little in common: " in strange
    assert "| dense | 37 (26.7 M) | 28 (19.6 M) |" in strange


def test_models_with_little_in_common_are_listed_when_asked() -> None:
    difference = compare(load("convnext_tiny").graph, load("swin_t").graph)
    brief, whole = to_text(difference), to_text(difference, whole=True)
    assert "little in common" in brief
    assert "little in common" not in whole
    assert len(brief.splitlines()) < 30 < len(whole.splitlines()) + 10
    assert "WindowAttention" in whole


def test_written_differently_is_no_difference() -> None:
    difference = case(FOLDER / "written_differently")
    assert not difference
    assert difference.renamed


def test_colour_only_when_asked() -> None:
    difference = case(FOLDER / "training")
    assert "\x1b" not in to_text(difference)
    assert "\x1b[32m+ last" in to_text(difference, colour=True)


def test_ignored_changes_are_counted() -> None:
    before, after = (load(FOLDER / "training" / f"{side}.arch").graph for side in "ab")
    difference = compare(before, after, ignore=["training"])
    assert difference.ignored == 2
    assert [edit.kind for edit in difference.edits] == ["added"]
    assert to_text(difference).endswith("2 changes left out as asked\n")


def test_text_from_a_spec_is_no_markup_and_no_escape_sequence() -> None:
    graph = load("resnet50").graph
    hostile = graph.model_copy(update={"about": (("paper", "`<b>\x1b[31m|"),)})
    difference = compare(graph, hostile)
    assert "\x1b" not in to_text(difference)
    markdown = to_markdown(difference)
    assert "\x1b" not in markdown
    (line,) = (line for line in markdown.splitlines() if "<b>" in line)
    assert line.startswith("- `` ")
    assert line.endswith(" ``")


def test_values_in_a_few_words() -> None:
    assert values([(0, 1), (1, 2)]) == "0 → 1, 1 → 2"
    assert values([(n, 2 * n) for n in (1, 2, 3, 4)]) == "×2 (1 → 2, 2 → 4, …, 4 → 8)"
    assert values([(0.017647058823529415, 0.1)]) == "0.01765 → 0.1"
    assert values([("a → b", words("relu"))]) == '"a → b" → relu'
    assert values([(True, False), (False, True)]) == "true → false, false → true", "truth values have no factor"
    assert in_common([unit(4, 3), unit(8, 3)]) == "Unit(…, k=3)"
    assert in_common([unit(4, 3), unit(4, 5)]) == "Unit(4, …)"


def unit(width: int, k: int) -> Call:
    return Call("Unit", (Argument("width", width, bare=True), Argument("k", k)))


def test_a_change_does_not_cost_what_other_inputs_cost() -> None:
    wider = compare(load("vit_ti16").graph, load("vit_s16").graph)
    heads = [edit for edit in wider.edits if edit.attribute == "heads"]
    assert len(heads) == 12
    assert not any(edit.delta for edit in heads), "the width of the tokens is what costs"
    larger = compare(load("swin_t").graph, load("swin_b").graph)
    (note,) = (note for section in larger.sections for note in section.notes if "heads" in note.what)
    more = 2 * (4 - 3) + 2 * (8 - 6) + 6 * (16 - 12) + 2 * (32 - 24)
    assert note.delta.params == more * (2 * 7 - 1) ** 2, "each head has a table of relative positions"


def test_every_op_is_all_of_them(tmp_path: Path) -> None:
    text = "model M() :: [8, 8, 4] -> [8, 8, 4] {{ relu as first -> repeat 3 {{ conv(4) -> {act} }} }}"
    for name, act in {"a": "relu", "b": "gelu"}.items():
        (tmp_path / f"{name}.arch").write_text(text.format(act=act))
    a, b = load(tmp_path / "a.arch").graph, load(tmp_path / "b.arch").graph
    assert "every" not in to_text(compare(a, b)), "the first one still is a relu"
    assert "every gelu (3): gelu → relu" in to_text(compare(b, a))


def test_padding_that_is_written_alike_is_no_change() -> None:
    text = to_text(compare(load("mobilenet_v2").graph, load("efficientnet_b0").graph))
    assert "k 3 → 5" in text
    assert "pad" not in text


def test_numbered_blocks_are_one_line() -> None:
    text = to_text(compare(load("vit_b16").graph, load("vit_l16").graph))
    assert "+ encoder.12 … 23: 12 × EncoderBlock(16)   +151_154_688 params" in text


def test_long_lists_are_told_by_their_ends() -> None:
    old, new = tuple(range(8)), tuple(range(9))
    assert values([(old, new)]) == "[0, …, 7] (8) → [0, …, 8] (9)"
    other: tuple[Value, ...] = (*old[:3], 4, *old[4:])
    assert values([(old, other)]) == "[0, 1, 2, 3, 4, 5, 6, 7] → [0, 1, 2, 4, 4, 5, 6, 7]"
    assert values([((3, 4, 6, 3), new)]) == "[3, 4, 6, 3] → [0, …, 8] (9)"
    assert values([(96, 128), (3, 4)]) == "×1.33 (96 → 128, 3 → 4)"


def test_ops_in_a_row_that_differ_are_told_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a.arch").write_text("model M() :: [8, 8, 4] -> [8, 8, 4] { id }")
    (tmp_path / "b.arch").write_text("model M() :: [8, 8, 4] -> [8, 8, 4] { conv(8) -> conv(8) -> conv(4, k=1) }")
    text = to_text(compare(load(tmp_path / "a.arch").graph, load(tmp_path / "b.arch").graph))
    assert "+ conv … conv_1: 2 × conv(8)" in text
    assert "+ conv_2: conv(4, k=1)" in text
