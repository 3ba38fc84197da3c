"""Summaries: what is added up, what is folded, and the JSON that tools read."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

import archdsl
from archdsl.graph.dims import Sym
from archdsl.graph.model import Instance
from archdsl.ops.call import Call
from archdsl.summary import Summary, render, summarise, to_json
from archdsl.summary.tables import portions
from archdsl.summary.views import by_block, by_op, by_stage
from tests.unit.graph.build import resnet, tower


def test_text_of_the_models_own_level() -> None:
    assert (
        render(summarise(resnet()), depth=1)
        == """\
ResNet :: [224, 224, 3] -> [1000]

                                    output              params   trainable    MACs   memory  field  stride
image                               [224, 224, 3]
stem  ConvBNAct(64, k=7, stride=2)  [112, 112, 64]       9_664       9_536   118 M  9.63 MB      7       2
max_pool(3, stride=2)               [56, 56, 64]                                     803 kB     11       4
c2  Stage(64, depth=3, stride=1)    [56, 56, 256]      218_624     215_808   668 M  59.4 MB     35       4
c3  Stage(128, depth=4)             [28, 28, 512]    1_226_752   1_219_584  1.03 G  42.1 MB     91       8
c4  Stage(256, depth=6)             [14, 14, 1024]   7_118_848   7_098_368  1.46 G  29.9 MB    267      16
c5  Stage(512, depth=3)             [7, 7, 2048]    14_987_264  14_964_736   809 M  8.33 MB    427      32
global_avg_pool                     [2048]                                          8.19 kB  whole
head  dense(1000)                   [1000]           2_049_000   2_049_000  2.05 M  4.00 kB  whole

params              25_610_152  (25.6 M)
trainable           25_557_032  (25.6 M)
non-trainable           53_120  (53.1 k)
MACs             4_089_184_256  (4.09 G)
activations         11_114_984  (11.1 M)
depth                       50
nodes                      174
receptive field            427  (stride 32)

memory of a batch of 1 in float32
inference  113 MB = 10.2 MB activations + 102 MB weights
training   494 MB = 84.7 MB activations + 102 MB weights + 102 MB gradients + 204 MB Adam

share              params                               MACs
convolution    23_454_912  91.6%  ██████████████████  4.09 G  99.9%  ████████████████████
dense           2_049_000   8.0%  ██                  2.05 M   0.1%  ▏
normalisation     106_240   0.4%  ▏                        0   0.0%
"""
    )


def test_repeats_share_a_row_with_the_figures_of_all() -> None:
    lines = render(summarise(resnet()), depth=2).splitlines()
    (row,) = (line for line in lines if "Bottleneck(256) ×5" in line)
    assert row.split()[:5] == ["1", "…", "5", "Bottleneck(256)", "×5"]
    assert "5_601_280" in row


def test_columns_add_up_at_every_level() -> None:
    summary = summarise(resnet((2, 3)))
    for depth in (1, 2, 3, None):
        text = render(summary, depth=depth, columns=["output", "params"])
        rows = [line for line in text.split("\n\n")[1].splitlines()[2:] if not line.startswith(" ")]
        figures = (re.findall(r"(?<= )[\d_]+(?= |$)", row.partition("]")[2]) for row in rows)
        assert sum(int(row[0].replace("_", "")) for row in figures if row) == summary.total.params


def test_shared_weights_and_open_dimensions() -> None:
    text = render(summarise(tower(Sym.named("h"))), columns=["output", "macs"])
    assert re.search(r"\nfeatures_2  Features\(8\) +\[h/2, h/2, 8\] +54\*h\*h\n", text)
    assert re.search(r"\n  conv\(8, stride=2\) \(weights of features.conv\) +\[h/2, h/2, 8\] +54\*h\*h\n", text)
    assert re.search(r"\nMACs +136\*h\*h\n", text)
    assert text.count("(weights of") == 1, "ops without weights share none"


def test_colour_only_when_asked_and_never_from_the_spec() -> None:
    summary = summarise(tower())
    assert "\x1b" not in render(summary)
    coloured = render(summary, colour=True)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render(summary)
    hostile = tower()
    instances = (hostile.instances[0], hostile.instances[1].model_copy(update={"call": Call("\x1b[31mX")}))
    text = render(summarise(hostile.model_copy(update={"instances": (*instances, *hostile.instances[2:])})))
    assert "\x1b" not in text


def test_json_has_the_totals_and_the_tree() -> None:
    document = json.loads(to_json(summarise(resnet())))
    tree = document.pop("tree")
    assert [share["kind"] for share in document.pop("shares")][:2] == ["convolution", "dense"]
    assert document.pop("memory")["training"]["weights"] == 4 * 25_610_152
    assert document == {
        "schema": "archdsl-summary",
        "version": 2,
        "model": "ResNet",
        "input": [224, 224, 3],
        "output": [1000],
        "params": 25_610_152,
        "trainable": 25_557_032,
        "non_trainable": 53_120,
        "macs": 4_089_184_256,
        "activations": 11_114_984,
        "depth": 50,
        "nodes": 174,
        "receptive_field": {"size": [427, 427], "stride": [32, 32], "padding": [182, 182], "context": False},
    }
    assert [child["path"] for child in tree["children"]][:3] == ["stem", "max_pool", "c2"]
    assert tree["children"][2]["children"][1]["call"] == "Bottleneck(64)"
    assert tree["children"][1] == {
        "path": "max_pool", "kind": "op", "call": "max_pool(3, stride=2)", "shape": [56, 56, 64], "params": 0,
        "trainable": 0, "non_trainable": 0, "macs": 0, "activations": 0, "nodes": 1, "memory": 802_816,
        "receptive_field": {"size": [11, 11], "stride": [4, 4], "padding": [2, 2], "context": False},
    }  # fmt: skip


def test_json_of_several_ports_and_open_dimensions() -> None:
    document = json.loads(to_json(summarise(tower(Sym.named("h")))))
    assert document["input"] == {"left": ["h", "h", 3], "right": ["h", "h", 3]}
    assert document["output"] == {"deep": ["h/2", "h/2", 4], "right": ["h/2", "h/2", 8]}
    assert document["macs"] == "136*h*h"
    assert document["tree"]["children"][1]["children"][0]["weights_of"] == "features.conv"


def test_what_computes_in_float32_says_so() -> None:
    text = "block Head() :: [c] -> [4] { dense(4) -> softmax }\nmodel Net() :: [8] -> [4] {\n"
    text += "  dense(8) -> float32 { dense(8) } as middle -> relu -> dense(8) -> float32 { Head }\n}"
    summary = summarise(archdsl.load_text(text).graph)
    rows = render(summary).splitlines()[3:]
    named = [line.split("  [")[0].strip() for line in rows if "[" in line]
    assert named[1:6] == ["dense(8)", "middle (float32)", "dense(8) (float32)", "relu", "dense(8)"]
    children = json.loads(to_json(summary))["tree"]["children"]
    assert [child.get("float32") for child in children] == [None, True, None, None, True]
    assert [row.float32 for row in by_op(summary.root).children[0].children] == [False, True, True]


def hostile() -> Summary:
    """A model whose names are markup in every format."""
    graph = tower()
    call = '<script>alert("1")</script>|[x](javascript:1) `*_"\',&=1'
    instances = (graph.instances[0], graph.instances[1].model_copy(update={"call": Call(call)}), *graph.instances[2:])
    return summarise(graph.model_copy(update={"name": "=1+<b>|", "instances": instances}))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_keeps_names_text_and_needs_no_network() -> None:
    page = render(hostile(), "html", depth=3)
    parsed = _Tags()
    parsed.feed(page)
    assert not parsed.tags & {"script", "b", "a", "img", "link"}
    assert '<script>alert("1")</script>|[x]' in parsed.text
    assert "http:" not in page
    assert "https:" not in page


def test_html_opens_as_deep_as_asked_for() -> None:
    closed, opened = (render(summarise(resnet()), "html", depth=n) for n in (None, 2))
    assert "<details open>" not in closed
    assert opened.count("<details open>") == 5  # the stem and four stages


def test_markdown_keeps_its_cells() -> None:
    rows = [line for line in render(hostile(), "markdown").splitlines() if line.startswith("|") and "script" in line]
    assert len(rows) == 1
    assert rows[0].count("|") - rows[0].count("\\|") == 9
    assert "&lt;script&gt;" in rows[0]
    assert "[x]\\(javascript" in rows[0]


def test_csv_gives_back_every_row() -> None:
    rows = list(csv.DictReader(io.StringIO(render(hostile(), "csv"))))
    assert len(rows) == 8
    assert rows[1]["call"] == '<script>alert("1")</script>|[x](javascript:1) `*_"\',&=1'
    assert rows[0]["call"] == "Tower"
    assert sum(int(row["params"]) for row in rows if row["level"] == "1") == int(rows[0]["params"])
    named = render(summarise(tower().model_copy(update={"instances": _named("=cmd()")})), "csv")
    assert "'=cmd()" in named


def _named(call: str) -> tuple[Instance, ...]:
    first, second, *rest = tower().instances
    return (first, second.model_copy(update={"call": Call(call)}), *rest)


def test_by_stage_the_map_keeps_its_size() -> None:
    stages = by_stage(summarise(resnet()).root)
    assert [row.name for row in stages.children] == ["112×112", "56×56", "28×28", "14×14", "7×7", "no map"]
    assert [row.name for row in stages.children[1].children] == ["max_pool", "c2"]
    assert sum(row.cost.params for row in stages.children) == stages.cost.params


def test_by_stage_a_loop_over_all_stages_is_opened() -> None:
    loop = "for width in [8, 16, 32] { conv(width, stride=2) -> relu } as body"
    graph = archdsl.load_text(f"model M() :: [32, 32, 3] -> [10] {{ {loop} -> global_avg_pool -> dense(10) }}").graph
    stages = by_stage(summarise(graph).root)
    assert [row.name for row in stages.children] == ["16×16", "8×8", "4×4", "no map"]
    assert sum(row.cost.params for row in stages.children) == stages.cost.params


def test_by_op_all_adds_up() -> None:
    ops = by_op(summarise(resnet()).root)
    assert [(row.name, row.count) for row in ops.children[:3]] == [("conv", 53), ("dense", 1), ("batch_norm", 53)]
    assert sum(row.cost.params for row in ops.children) == ops.cost.params
    assert sum(row.memory for row in ops.children) == ops.memory


def test_by_block_each_call_has_one_row() -> None:
    blocks = {str(row.call): row for row in by_block(summarise(resnet()).root).children}
    assert blocks["Bottleneck(64)"].count == 3
    assert blocks["Bottleneck(64)"].cost.params < blocks["Stage(64, depth=3, stride=1)"].cost.params + 1


def test_shares_are_of_all_parameters() -> None:
    shares = {portion.kind: portion for portion in portions(summarise(resnet()))}
    assert shares["dense"].params == 2_049_000
    assert sum(portion.of_params for portion in shares.values()) == pytest.approx(1)
    assert sum(portion.of_macs or 0 for portion in shares.values()) == pytest.approx(1)


def test_columns_give_way_to_a_narrow_terminal() -> None:
    wide, narrow = (render(summarise(resnet()), depth=1, room=room).splitlines()[2] for room in (200, 90))
    assert wide.split() == ["output", "params", "trainable", "MACs", "memory", "field", "stride"]
    assert narrow.split() == ["output", "params", "MACs", "memory", "field"]


def test_fractions_of_schedules_are_rounded_for_readers() -> None:
    found = archdsl.load("swin_t").summary()
    text, sheet = render(found, depth=1), render(found, "csv", depth=1)
    assert "stages.0  SwinStage(3, drops=[0.0, 0.01818])" in text
    assert "0.018181818181818184" in sheet
    assert 'title="stages.0  SwinStage(3, drops=[0.0, 0.018181818181818184])"' in render(found, "html")


def test_a_narrow_terminal_holds_the_table() -> None:
    for room in (60, 80):
        text = render(archdsl.load("resnet50").summary(), depth=2, room=room)
        lines = [line for line in text.splitlines() if not line.startswith("training")]
        assert max(map(len, lines)) <= room
