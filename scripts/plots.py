"""``python -m scripts.plots``: the plots that the pages show, in ``docs/plots``.

They are the bytes of the installed matplotlib, which is why no test compares them. Those of speed are of the times in
``bench.json`` and ``side_by_side.json`` there, which ``archdsl bench`` measures; docs/bench.md says how. Curves of
learning are of the studies in ``docs/studies``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import archdsl
from archdsl.backends.keras.gradients import gradient_flow
from archdsl.comparison import ordered
from archdsl.files import locate
from archdsl.plots import gradients, learning, models, scaling, speed
from archdsl.plots.style import Drawing
from archdsl.runtimes.kept import Kept
from archdsl.survey import family
from archdsl.training.results import results

FOLDER = Path(__file__).parent.parent / "docs" / "plots"
STUDIES = FOLDER.parent / "studies"
BARS = ("MobileNetV2", "EfficientNetB0", "DenseNet121", "ResNet50", "SwinT", "ConvNeXtTiny", "EfficientNetB7", "ViTB16")
TIMED = (
    *("MobileNetV3Small", "ShuffleNetV2X10", "MobileNetV2", "EfficientNetB0"),
    *("RegNetX800MF", "EfficientNetV2B0", "NASNetMobile", "ViTTi16"),
)


def drawings() -> dict[str, Drawing]:
    """The plots by the names of their files."""
    zoo = archdsl.compare()
    times = Kept(FOLDER / "bench.json").speed({entry.name: entry for entry in zoo})
    beside = Kept(FOLDER / "side_by_side.json").speed({entry.name: entry for entry in zoo})
    few = replace(times, timings=tuple(timing for timing in times if timing.model in TIMED))
    steps = list(family(locate("efficientnet"), lambda *_: {"phi": range(8)}))
    deep = archdsl.load("resnet152", size=64)
    return {
        "accuracy": models.accuracy(zoo),
        "macs": models.accuracy(zoo, "macs"),
        "latency": speed.accuracy(times),
        "speed": speed.bars(few),
        "side_by_side": speed.bars(replace(beside, timings=tuple(sorted(beside, key=lambda each: each.latency)))),
        "trade": speed.accuracy(beside),
        "bars": models.bars(ordered([entry for entry in zoo if entry.model in BARS], "params")),
        "efficientnet": scaling.lines("EfficientNet", steps),
        **{file.parent.name: learning.curves(results(file.parent)) for file in sorted(STUDIES.glob("*/study.json"))},
        "gradients": gradients.curves(gradient_flow(deep.graph, compare=True)),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, drawing in drawings().items():
        drawing.save(FOLDER / f"{name}.svg", ".svg")
        print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
