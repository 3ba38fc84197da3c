"""The figures of the zoo side by side, beside what their sources publish."""

from __future__ import annotations

from pathlib import Path

import pytest

import archdsl
from archdsl.comparison import FIGURES, Entry, measure, ordered, table
from archdsl.files import locate
from archdsl.survey import Failed, survey, whole, zoo

TOP1 = {
    # Krizhevsky et al. 2012, section 6: error 40.7 on the validation set, one CNN
    "AlexNet2012": (2012, 59.3),
    # torchvision, docs/stable/models, IMAGENET1K_V1: acc@1
    "AlexNet": (2014, 56.522),
    "VGG11": (2014, 69.020),
    "VGG13": (2014, 69.928),
    "VGG16": (2014, 71.592),
    "VGG19": (2014, 72.376),
    "GoogLeNetBN": (2014, 69.778),
    "GoogLeNetBNAux": (2014, 69.778),
    "ResNet18": (2015, 69.758),
    "ResNet34": (2015, 73.314),
    "ResNet50": (2015, 76.130),
    "ResNet101": (2015, 77.374),
    "ResNet152": (2015, 78.312),
    "ResNeXt50": (2016, 77.618),
    "ResNeXt101": (2016, 79.312),
    "ResNeXt101G64": (2016, 83.246),
    "WideResNet50": (2016, 78.468),
    "WideResNet101": (2016, 78.848),
    "VGG11BN": (2014, 70.370),
    "VGG13BN": (2014, 71.586),
    "VGG16BN": (2014, 73.360),
    "VGG19BN": (2014, 74.218),
    "RegNetX400MF": (2020, 72.834),
    "RegNetX800MF": (2020, 75.212),
    "RegNetX1600MF": (2020, 77.040),
    "RegNetX3200MF": (2020, 78.364),
    "RegNetX8GF": (2020, 79.344),
    "RegNetX16GF": (2020, 80.058),
    "RegNetX32GF": (2020, 80.622),
    "RegNetY400MF": (2020, 74.046),
    "RegNetY800MF": (2020, 76.420),
    "RegNetY1600MF": (2020, 77.950),
    "RegNetY3200MF": (2020, 78.948),
    "RegNetY8GF": (2020, 80.032),
    "RegNetY16GF": (2020, 80.424),
    "RegNetY32GF": (2020, 80.878),
    "ShuffleNetV2X05": (2018, 60.552),
    "ShuffleNetV2X10": (2018, 69.362),
    "ShuffleNetV2X15": (2018, 72.996),
    "ShuffleNetV2X20": (2018, 76.230),
    "SqueezeNet10": (2016, 58.092),
    "SqueezeNet11": (2016, 58.178),
    "ViTB16": (2020, 81.072),
    "ViTB32": (2020, 75.912),
    "ViTL16": (2020, 79.662),
    # keras.io/api/applications
    "ResNet50V1": (2015, 74.9),
    "ResNet101V1": (2015, 76.4),
    "ResNet152V1": (2015, 76.6),
    "ResNet50V2": (2016, 76.0),
    "ResNet101V2": (2016, 77.2),
    "ResNet152V2": (2016, 78.0),
    "InceptionV3": (2015, 77.9),
    "InceptionResNetV2": (2016, 80.3),
    "Xception": (2016, 79.0),
    "MobileNetV1": (2017, 70.4),
    "MobileNetV3Large": (2019, 75.6),
    "MobileNetV3Small": (2019, 68.1),
    "NASNetMobile": (2017, 74.4),
    "NASNetLarge": (2017, 82.5),
    "EfficientNetV2B0": (2021, 78.7),
    "EfficientNetV2B1": (2021, 79.8),
    "EfficientNetV2B2": (2021, 80.5),
    "EfficientNetV2B3": (2021, 82.0),
    "EfficientNetV2S": (2021, 83.9),
    "EfficientNetV2M": (2021, 85.3),
    "EfficientNetV2L": (2021, 85.7),
    # Huang et al. 2016, table 3: single-crop errors 25.02, 23.80, 22.58
    "DenseNet121": (2016, 74.98),
    "DenseNet169": (2016, 76.20),
    "DenseNet201": (2016, 77.42),
    # Sandler et al. 2018, table 4
    "MobileNetV2": (2018, 72.0),
    # Tan & Le 2019 (arXiv v5), table 2
    **{
        f"EfficientNetB{phi}": (2019, top1) for phi, top1 in enumerate([77.1, 79.1, 80.1, 81.6, 82.9, 83.6, 84.0, 84.3])
    },
    # tensorflow/tpu, models/official/efficientnet/lite
    **{f"EfficientNetLite{lite}": (2020, top1) for lite, top1 in enumerate([75.1, 76.7, 77.6, 79.8, 81.5])},
    # Brock et al. 2021 (NFNet), table 3
    **{f"NFNetF{size}": (2021, top1) for size, top1 in enumerate([83.6, 84.7, 85.1])},
    # Touvron et al. 2020 (DeiT), table 5
    "ViTTi16": (2020, 72.2),
    "ViTS16": (2020, 79.8),
    # Liu et al. 2021, table 1a
    "SwinT": (2021, 81.3),
    "SwinS": (2021, 83.0),
    "SwinB": (2021, 83.5),
    # Liu et al. 2022, table 1
    "ConvNeXtTiny": (2022, 82.1),
    "ConvNeXtSmall": (2022, 83.1),
    "ConvNeXtBase": (2022, 83.8),
}


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return {entry.model: entry for entry in archdsl.compare()}


def test_accuracies_are_the_published_ones(entries: dict[str, Entry]) -> None:
    stated = {name: (entry.year, entry.top1) for name, entry in entries.items() if entry.top1 is not None}
    assert stated == {name: (year, pytest.approx(top1, abs=0.051)) for name, (year, top1) in TOP1.items()}
    assert all(entry.source for entry in entries.values() if entry.top1 is not None)


def test_the_whole_zoo_is_there(entries: dict[str, Entry]) -> None:
    assert {entry.family for entry in entries.values()} == set(zoo())
    resnet = entries["ResNet50"]
    assert (resnet.params, resnet.trainable, resnet.macs, resnet.depth) == (25_610_152, 25_557_032, 4_089_184_256, 50)
    assert entries["ResNet50V1"].field == (483, 483)
    assert entries["GoogLeNetAux"].inputs == ((224, 224, 3),)


def test_figures_agree_with_the_summary(entries: dict[str, Entry]) -> None:
    for name in ("SwinT", "LeNet5", "EfficientNetB3"):
        summary = archdsl.load(name).summary()
        assert (entries[name].params, entries[name].macs) == (summary.params, summary.macs)


def test_a_changed_model_has_no_published_accuracy() -> None:
    entry = measure(archdsl.load("MobileNetV2", width=0.5).graph, "specs/mobilenet_v2.arch", changed=True)
    assert (entry.name, entry.top1, entry.source, entry.year) == ("MobileNetV2(0.5)", None, "", 2018)
    (scaled,) = archdsl.scale("MobileNetV2", {"width": [1.0]})
    assert scaled.top1 is None


def test_a_file_stands_for_its_models_and_a_model_that_needs_arguments_for_its_variants() -> None:
    assert [entry.model for entry in archdsl.compare(["convnext"])] == ["ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase"]
    assert [entry.model for entry in archdsl.compare(["resnet50", "ResNet50"])] == ["ResNet50"]
    assert len(list(survey([whole(locate("resnet50"))]))) == 5


def test_one_broken_model_does_not_spoil_the_others(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(
        "model A() :: [8] -> [4] { dense(3) }\nmodel B() :: [8] -> [4] { dense(4) }\nmodel C() :: [8] -> [2] { relu }\n"
    )
    broken, fine, worse = survey([locate(str(tmp_path / "net.arch"))])
    assert isinstance(broken, Failed)
    assert [d.code for d in broken.diagnostics] == ["contract-broken"]
    assert isinstance(fine, Entry)
    assert fine.params == 36
    assert isinstance(worse, Failed)
    assert [d.span.text for d in worse.diagnostics] != [d.span.text for d in broken.diagnostics]
    with pytest.raises(archdsl.ArchError):
        archdsl.compare([tmp_path / "net.arch"])


def test_a_saved_graph_is_compared_too(tmp_path: Path) -> None:
    from archdsl.graph.json import to_json

    (tmp_path / "net.json").write_text(to_json(archdsl.load("lenet5").graph))
    (entry,) = archdsl.compare([tmp_path / "net.json"])
    assert (entry.model, entry.params) == ("LeNet5", 61_706)


def test_sizes_that_are_left_open_stay_open() -> None:
    graph = archdsl.load_text("model Net() :: [?, ?, 3] -> [10] { conv(8, k=3) -> global_avg_pool -> dense(10) }").graph
    entry = measure(graph, "net.arch")
    cells = {name: figure.cell(entry) for name, figure in FIGURES.items()}
    assert cells["params"].value == 314
    assert isinstance(cells["macs"].value, str)
    assert cells["input"].text.endswith("×3")
    assert FIGURES["macs"].order(entry) is None


def test_what_is_unknown_comes_last_both_ways() -> None:
    entries = archdsl.compare(["lenet5", "resnet50", "vgg16"])
    assert [e.model for e in ordered(entries, "top1")] == ["VGG16", "ResNet50", "LeNet5"]
    assert [e.model for e in ordered(entries, "top1", descending=True)] == ["ResNet50", "VGG16", "LeNet5"]
    assert [e.model for e in ordered(entries, "model")] == ["LeNet5", "ResNet50", "VGG16"]


def test_columns_are_those_asked_for() -> None:
    made = table(archdsl.compare(["lenet5"]), ("macs", "model"))
    assert [column.name for column in made.columns] == ["macs", "model"]
    assert made.rows[0].cells[0] == ("417 k", 416_520)
