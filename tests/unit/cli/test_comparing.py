"""``archdsl compare``, ``archdsl select`` and ``archdsl scale``."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from archdsl import comparison
from archdsl.cli.commands.compare import COLUMNS as COMPARED
from archdsl.cli.commands.scale import COLUMNS as SCALED
from archdsl.cli.commands.summary import COLUMNS as SUMMARISED
from archdsl.comparison.scaling import COLUMNS as DEFAULT
from archdsl.summary import columns
from tests.unit.cli.conftest import Run


def test_compare(run: Run) -> None:
    result = run("compare", "resnet50", "net.arch", "--sort", "params")
    head, *rows = result.stdout.splitlines()
    assert result.exit_code == 0
    assert head.split() == "model params trainable MACs depth memory field input year top-1 file".split()
    assert [row.split()[0] for row in rows] == ["Net", "Deep", "ResNet50"]
    assert "25_610_152" in rows[-1]
    assert "76.1" in rows[-1]


def test_compare_the_zoo(run: Run) -> None:
    named, default = run("compare", "--all", "--format", "csv"), run("compare", "--format", "csv")
    assert named.stdout == default.stdout
    rows = list(csv.DictReader(io.StringIO(named.stdout)))
    assert len(rows) > 50
    assert {row["model"]: row["macs"] for row in rows}["ResNet50"] == "4089184256"


def test_compare_sorted_by_columns_that_were_chosen(run: Run) -> None:
    result = run("compare", "vgg16", "lenet5", "resnet50", "--columns", "model,top1", "--sort", "top1:desc")
    assert result.stdout.split() == ["model", "top-1", "ResNet50", "76.1", "VGG16", "71.6", "LeNet5", "–"]


def test_compare_as_json(run: Run) -> None:
    document = json.loads(run("compare", "lenet5", "--format", "json").stdout)
    assert (document["schema"], document["version"], document["failed"]) == ("archdsl-compare", 1, [])
    (model,) = document["models"]
    assert (model["model"], model["params"], model["input"]) == ("LeNet5", 61_706, [32, 32, 1])
    assert model["receptive_field"] == [16, 16]
    assert model["imagenet_top1"] is None


@pytest.mark.parametrize(("format", "start"), [("markdown", "| model |"), ("html", "<!doctype html>")])
def test_compare_to_a_file(run: Run, format: str, start: str) -> None:
    result = run("compare", "lenet5", "--format", format, "-o", "out/table")
    assert result.stdout == "wrote out/table\n"
    assert Path("out/table").read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(
    ("file", "start"),
    [("t.json", "{"), ("t.csv", "model,"), ("t.md", "| model |"), ("t.html", "<!doctype html>"), ("t.txt", "model ")],
)
def test_the_ending_of_a_file_is_a_format(run: Run, file: str, start: str) -> None:
    assert run("compare", "lenet5", "-o", file).stdout == f"wrote {file}\n"
    assert Path(file).read_text(encoding="utf-8").startswith(start)
    run("compare", "lenet5", "-o", file, "--format", "csv")
    assert Path(file).read_text(encoding="utf-8").startswith("model,"), "what is asked for wins"


@pytest.mark.parametrize(
    "command",
    [
        ("summary", "lenet5"),
        ("compare", "lenet5"),
        ("select", "lenet5"),
        ("scale", "lenet5", "--over", "classes=10"),
        ("diff", "lenet5", "alexnet"),
    ],
)
def test_every_document_says_what_it_is(run: Run, command: tuple[str, ...]) -> None:
    assert run(*command, "-o", "t.json").stdout == "wrote t.json\n"
    document = json.loads(Path("t.json").read_text(encoding="utf-8"))
    assert list(document)[:2] == ["schema", "version"]
    assert document["schema"] == f"archdsl-{command[0]}"
    assert isinstance(document["version"], int)


def test_the_columns_of_commands_are_those_that_there_are() -> None:
    assert tuple(comparison.FIGURES) == COMPARED
    assert tuple(columns.FIGURES) == SUMMARISED
    assert set(SCALED) < set(comparison.FIGURES)
    assert set(DEFAULT) <= set(SCALED)


def test_summary_and_compare_call_figures_the_same() -> None:
    shared = {name: figure.column for name, figure in columns.FIGURES.items() if name in comparison.FIGURES}
    assert {"params", "trainable", "non_trainable", "macs", "activations", "nodes", "memory", "field"} == set(shared)
    assert shared == {name: comparison.FIGURES[name].column for name in shared}


def test_compare_with_settings(run: Run) -> None:
    result = run("compare", "resnet50", "vgg16", "--set", "size=64", "--columns", "model,input,top1")
    assert [line.split() for line in result.stdout.splitlines()[1:]] == [
        ["ResNet50(64)", "64×64×3", "–"],
        ["VGG16(64)", "64×64×3", "–"],
    ]
    refused = run("compare", "lenet5", "--set", "size=64")
    assert refused.exit_code == 2
    assert "LeNet5 has no parameter `size`" in refused.stderr


def test_compare_reports_what_is_broken_and_goes_on(run: Run) -> None:
    result = run("compare", "bad.arch", "lenet5")
    assert result.exit_code == 1
    assert "error[contract-broken]" in result.stderr
    assert "LeNet5" in result.stdout
    document = json.loads(run("compare", "bad.arch", "lenet5", "--format", "json").stdout)
    assert [(f["name"], f["diagnostics"][0]["code"]) for f in document["failed"]] == [("Bad", "contract-broken")]
    alone = run("compare", "bad.arch")
    assert (alone.exit_code, alone.stdout) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet51",), "did you mean"),
        (("lenet5", "--sort", "parms"), "no column is called `parms`: did you mean `params`?"),
        (("lenet5", "--sort", "params:up"), "`:asc` or `:desc`"),
        (("lenet5", "--columns", "model,weight"), "no column is called `weight`"),
        (("lenet5", "--plot", "plot.gif"), "plots are written to .svg, .png or .pdf"),
        (("lenet5", "--plot", "plot.svg"), "none of these models states an accuracy"),
    ],
)
def test_compare_refuses(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("compare", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("plot.svg").exists()


def test_compare_plots(run: Run) -> None:
    assert run("compare", "resnet50", "vgg16", "--plot", "plots/a.svg").stdout == "wrote plots/a.svg\n"
    assert "ResNet50" in Path("plots/a.svg").read_text(encoding="utf-8")
    both = run("compare", "resnet50", "lenet5", "--plot", "b.png", "--bars", "-o", "t.csv", "--format", "csv")
    assert both.stdout == "wrote b.png\nwrote t.csv\n"
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")


def test_select(run: Run) -> None:
    result = run("select", "--max-params", "5M", "--max-macs", "1G", "--top1", "70")
    assert result.exit_code == 0
    assert "4. MobileNetV2" in result.stdout
    assert re.search(r"NASNetMobile +5\.33 M parameters: 327 k \(7 %\) too many", result.stdout)
    assert "states no top-1; meets the rest" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (("--max-memory", "42kB"), ["LeNet5"]),
        (("--max-memory", "41.8kB"), ["LeNet5"]),
        (("--max-memory", "1 MiB"), ["LeNet5"]),
        (("--max-memory", "50_000"), ["LeNet5"]),
        (("--max-params", "10 ** 5"), ["LeNet5"]),
        (("--max-macs", "0.4G", "--prefer", "params"), ["LeNet5"]),
        (("--min-year", "2015"), ["ResNet50"]),
        (("--max-params", "1G", "--prefer", "params"), ["LeNet5", "ResNet50"]),
        (("--max-params", "1k"), []),
    ],
)
def test_select_among_those_named(run: Run, arguments: tuple[str, ...], chosen: list[str]) -> None:
    result = run("select", "lenet5", "resnet50", *arguments, "--format", "json")
    assert [model["model"] for model in json.loads(result.stdout)["chosen"]] == chosen


def test_a_limit_of_nothing_is_missed_without_a_number(run: Run) -> None:
    text = run("select", "lenet5", "--max-params", "0", "--format", "json").stdout
    document = json.loads(text, parse_constant=pytest.fail)
    assert document["misses"][0]["by"] is None


@pytest.mark.parametrize("number", ["many", "-5", "1 / 0", "[5]", "true", ""])
def test_select_refuses_what_is_no_number(run: Run, number: str) -> None:
    result = run("select", "--max-params", number)
    assert result.exit_code == 2
    assert "is no number such as 5M" in result.stderr


def test_select_reports_what_is_broken(run: Run) -> None:
    result = run("select", "bad.arch", "lenet5", "--max-params", "1M")
    assert result.exit_code == 1
    assert "error[contract-broken]" in result.stderr
    assert "1. LeNet5" in result.stdout


def test_scale(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "depth=1..3")
    head, *rows = result.stdout.splitlines()
    assert result.exit_code == 0
    assert head.split()[:4] == ["depth", "input", "params", "×"]
    assert [row.split()[:4] for row in rows] == [
        ["1", "8×8×3", "162", "1.00"],
        ["2", "8×8×3", "310", "1.91"],
        ["3", "8×8×3", "458", "2.83"],
    ]


@pytest.mark.parametrize(
    ("over", "values"),
    [
        ("size=64..160 step 32", ["64", "96", "128", "160"]),
        ("size=128..64 step -32", ["128", "96", "64"]),
        ("size=[32 * 2, 96]", ["64", "96"]),
        ("size = 64", ["64"]),
        ("width=0.5..1.0 step 0.25", ["0.5", "0.75", "1.0"]),
        ("width=0.1..0.3 step 0.1", ["0.1", "0.2", "0.3"]),
    ],
)
def test_ranges(run: Run, over: str, values: list[str]) -> None:
    document = json.loads(run("scale", "mobilenet_v2", "--over", over, "--format", "json").stdout)
    name = over.partition("=")[0].strip()
    assert [member["arguments"][name] for member in document["members"]] == [json.loads(value) for value in values]
    assert document["members"][0]["ratios"] == {"params": 1.0, "macs": 1.0, "memory": 1.0}


def test_values_of_any_type(run: Run) -> None:
    for over in ('method=["nearest", "bilinear"]', "act=[relu, leaky_relu(0.1)]", "flip=[false]", "rate=[0.1, 0.2]"):
        result = run("scale", "net.arch:Net", "--over", over)
        assert result.exit_code == 0, result.stderr
    assert "leaky_relu(0.1)" in run("scale", "net.arch:Net", "--over", "act=[relu, leaky_relu(0.1)]").stdout


def test_scale_with_columns_that_were_chosen(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "depth=1..2", "--columns", "macs,params", "--format", "csv")
    assert result.stdout.splitlines()[0] == "depth,macs,macs_ratio,params,params_ratio"
    assert (
        "no column is called `model`" in run("scale", "net.arch", "--over", "depth=1..2", "--columns", "model").stderr
    )


def test_grids(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "depth=1..2", "--over", "rate=[0.1, 0.5]", "--format", "csv")
    assert [row.split(",")[:2] for row in result.stdout.splitlines()] == [
        ["depth", "rate"],
        ["1", "0.1"],
        ["1", "0.5"],
        ["2", "0.1"],
        ["2", "0.5"],
    ]


def test_a_value_that_does_not_fit_is_reported_in_its_row(run: Run) -> None:
    result = run("scale", "efficientnet", "--over", "phi=[0, 8]")
    assert result.exit_code == 1
    assert "phi=8: index 8 is outside a list of 8" in result.stdout
    assert "error[index-out-of-range]" in result.stderr
    document = json.loads(run("scale", "efficientnet", "--over", "phi=[0, 8]", "--format", "json").stdout)
    assert [member["figures"] is None for member in document["members"]] == [False, True]
    assert document["failed"][0]["arguments"] == {"phi": 8}


@pytest.mark.parametrize(
    ("over", "message"),
    [
        (("phi",), "write `--over name=0..7`"),
        (("phi=",), "write `--over name=0..7`"),
        (("phy=0..7",), "EfficientNet has no parameter `phy`; did you mean `phi`?"),
        (("phi=0..7", "phi=1"), "given twice"),
        (("phi=7..0 step 1.5",), "do not lead there"),
        (("phi=0..7 step 0",), "do not lead there"),
        (("phi=0..10 ** 9",), "more than 1_000 values"),
        (("phi=0..[7]",), "`[7]` is not a number"),
        (("phi=[]",), "--over: `phi` has no values"),
        (("phi=0..99", "classes=1..99"), "9_900 models are more than 1_000"),
    ],
)
def test_scale_refuses(run: Run, over: tuple[str, ...], message: str) -> None:
    result = run("scale", "efficientnet", *(part for text in over for part in ("--over", text)))
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_expression_that_means_nothing_is_shown_where_it_stands(run: Run) -> None:
    result = run("scale", "efficientnet", "--over", "phi=[zero]")
    assert result.exit_code in (1, 2)
    assert "--over phi" in result.stderr
    assert "unknown" in result.stderr


def test_scale_plots(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "depth=1..3", "--plot", "grown.svg")
    assert result.stdout == "wrote grown.svg\n"
    assert "Net over depth" in Path("grown.svg").read_text(encoding="utf-8")


def test_bars_are_for_a_plot(run: Run) -> None:
    result = run("compare", "net.arch", "--bars")
    assert result.exit_code == 2
    assert "--plot FILE" in result.stderr


def test_accuracy_is_in_percent(run: Run) -> None:
    assert "`0.8` is less than one percent: 80 is meant?" in run("select", "--top1", "0.8").stderr
    assert "`101` is more than 100 percent" in run("select", "--top1", "101").stderr
    assert run("select", "net.arch", "--top1", "100").exit_code == 0
    assert run("select", "net.arch", "--top1", "0").exit_code == 0


def test_what_to_plot_is_for_a_plot(run: Run) -> None:
    result = run("compare", "net.arch", "--x", "macs")
    assert (result.exit_code, result.stderr) == (2, "error: --x is how --plot FILE draws: give it too\n")


def test_a_parameter_has_one_way_to_its_values(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "depth=1..2", "--set", "depth=3")
    assert (result.exit_code, result.stderr) == (2, "error: --over: `depth` has a value already\n")


def test_what_is_wrong_with_all_is_told_once(run: Run) -> None:
    result = run("scale", "efficientnet", "--over", "size=[64, 96]")
    assert result.stderr.count("error[missing-argument]") == 1
    assert result.stdout.count("needs `phi`") == 2


def test_a_file_of_a_format_that_is_not_written_is_refused(run: Run) -> None:
    result = run("select", "net.arch", "-o", "found.csv")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: found.csv: this is written as text or json, and not as csv\n",
    )
    assert not Path("found.csv").exists()
    assert run("select", "net.arch", "-o", "found.csv", "--format", "text").exit_code == 0
    assert run("diff", "net.arch:Net", "net.arch:Deep", "-o", "note.csv").exit_code == 2


def test_a_figure_that_is_called_like_a_parameter_is_called_after_the_model(run: Run) -> None:
    run("scale", "net.arch:Net", "--over", "depth=1..3", "-o", "s.csv")
    head, *rows = csv.reader(io.StringIO(Path("s.csv").read_text(encoding="utf-8")))
    assert len(set(head)) == len(head)
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["depth"] for row in found] == ["1", "2", "3"]
    assert all(int(row["model_depth"]) >= int(row["depth"]) for row in found)


def test_swept_values_have_their_types(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "flip=[true, false]", "--over", "rate=[0.1]", "--format", "json")
    assert [member["arguments"] for member in json.loads(result.stdout)["members"]] == [
        {"flip": True, "rate": 0.1},
        {"flip": False, "rate": 0.1},
    ]


def test_one_bad_value_is_told_briefly(run: Run) -> None:
    layers = "\n  -> ".join(f"conv({n + 1}) :: [size / 4, _, _]" for n in range(8))
    text = f"model Tall(size: int) :: [size, size, 3] -> [...] {{\n  conv(8, stride=4)\n  -> {layers}\n}}\n"
    Path("tall.arch").write_text(text, encoding="utf-8")
    result = run("scale", "tall.arch", "--over", "size=[224, 225, 226, 227, 229, 231, 233]")
    assert result.exit_code == 1
    assert len((result.stdout + result.stderr).splitlines()) < 60
    assert "size=225: 225 is not divisible by 4" in result.stdout
    assert "errors of further values are not shown" in result.stderr


def test_scale_within_budgets_and_sorted(run: Run) -> None:
    result = run("scale", "net.arch:Net", "--over", "depth=1..4", "--max-params", "500", "--sort", "params:desc")
    assert [row.split()[0] for row in result.stdout.splitlines()[1:4]] == ["3", "2", "1"]
    assert "1 of 4 left out: not at most 500 parameters" in result.stdout
    by_parameter = run("scale", "net.arch:Net", "--over", "depth=[2, 3, 1]", "--sort", "depth")
    assert [row.split()[0] for row in by_parameter.stdout.splitlines()[1:]] == ["1", "2", "3"]
    assert "did you mean `params`?" in run("scale", "net.arch:Net", "--over", "depth=1..2", "--sort", "parms").stderr


def test_select_over_values(run: Run) -> None:
    result = run("select", "mobilenet_v2", "--over", "width=[0.5, 1.0]", "--max-params", "3M", "--format", "json")
    document = json.loads(result.stdout)
    assert [model["name"] for model in document["chosen"]] == ["MobileNetV2(0.5)"]
    assert [model["name"] for model in document["misses"]] == ["MobileNetV2"]
    assert run("select", "--over", "width=[0.5]").exit_code == 2


def test_facts_of_about_are_columns(run: Run) -> None:
    Path("cifar.arch").write_text(
        'model Small() :: [8] -> [4] { about { cifar10_top1 = 91.2, paper = "ours" }\n dense(4) }\n', encoding="utf-8"
    )
    result = run("compare", "cifar.arch", "lenet5", "--columns", "model,cifar10_top1", "--sort", "cifar10_top1")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["model", "cifar10_top1"],
        ["Small", "91.2"],
        ["LeNet5", "–"],
    ]
    refused = run("compare", "cifar.arch", "--columns", "model,cifar100_top1")
    assert (refused.exit_code, "did you mean `cifar10_top1`?" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [("explain",), ("explain", "shape-mismatch"), ("ops",), ("ops", "attention"), ("select", "--top1", "70")],
)
def test_pages_fit_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    wide = run(*arguments).stdout
    monkeypatch.setattr("archdsl.cli.terminal.page_width", lambda: 80)
    narrow = run(*arguments).stdout
    assert narrow.split() == wide.split(), "nothing is lost"
    assert max(map(len, wide.splitlines())) > 80 >= max(map(len, narrow.splitlines()))
