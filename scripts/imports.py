"""The table of docs/import.md: models of keras.applications. ``python -m scripts.imports [NAME…] [--outputs]``.

Models that are not named keep their rows. ``--outputs`` also saves each with random weights, imports the file, builds
the spec with the weights that were carried over, and compares what both make of one random image.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from archdsl.architecture import Architecture
from archdsl.backends.keras.files import opened
from archdsl.bundled import zoo
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_document, import_file
from archdsl.intake.weights import carried
from archdsl.weights import safetensors
from scripts.configurations import application
from scripts.tables import Table, lines, loops

TABLE: Final = Table(
    Path(__file__).parent.parent / "docs/import.md",
    "table",
    ("model", "layers", "nodes", "lines", "blocks", "loops", "in the zoo", "s", "largest difference"),
)
_ZOO: Final = {
    "ConvNeXt": "convnext",
    "DenseNet": "densenet",
    "EfficientNetV2": "efficientnet_v2",
    "EfficientNetB": "efficientnet",
    "InceptionResNet": "inception_resnet_v2",
    "InceptionV3": "inception_v3",
    "MobileNetV3": "mobilenet_v3",
    "MobileNetV2": "mobilenet_v2",
    "MobileNet": "mobilenet_v1",
    "NASNet": "nasnet",
    "ResNet50V2": "resnet_v2",
    "ResNet101V2": "resnet_v2",
    "ResNet152V2": "resnet_v2",
    "ResNet": "resnet50_v1",
    "VGG": "vgg16",
    "Xception": "xception",
}
"""The bundled spec of a family, by how names of keras.applications begin, longer beginnings first."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--outputs", action="store_true")
    parser.add_argument("--configs", metavar="FOLDER", type=Path, help="keep configurations there, and read those")
    asked = parser.parse_args()
    for name in asked.names or _known():
        difference = _compared(name) if asked.outputs else None
        kept = asked.configs / f"{name}.json" if asked.configs else None
        add(name, application(name, kept), difference)


def _known() -> list[str]:
    """All models of keras.applications, as the table has them."""
    return [*TABLE.rows()]


def _compared(name: str) -> str:
    """Compares logits: a softmax of random ones may be 1 for a class, whatever the differences are."""
    import keras
    from keras import applications

    keras.utils.set_random_seed(1)
    found = _difference(getattr(applications, name)(weights=None, classifier_activation=None), name)
    keras.backend.clear_session()
    return found


def add(name: str, document: Any, difference: str | None = None) -> None:
    """Writes the row of a model; without a difference it keeps the one that it has."""
    kept = TABLE.rows().get(name, [""])[-1]
    row = _row(name, document, difference or kept)
    TABLE.put(row)
    sys.stdout.write(f"{' '.join(row)}\n")
    sys.stdout.flush()


def _row(name: str, document: Any, difference: str) -> list[str]:
    layers = str(len(document["config"]["layers"]))
    start = time.process_time()
    try:
        found = import_document(document, name)
    except Unreadable as error:
        problem = error.problems[0]
        return [name, layers, str(problem), *[""] * 6]
    seconds = time.process_time() - start
    return [
        name,
        layers,
        str(len(found.graph)),
        str(lines(found.text)),
        str(len(re.findall(r"^block ", found.text, re.MULTILINE))),
        str(loops(found.text)),
        _of_zoo(name),
        f"{seconds:.1f}",
        difference,
    ]


def _difference(model: Any, name: str) -> str:
    """The largest difference of the outputs, relative to the largest output.

    Kernels are as Keras initialises them, which keeps activations in range; biases, gains and statistics are drawn.
    """
    import keras
    import numpy as np

    chance = np.random.default_rng(1)
    for weight in model.weights:
        if len(weight.shape) == 1 and "float" in str(weight.dtype):
            weight.assign(chance.uniform(0.5, 1.5, weight.shape))
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / f"{name}.keras")
        model.save(file)
        found = import_file(file)
        weights = Path(folder) / "net.safetensors"
        with opened(file) as source:
            safetensors.write(weights, {key: a.read() for key, a in carried(found, source).items()}, {})
        again = Architecture(found.graph).build(weights=weights)
        source_model = keras.saving.load_model(file)  # `Normalization` computes with what it was loaded with
    shape = [size or 224 for size in model.input_shape[1:]]
    image = chance.uniform(0, 255, (1, *shape)).astype("float32")
    one, other = (np.asarray(each(image)) for each in (source_model, again))
    if not np.isfinite(one).all() or np.ptp(one) < 1e-3 * np.abs(one).max():
        raise ValueError(f"the logits of {name} are no test: {one.min():g} to {one.max():g}")
    return f"{np.abs(one - other).max() / np.abs(one).max():.0e}"


def _of_zoo(name: str) -> str:
    spec = next((spec for start, spec in _ZOO.items() if name.startswith(start)), "")
    return f"{lines((zoo() / f'{spec}.arch').read_text(encoding='utf-8'))} ({spec})" if spec else ""


if __name__ == "__main__":
    main()
