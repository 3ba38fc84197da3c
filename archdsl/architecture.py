"""An elaborated model, with its figures, diagrams and exports."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl.atomic import replacing
from archdsl.diagnostics import Diagnostic
from archdsl.fitted import fitted, matched
from archdsl.graph.dims import show
from archdsl.graph.model import Graph

if TYPE_CHECKING:
    import keras

    from archdsl.backends.html.frame import Frame
    from archdsl.passes.memory import DType
    from archdsl.summary import Summary
    from archdsl.weights import Match


@dataclass(frozen=True, repr=False)
class Architecture:
    """An elaborated and checked model: every shape in ``graph`` is proved.

    ``diagnostics`` are the warnings; a spec with errors raises ``ArchError`` instead. ``sources`` are the texts that it
    was written in, by the names of files that the graph's origins have.
    """

    graph: Graph
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def source(self) -> str:
        """The text of the file that declares the model; empty for a graph that was read from JSON."""
        return self.sources.get(self.graph.instances[0].origin.file, "")

    def __repr__(self) -> str:
        """``<Architecture ResNet50 :: [224, 224, 3] -> [1000], 174 nodes>``."""
        given, made = (
            ports[0] if len(ports) == 1 else f"({', '.join(ports)})"
            for ports in ([show(port.shape) for port in ports] for ports in (self.graph.inputs, self.graph.outputs))
        )
        warned = f", {len(self.diagnostics)} warnings" if self.diagnostics else ""
        return f"<Architecture {self.name} :: {given} -> {made}, {len(self.graph)} nodes{warned}>"

    def __hash__(self) -> int:
        return hash((self.name, len(self.graph), self.graph.inputs, self.graph.outputs))

    def _need_known(self, form: str) -> None:
        """Raises ``ArchError`` for opaque steps, of which only the shapes are known: nothing can be built of them."""
        from archdsl.backends.known import need_known

        need_known(self.graph, form, self.sources)

    def _repr_svg_(self) -> str:
        """For notebooks: the diagram."""
        picture: str = self.render()
        return picture

    def _repr_html_(self) -> str:
        """For notebooks: the diagram, above the parts of the model with their figures."""
        return f"<div>{self.render()}</div>{self.summary()._repr_html_()}"

    def render(self, file: str | os.PathLike[str] | None = None, *, format: str = "", **options: Any) -> Any:
        """The diagram, as ``archdsl render`` draws it.

        It is returned as text (``svg``, the default, ``dot``, ``mmd``, ``html``) or as bytes (``png``, ``pdf``), or is
        written to ``file``, whose ending is the format. ``options`` are the fields of
        ``archdsl.diagram.Options``: ``depth``, ``fold``, ``unfold``, ``color``, ``direction``, ``theme``.

        Raises:
            DiagramError: ``fold`` or ``unfold`` name what there is not. It is a ``ValueError``.
            RenderError: another format, or no Graphviz that could write it.
            OSError: the file cannot be written.

        >>> from archdsl import load
        >>> load("lenet5").render(depth=1).startswith("<svg")
        True
        """
        from archdsl.backends.drawing import drawn
        from archdsl.diagram.options import Options

        target = Path(file) if file is not None else None
        form = format or (target.suffix.removeprefix(".").lower() if target else "svg")
        picture = drawn(self.graph, form, Options(**options), self.sources)
        if target is None:
            return picture if form in ("png", "pdf") else picture.decode()
        with replacing(target) as written:
            written.write_bytes(picture)
        return None

    def view(self, height: int = 600) -> Frame:
        """For notebooks: the interactive page, in a frame of so many pixels.

        >>> from archdsl import load
        >>> load("lenet5").view()
        <the interactive diagram of LeNet5>
        """
        from archdsl.backends.html.frame import Frame

        return Frame(self.render(format="html"), self.name, height)

    def summary(self, *, batch: int = 1, dtype: DType = "float32") -> Summary:
        """Shapes, parameters, multiply-adds, memory and receptive fields by instance. ``str()`` of it is a table.

        ``batch`` and ``dtype`` are those that the peaks of memory are for.

        >>> from archdsl import load
        >>> estimate = load("resnet50").summary(batch=32, dtype="mixed").estimate
        >>> estimate.batch, estimate.dtype
        (32, 'mixed')
        """
        from archdsl.summary import summarise

        return summarise(self.graph, batch=batch, dtype=dtype)

    def build(
        self,
        weights: str | os.PathLike[str] | None = None,
        *,
        partial: bool = False,
        by_order: bool = False,
        seed: int | None = None,
    ) -> keras.Model:
        """The Keras model. Layers go by the paths of the graph's nodes.

        Its weights are initialised, or read from ``weights``: a ``.safetensors``, ``.keras`` or ``.weights.h5`` file,
        whose arrays are matched by name: path and weight, as in ``stem.conv/kernel``; or a published checkpoint,
        ``.safetensors``, ``.pth`` or ``.h5``, whose names a table translates; or the name of one, ``imagenet``,
        ``torchvision``, ``timm`` or ``keras``, which is fetched unless the cache of that library has it. Reading takes
        the place of initialising.
        With ``partial``, what does not fit is initialised, and a ``PartialWeights`` warning lists it; ``match_weights``
        gives the same list as a value. With ``by_order``, names are not compared: layers are matched by class and
        order, as Keras does, and everything must fit. Weights that are initialised are other ones each time, unless
        ``seed`` says which.

        Imports Keras, with the backend that ``KERAS_BACKEND`` names.

        Raises:
            ArchError: what a step computes is not known (``opaque``).
            WeightsError: the file is broken, does not say the names of its arrays, or has not the arrays of the model,
                all of which the message lists. It is a ``ValueError``.
            ValueError: ``partial`` or ``by_order`` without a file, or both.
            OSError: the file cannot be read.
        """
        from archdsl.backends.keras.build import build
        from archdsl.backends.keras.seeds import seeded

        self._need_known("a Keras model")
        if not by_order:
            with fitted(self.graph, weights, partial=partial) as arrays, seeded(seed):
                return build(self.graph, (lambda _: arrays) if weights is not None else None)
        if partial:
            raise ValueError("partial is for weights by name: by order, all must fit")
        if weights is None:
            raise ValueError("by_order is about a file of weights, and none is given")
        from archdsl.backends.keras.files import opened
        from archdsl.backends.keras.order import by_order as ordered
        from archdsl.weights.published.fetch import local

        with opened(local(self.graph, weights)) as source:
            return build(self.graph, lambda model: ordered(self.graph, source, model))

    def to_onnx(
        self,
        file: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        partial: bool = False,
        inline: bool = False,
        seed: int = 0,
    ) -> Path | None:
        """Writes the model as ONNX, whole or not at all; loads no framework.

        Inputs and outputs have the shapes of the spec, the batch before them, which may be of any size. Each block is a
        local function, unless ``inline``. Weights are read from ``weights`` as ``build`` does, with ``partial``
        too, or are initialised with random numbers that depend on ``seed`` and their names.

        Gives the file beside ``file`` that has the weights, where these are more than 2 GB, and otherwise ``None``.

        Raises:
            ArchError: what a step computes is not known (``opaque``).
            ImportError: the package ``onnx`` is not installed.
            WeightsError: as ``build`` raises it.
            ValueError: ``partial`` without a file of weights.
            OSError: a file cannot be read or written.
        """
        from archdsl.backends.onnx.write import need_onnx, save

        self._need_known("an ONNX model")
        need_onnx()
        with fitted(self.graph, weights, partial=partial) as arrays:
            return save(self.graph, Path(file), arrays, inline=inline, seed=seed)

    def to_openvino(
        self,
        file: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        partial: bool = False,
        seed: int = 0,
    ) -> Path:
        """Writes the model as OpenVINO reads it, ``file.xml`` with ``file.bin`` beside it; loads no framework.

        Shapes, names and weights are as ``to_onnx`` has them. Gives the file of the weights.

        Raises:
            ArchError: what a step computes is not known (``opaque``).
            ImportError: the package ``openvino`` or ``onnx`` is not installed.
            WeightsError, ValueError, OSError: as ``to_onnx`` raises them.
        """
        from archdsl.backends.openvino.write import need_openvino, save

        self._need_known("an OpenVINO model")
        need_openvino()
        with fitted(self.graph, weights, partial=partial) as arrays:
            return save(self.graph, Path(file), arrays, seed=seed)

    def to_savedmodel(
        self,
        folder: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        partial: bool = False,
        seed: int | None = None,
    ) -> None:
        """Writes the model as a SavedModel of TensorFlow, the whole folder or nothing.

        Its signature ``serving_default`` has the names and shapes of the spec, and takes batches of any size. Weights
        are those that ``build`` gives. A SavedModel that is there is replaced.

        Raises:
            NotTensorFlow: Keras runs on another framework. It is a ``ValueError``.
            FileExistsError: something else than a SavedModel has the name.
            WeightsError, ValueError, OSError: as ``build`` raises them.
        """
        from archdsl.backends.keras.savedmodel import need_tensorflow, save

        need_tensorflow()
        save(self.graph, self.build(weights, partial=partial, seed=seed), Path(folder))

    def to_litert(
        self,
        file: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        partial: bool = False,
        seed: int | None = None,
    ) -> None:
        """Writes the model for LiteRT, formerly TensorFlow Lite, whole or not at all. It takes one example at a time.

        Its signature ``serving_default`` has the names and shapes of the spec, with a batch of 1. Weights are those
        that ``build`` gives, in float32.

        Raises:
            ArchError: LiteRT has no kernels for some ops, which are all in ``diagnostics``, or its files are too small.
            NotTensorFlow: Keras runs on another framework. It is a ``ValueError``.
            WeightsError, ValueError, OSError: as ``build`` raises them.
        """
        from archdsl.backends.keras.litert import save
        from archdsl.backends.keras.savedmodel import need_tensorflow

        need_tensorflow()
        save(self.graph, self.build(weights, partial=partial, seed=seed), Path(file), self.sources)

    def optimised(
        self,
        *,
        weights_to: str | os.PathLike[str],
        weights: str | os.PathLike[str] | None = None,
        partial: bool = False,
        seed: int = 0,
        rewrites: Collection[str] | None = None,
    ) -> Architecture:
        """An equivalent model with less work, for inference only: norms folded, branches merged, unneeded tokens left
        out.

        Its weights are computed from those of ``weights``, or from fresh ones, and written to ``weights_to``, a
        ``.safetensors`` file, for ``to_onnx``, ``build`` and the like. ``rewrites`` are names of
        ``archdsl.rewrites.REWRITES``, all of them when not given.

        Raises:
            ArchError: what a step computes is not known (``opaque``).
            WeightsError, ValueError, OSError: as ``to_onnx`` raises them.
            KeyError: there is no such rewrite.
        """
        from archdsl.backends.onnx.weights import initial
        from archdsl.rewrites import REWRITES, optimised
        from archdsl.weights import safetensors

        self._need_known("an optimised model")
        arrays = initial(self.graph, seed)
        with fitted(self.graph, weights, partial=partial) as stored:
            arrays |= {key: array.read() for key, array in stored.items()}
        found = optimised(self.graph, arrays, rewrites if rewrites is not None else tuple(REWRITES))
        done = ", ".join(f"{name} {count}" for name, count in found.done.items())
        metadata = safetensors.metadata(found.graph) | {"rewrites": done}
        with replacing(Path(weights_to)) as written:
            safetensors.write(written, found.arrays, metadata)
        return replace(self, graph=found.graph)

    def match_weights(self, weights: str | os.PathLike[str]) -> Match:
        """Matches a file of weights by name, without building anything: what ``build`` would keep and what not.

        Raises:
            WeightsError: the file is broken, or does not say the names of its arrays.
            OSError: the file cannot be read.
        """
        with matched(self.graph, weights) as (_, found):
            return found

    def to_torch(self, *, names: str | None = None) -> str:
        """A file of PyTorch that defines the model, and imports torch alone.

        It has a class for each kind of block, and a model's class that is made without arguments. Images and maps have
        their channels first, as PyTorch's own models do. Nothing here imports torch. With ``names="torchvision"``
        modules are called as in torchvision's model, whose published weights load as they are.

        Raises:
            ArchError: what a step computes is not known (``opaque``).
            NoNames: there are no such names for the model. It is a ``ValueError``.

        >>> from archdsl import load
        >>> "class LeNet5(nn.Module):" in load("lenet5").to_torch()
        True
        """
        from archdsl.backends.torch.file import written

        self._need_known("PyTorch code")
        return written(self.graph, names).text

    def torch_state(self, weights: str | os.PathLike[str], *, names: str | None = None) -> dict[str, Any]:
        """The arrays of a file of weights as the state dict of ``to_torch()``'s model has them, in NumPy.

        ``model.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})`` loads them.

        Raises:
            WeightsError: the file is broken, or has not the arrays of the model, all of which the message lists.
            OSError: the file cannot be read.
        """
        from archdsl.backends.torch.file import written
        from archdsl.backends.torch.state import state

        self._need_known("PyTorch code")
        with fitted(self.graph, weights) as arrays:
            return state(written(self.graph, names), {key: array.read() for key, array in arrays.items()})

    def to_python(self) -> str:
        """A file of Keras that defines the model, and imports Keras, h5py and NumPy alone.

        It has a function for each kind of block, one that makes the model without arguments, and ``load_weights``,
        which takes weights of ``save_weights`` by their names. Nothing here imports Keras.

        >>> from archdsl import load
        >>> "def LeNet5() -> keras.Model:" in load("lenet5").to_python()
        True
        """
        from archdsl.backends.python.file import written

        self._need_known("Keras code")
        return written(self.graph)

    def save_weights(self, model: keras.Model, file: str | os.PathLike[str]) -> None:
        """Writes the weights of a model that was built from this architecture, each under its path and name.

        ``file`` ends in ``.safetensors``, or in ``.weights.h5``, which Keras's ``load_weights`` takes as well. It is
        written whole or not at all.

        Raises:
            WeightsError: the model is not one of this architecture.
            ValueError: ``file`` ends in neither.
            OSError: the file cannot be written.
        """
        from archdsl.backends.keras.weights import save

        save(self.graph, model, Path(file))
