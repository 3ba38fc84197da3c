"""``python -m scripts.plots``: the plots that the pages show, in ``docs/plots``.

They are the bytes of the installed matplotlib, which is why no test compares them.
"""

from __future__ import annotations

from pathlib import Path

import archdsl
from archdsl.backends.keras.gradients import gradient_flow
from archdsl.comparison import ordered
from archdsl.files import locate
from archdsl.plots import gradients, models, scaling
from archdsl.plots.style import Drawing
from archdsl.survey import family

FOLDER = Path(__file__).parent.parent / "docs" / "plots"
BARS = ("MobileNetV2", "EfficientNetB0", "DenseNet121", "ResNet50", "SwinT", "ConvNeXtTiny", "EfficientNetB7", "ViTB16")


def drawings() -> dict[str, Drawing]:
    """The plots by the names of their files."""
    zoo = archdsl.compare()
    steps = list(family(locate("efficientnet"), lambda *_: {"phi": range(8)}))
    deep = archdsl.load("resnet152", size=64)
    return {
        "accuracy": models.accuracy(zoo),
        "macs": models.accuracy(zoo, "macs"),
        "bars": models.bars(ordered([entry for entry in zoo if entry.model in BARS], "params")),
        "efficientnet": scaling.lines("EfficientNet", steps),
        "gradients": gradients.curves(gradient_flow(deep.graph, compare=True)),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, drawing in drawings().items():
        drawing.save(FOLDER / f"{name}.svg", ".svg")
        print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
