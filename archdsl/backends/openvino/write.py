"""``save``: a graph as OpenVINO's intermediate representation, an XML file and a file of weights."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from archdsl.atomic import ending, replacing
from archdsl.backends.known import need_known
from archdsl.backends.onnx.write import need_onnx
from archdsl.backends.onnx.write import save as save_onnx
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.version import __version__
from archdsl.weights import Array

ENDING: Final = ".xml"


class OpenVinoMissing(ImportError):
    """The package ``openvino`` is not installed."""


def need_openvino() -> None:
    """Raises ``OpenVinoMissing`` or ``OnnxMissing`` unless both packages are installed."""
    need_onnx()
    if find_spec("openvino") is None:
        raise OpenVinoMissing("writing OpenVINO's files takes the package openvino: `pip install 'archdsl[openvino]'`")


def save(graph: Graph, file: Path, arrays: Mapping[str, Array] | None = None, *, seed: int = 0) -> Path:
    """Writes a model, whole or not at all, in float32. Returns the file of weights.

    Weights are as in ``backends.onnx.write.save``.

    Raises:
        ArchError: what a step computes is not known.
        ImportError: ``openvino`` or ``onnx`` is not installed.
        OSError: a file cannot be written.
    """
    need_openvino()
    need_known(graph, "an OpenVINO model")
    import openvino

    beside = file.with_suffix(".bin")
    with TemporaryDirectory() as folder, ExitStack() as files:
        given = Path(folder) / "net.onnx"
        save_onnx(graph, given, arrays, inline=True, seed=seed)
        # Not `convert_model`, which reports its use to a server.
        model = openvino.Core().read_model(given)
        model.set_rt_info(__version__, ["archdsl", "version"])
        model.set_rt_info(fingerprint(graph), ["archdsl", "graph"])
        steps = files.enter_context(replacing(file))
        # Left first, so that the model is never there without its weights.
        weights = files.enter_context(replacing(beside))
        with ending(steps, ".xml") as xml, ending(weights, ".bin") as bin:
            openvino.serialize(model, str(xml), str(bin))
    return beside
