"""The registry of runtimes. Each has a module of its name here, which is imported only in its own process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.graph.model import Graph

Array: TypeAlias = Any
"""Of NumPy: batch first, channels last."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model to be exported."""

    graph: Graph
    arrays: dict[str, Array]
    """Its weights, each in float32, by path and name."""
    batch: int


class Loaded(NamedTuple):
    """A model loaded for a batch, ready to run."""

    call: Callable[[], Any]
    """Computes, and gives the outputs as the runtime has them."""
    read: Callable[[Any], Sequence[Array]]
    """Such outputs in the order of the graph's."""


Export: TypeAlias = Callable[[Model, Path], None]
"""``export`` of a module: writes the file that the runtime loads."""
Load: TypeAlias = Callable[[Path, Graph, Sequence[Array], int], Loaded]
"""``load`` of a module: reads the file, for inputs in the order of the graph's and a number of threads.

With 0 the runtime takes as many as it likes, and others in the process may have used it before.
"""


class Runtime(NamedTuple):
    """A way to run a model."""

    name: str
    title: str
    packages: tuple[str, ...]
    """Modules that it needs, to export and to run."""
    install: str
    """What `pip install` takes to get them."""
    form: str
    """The name of the file that it loads. Runtimes with one form share the file."""
    is_fixed: bool = False
    """Whether the file is for one size of batch."""

    @property
    def module(self) -> str:
        return f"archdsl.runtimes.{self.name.replace('-', '_')}"

    @property
    def missing(self) -> tuple[str, ...]:
        """The missing modules."""
        return tuple(name for name in self.packages if find_spec(name.partition(".")[0]) is None)

    def file(self, batch: int) -> str:
        """The file name for a batch size."""
        stem, _, ending = self.form.partition(".")
        return f"{stem}-{batch}.{ending}" if self.is_fixed else self.form


RUNTIMES: Final = {
    runtime.name: runtime
    for runtime in (
        Runtime("keras", "Keras predict", ("keras", "tensorflow"), "tensorflow", "net.keras"),
        Runtime("keras-function", "Keras tf.function", ("keras", "tensorflow"), "tensorflow", "net.keras"),
        Runtime("torch", "PyTorch", ("torch",), "torch", "net.py"),
        Runtime("onnx", "ONNX Runtime", ("onnx", "onnxruntime"), "onnx onnxruntime", "net.onnx"),
        Runtime("openvino", "OpenVINO", ("onnx", "openvino"), "onnx openvino", "net.xml"),
        Runtime(
            "litert",
            "LiteRT",
            ("keras", "tensorflow", "ai_edge_litert"),
            "tensorflow ai-edge-litert",
            "net.tflite",
            is_fixed=True,
        ),
    )
}
