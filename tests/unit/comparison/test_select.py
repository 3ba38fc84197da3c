"""Choosing among models: each lands in one list, with a reason that its figures bear out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import archdsl
from archdsl.comparison import Criteria, Entry, select
from archdsl.comparison.note import to_json, to_text
from archdsl.graph.dims import Sym


@pytest.fixture(scope="module")
def zoo() -> tuple[Entry, ...]:
    return archdsl.compare()


def _entry(name: str, params: int, top1: float | None = 70.0, macs: int = 10**9, memory: int = 10**6) -> Entry:
    figures = {"params": params, "trainable": params, "macs": macs, "depth": 10, "memory": memory}
    facts = {"year": 2015} if top1 is None else {"year": 2015, "imagenet_top1": top1}
    return Entry(name, name, "a.arch", (), figures, facts)


def _names(selection: object, part: str) -> list[str]:
    return [found.entry.name for found in getattr(selection, part)]


def test_every_model_is_in_one_list(zoo: tuple[Entry, ...]) -> None:
    found = select(zoo, Criteria(params=30e6, top1=76))
    lists = [_names(found, part) for part in ("chosen", "misses", "unknown")]
    assert sorted(name for names in lists for name in names) == sorted(entry.name for entry in zoo)
    assert found.looked_at == len(zoo)
    assert all(c.entry.params <= 30e6 and (c.entry.top1 or 0) >= 76 for c in found.chosen)


@pytest.mark.parametrize(
    ("criteria", "best"),
    [
        (Criteria(params=5e6), "EfficientNetLite0"),  # mobile and edge
        (Criteria(params=30e6, macs=5e9), "EfficientNetB4"),  # accuracy on a medium budget
        (Criteria(), "EfficientNetV2L"),  # accuracy on a large budget
        (Criteria(top1=80, prefer="macs"), "EfficientNetB2"),
        (Criteria(top1=75, prefer="params"), "EfficientNetLite0"),
        (Criteria(top1=80, prefer="memory"), "EfficientNetV2B2"),
        (Criteria(top1=81, year=2021, prefer="macs"), "EfficientNetV2B3"),
    ],
)
def test_the_decision_matrix(zoo: tuple[Entry, ...], criteria: Criteria, best: str) -> None:
    known = [entry for entry in zoo if entry.top1 is not None]
    assert select(known, criteria).chosen[0].entry.name == best


def test_the_nearest_miss_is_named_with_what_it_lacks(zoo: tuple[Entry, ...]) -> None:
    found = select(zoo, Criteria(params=5e6, macs=1e9, top1=75.5))
    assert not found.chosen
    assert [(miss.entry.name, *miss.reasons) for miss in found.misses[:4]] == [
        ("EfficientNetLite0", "top-1 75.1 %: 0.4 points too low"),
        ("MobileViTXS", "1.03 G MACs: 25.9 M (3 %) too many"),
        ("ConvNeXtV2Femto", "5.23 M parameters: 233 k (5 %) too many"),
        ("RegNetY400MF", "top-1 74.0 %: 1.5 points too low"),
    ]


def test_what_states_no_accuracy_is_unknown_unless_it_is_out_anyway() -> None:
    found = select([_entry("small", 10, None), _entry("large", 10**9, None)], Criteria(params=100, top1=50))
    assert _names(found, "unknown") == ["small"]
    assert found.unknown[0].missing == ("top-1",)
    assert _names(found, "misses") == ["large"]


def test_what_states_no_accuracy_is_chosen_where_none_is_asked_for() -> None:
    found = select([_entry("unknown", 10, None), _entry("known", 20)], Criteria(params=100))
    assert _names(found, "chosen") == ["known", "unknown"], "the known one is ranked first"


def test_reasons() -> None:
    small, large, worse = _entry("small", 10, 70), _entry("large", 50, 80), _entry("worse", 60, 75)
    found = select([worse, small, large], Criteria(params=100))
    reasons = {candidate.entry.name: candidate.reasons for candidate in found.chosen}
    assert _names(found, "chosen") == ["large", "worse", "small"]
    assert "large is at least as good in accuracy, parameters and MACs" in reasons["worse"]
    assert any("the fewest parameters" in reason for reason in reasons["small"])
    assert any("the best top-1" in reason for reason in reasons["large"])
    assert "90 parameters (90 %) to spare" in reasons["small"]


def test_limits_are_met_by_equality() -> None:
    assert _names(select([_entry("a", 100, 75.0)], Criteria(params=100, top1=75)), "chosen") == ["a"]


def test_a_cost_that_is_left_open_is_unknown() -> None:
    graph = archdsl.load_text("model Net() :: [?, ?, 3] -> [10] { conv(8, k=3) -> global_avg_pool -> dense(10) }").graph
    entry = archdsl.comparison.measure(graph, "net.arch")
    assert select([entry], Criteria(macs=1e9)).unknown[0].missing == ("MACs",)


def test_what_the_input_decides_is_not_said_to_be_stated() -> None:
    h = Sym.named("h")
    entry = replace(_entry("a", 10, None), figures={"macs": 10 * h, "memory": 20 * h})
    text = to_text(select([entry], Criteria(macs=1e9, memory=1e6, top1=50, year=2000)))
    assert "a  states no top-1, MACs and memory of activations depend on the input; meets the rest" in text
    assert "published in 2000 or later" in text


def test_what_is_far_off_is_told_in_times() -> None:
    found = select([_entry("a", 10_000), _entry("b", 1_500)], Criteria(params=100))
    reasons = [miss.reasons[0] for miss in found.misses]
    assert reasons == ["1.50 k parameters: 15 times as many", "10.0 k parameters: 100 times as many"]


def test_nothing_is_allowed() -> None:
    assert "too many" in select([_entry("a", 10)], Criteria(params=0)).misses[0].reasons[0]


def test_the_note(zoo: tuple[Entry, ...]) -> None:
    found = select(zoo, Criteria(params=5e6, top1=70))
    text = to_text(found)
    assert text.startswith(
        f"5 of {len(zoo)} models meet: at most 5.00 M parameters, at least 70.0 % top-1; ranked by top-1\n"
    )
    assert "4. MobileNetV2  72.0 % top-1 (the paper), 3.54 M parameters" in text
    assert "more, further off; `--misses` lists them" in text
    assert "LightCifar           states no top-1; meets the rest" in text
    assert len(to_text(found, everything=True).splitlines()) > len(text.splitlines())
    assert "\x1b" not in text
    assert "\x1b[1m" in to_text(found, colour=True)
    assert to_text(select([], Criteria())).startswith("None of 0 models")


def test_the_note_for_programs(zoo: tuple[Entry, ...]) -> None:
    document = json.loads(to_json(select(zoo, Criteria(params=5e6, top1=70))))
    assert (document["schema"], document["version"]) == ("archdsl-select", 1)
    assert document["criteria"]["params"] == 5e6
    assert [found["model"] for found in document["chosen"]] == [
        "EfficientNetLite0",
        "RegNetY400MF",
        "ShuffleNetV2X15",
        "MobileNetV2",
        "MobileNetV1",
    ]
    assert document["chosen"][3]["params"] == 3_538_984
    assert document["misses"][0]["by"] <= document["misses"][1]["by"]
    assert {found["model"] for found in document["unknown"]} >= {"LightCifar", "Hybrid"}
