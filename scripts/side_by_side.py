"""docs/imported.md: models of Keras as they are imported, beside the specs of the zoo.

``python -m scripts.side_by_side [--configs FOLDER]``. FOLDER is one in which ``python -m scripts.imports --configs
FOLDER`` and ``python -m scripts.roundtrip --configs FOLDER`` have kept configurations; Keras is not needed then.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from archdsl.api import load
from archdsl.bundled import zoo
from archdsl.intake.files import import_document
from scripts.configurations import application
from scripts.roundtrip import returned

PAGE: Final = Path(__file__).parent.parent / "docs/imported.md"
PAIRS: Final = {
    "ResNet50": "resnet50_v1",
    "VGG16": "vgg16",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNetB0": "efficientnet",
    "DenseNet121": "densenet",
    "ConvNeXtTiny": "convnext",
}
"""Models of keras.applications, and the specs of the zoo that have them."""
OF_ZOO: Final = {"ViTB16": "vit", "SwinT": "swin"}
"""Models that keras.applications lacks: those of the zoo, compiled to Keras and imported again."""
_HEAD: Final = """# Imported and written

What `archdsl import` makes of models of `keras.applications`, as it comes, and the specs that people wrote for the same
networks. ViT-B and Swin-T, which Keras has not, are those of the zoo compiled to Keras and imported again. An imported
spec is one of one model at one size; a spec of the zoo has all models of its family and computes its sizes from
parameters. Both take blocks from the [library](blocks.md).
`python -m scripts.side_by_side` writes this page; [import](import.md) says how structure is found.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configs", metavar="FOLDER", type=Path, help="keep configurations there, and read those")
    asked = parser.parse_args()
    parts = [_HEAD]
    for name, spec in PAIRS.items():
        kept = asked.configs / f"{name}.json" if asked.configs else None
        parts += _section(name, import_document(application(name, kept), f"{name}.keras").text, spec)
    for name, spec in OF_ZOO.items():
        kept = asked.configs / f"{spec}.{name}.json" if asked.configs else None
        architecture = load(f"{zoo() / f'{spec}.arch'}:{name}")
        parts += _section(name, returned(architecture, kept).text, spec)
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _section(name: str, imported: str, spec: str) -> list[str]:
    written = (zoo() / f"{spec}.arch").read_text(encoding="utf-8")
    return [f"## {name}\n", "Imported:\n", _fenced(imported), f"`specs/{spec}.arch`:\n", _fenced(written)]


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    main()
