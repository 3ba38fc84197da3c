"""docs/imported.md: models of keras.applications and torchvision as they are imported, beside the specs of the zoo.

``python -m scripts.side_by_side [--configs FOLDER]``, where torchvision is installed too. FOLDER is one in which
``python -m scripts.imports --configs FOLDER`` has kept configurations; Keras is not needed then.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from archdsl.bundled import zoo
from archdsl.intake.files import import_document
from scripts.configurations import application

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
TORCH: Final = {"vit_b_16": "vit", "swin_t": "swin"}
"""The same of torchvision."""
_HEAD: Final = """# Imported and written

What `archdsl import` makes of models of `keras.applications` and torchvision, as it comes, and the specs that people
wrote for the same networks. An imported spec is one of one model at one size; a spec of the zoo has all models of its
family, takes blocks from the [library](blocks.md) and computes its sizes from parameters.
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
    for name, spec in TORCH.items() if find_spec("torchvision") else ():
        parts += _section(name, _of_torchvision(name), spec)
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _section(name: str, imported: str, spec: str) -> list[str]:
    written = (zoo() / f"{spec}.arch").read_text(encoding="utf-8")
    return [f"## {name}\n", "Imported:\n", _fenced(imported), f"`specs/{spec}.arch`:\n", _fenced(written)]


def _of_torchvision(name: str) -> str:
    import torch
    from torchvision import models

    from archdsl.api import from_torch

    return from_torch(getattr(models, name)(weights=None).eval(), torch.zeros(1, 3, 224, 224)).source


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    main()
