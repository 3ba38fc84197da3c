"""Summaries: what is added up, what is folded, and the JSON that tools read."""

import json
import re

from archdsl.graph.dims import Sym
from archdsl.summary import summarise, to_json, to_text
from tests.unit.graph.build import resnet, tower


def test_text_of_the_models_own_level() -> None:
    assert (
        to_text(summarise(resnet()), depth=1)
        == """\
ResNet :: [224, 224, 3] -> [1000]

                                    output              params   trainable    MACs   memory  field  stride
image                               [224, 224, 3]
stem  ConvBNAct(64, k=7, stride=2)  [112, 112, 64]       9_664       9_536   118 M  9.63 MB      7       2
max_pool(3, stride=2)               [56, 56, 64]                                     803 kB     11       4
c2  Stage(64, 3, stride=1)          [56, 56, 256]      218_624     215_808   668 M  59.4 MB     35       4
c3  Stage(128, 4)                   [28, 28, 512]    1_226_752   1_219_584  1.03 G  42.1 MB     91       8
c4  Stage(256, 6)                   [14, 14, 1024]   7_118_848   7_098_368  1.46 G  29.9 MB    267      16
c5  Stage(512, 3)                   [7, 7, 2048]    14_987_264  14_964_736   809 M  8.33 MB    427      32
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
convolution    23_454_912  91.6%  ██████████████████  4.09 G  99.9%
dense           2_049_000   8.0%  ██                  2.05 M   0.1%
normalisation     106_240   0.4%  ▏                        0   0.0%
"""
    )


def test_repeats_share_a_row_with_the_figures_of_all() -> None:
    lines = to_text(summarise(resnet()), depth=2).splitlines()
    (row,) = (line for line in lines if "Bottleneck(256) ×5" in line)
    assert row.split()[:5] == ["1", "…", "5", "Bottleneck(256)", "×5"]
    assert "5_601_280" in row


def test_columns_add_up_at_every_level() -> None:
    summary = summarise(resnet((2, 3)))
    for depth in (1, 2, 3, None):
        text = to_text(summary, depth=depth, columns=["output", "params"])
        rows = [line for line in text.split("\n\n")[1].splitlines()[2:] if not line.startswith(" ")]
        figures = (re.findall(r"(?<= )[\d_]+(?= |$)", row.partition("]")[2]) for row in rows)
        assert sum(int(row[0].replace("_", "")) for row in figures if row) == summary.total.params


def test_shared_weights_and_open_dimensions() -> None:
    text = to_text(summarise(tower(Sym.named("h"))), columns=["output", "macs"])
    assert re.search(r"\nfeatures_2  Features\(8\) +\[h/2, h/2, 8\] +54\*h\*h\n", text)
    assert re.search(r"\n  conv\(8, stride=2\) \(weights of features.conv\) +\[h/2, h/2, 8\] +54\*h\*h\n", text)
    assert re.search(r"\nMACs +136\*h\*h\n", text)


def test_colour_only_when_asked_and_never_from_the_spec() -> None:
    summary = summarise(tower())
    assert "\x1b" not in to_text(summary)
    coloured = to_text(summary, colour=True)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == to_text(summary)
    hostile = tower()
    instances = (hostile.instances[0], hostile.instances[1].model_copy(update={"call": "\x1b[31mX"}))
    text = to_text(summarise(hostile.model_copy(update={"instances": (*instances, *hostile.instances[2:])})))
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
        "trainable": 0, "non_trainable": 0, "macs": 0, "activations": 0, "memory": 802_816,
        "receptive_field": {"size": [11, 11], "stride": [4, 4], "padding": [2, 2], "context": False},
    }  # fmt: skip


def test_json_of_several_ports_and_open_dimensions() -> None:
    document = json.loads(to_json(summarise(tower(Sym.named("h")))))
    assert document["input"] == {"left": ["h", "h", 3], "right": ["h", "h", 3]}
    assert document["output"] == {"deep": ["h/2", "h/2", 4], "right": ["h/2", "h/2", 8]}
    assert document["macs"] == "136*h*h"
    assert document["tree"]["children"][1]["children"][0]["weights_of"] == "features.conv"
