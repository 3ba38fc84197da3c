"""The table of docs/import.md of files that exporters write. ``python -m scripts.onnx_imports dynamo:timm:pit_ti_224``.

``dynamo`` is PyTorch's newer exporter, for models of torchvision and, after ``timm:``, of timm. ``tf2onnx`` is that of
TensorFlow, for models of keras.applications; it must be installed, best in an environment of its own. Models that are
not named keep their rows. Each has random weights, is exported, imported and compared.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final

from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_onnx
from scripts.tables import Table, lines
from scripts.torch_imports import numbered

_TABLE: Final = Table(
    Path(__file__).parent.parent / "docs/import.md",
    "table of exporters",
    ("model", "nodes", "lines", "s", "read"),
)


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    for name in parser.parse_args().names:
        exporter, _, model = name.partition(":")
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "net.onnx")
            _EXPORTERS[exporter](model, file)
            row = [name, *_read(file)]
        _TABLE.put(row)
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()


def _read(file: str) -> list[str]:
    start = time.process_time()
    try:
        found = import_onnx(file)
    except Unreadable as error:
        said = "; ".join(sorted({f"({p.kind}) {p.reason}" if p.kind else p.reason for p in error.problems}))
        return ["", "", f"{time.process_time() - start:.1f}", said.replace("|", "/")[:160]]
    is_equal = "Outputs for random inputs are those" in found.text
    said = "equal" if is_equal else "isomorphic, outputs not compared"
    return [str(len(found.graph)), str(lines(found.text)), f"{time.process_time() - start:.1f}", said]


def _dynamo(name: str, file: str) -> None:
    import torch

    torch.set_num_threads(1)
    made, size = numbered(name)
    torch.onnx.export(made, (torch.randn(1, *size),), file, dynamo=True, verbose=False)


def _tf2onnx(name: str, file: str) -> None:
    import keras
    import onnx
    import tensorflow as tf
    import tf2onnx  # type: ignore[import-not-found,unused-ignore]  # in an environment of its own

    model = getattr(keras.applications, name)(weights=None)
    sizes = (1, *(size or 224 for size in model.input_shape[1:]))
    call = tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec(sizes, tf.float32)])
    made, _ = tf2onnx.convert.from_function(call, input_signature=call.input_signature, opset=17)
    onnx.save(made, file)


_EXPORTERS: Final[dict[str, Callable[[str, str], None]]] = {"dynamo": _dynamo, "tf2onnx": _tf2onnx}


if __name__ == "__main__":
    main()
