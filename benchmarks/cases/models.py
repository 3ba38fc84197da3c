"""Building and running models, against keras.applications in the same process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import measure
from benchmarks.measure import Line

_PAIRS = {
    "resnet50_v1": ("ResNet-50", "ResNet50"),
    "densenet121": ("DenseNet-121", "DenseNet121"),
    "efficientnet_b7": ("EfficientNet-B7", "EfficientNetB7"),
}
"""Our specs with the models of keras.applications that compute the same."""


def _afresh() -> None:
    """As a new process would begin: no layers of earlier models, no garbage."""
    import keras

    keras.utils.clear_session()
    gc.collect()


def _reference(name: str, **arguments: Any) -> Any:
    import keras

    return getattr(keras.applications, name)(weights=None, **arguments)


def recheck() -> Iterator[Line]:
    """ResNet-152 in a process that has checked it before, after one line was edited, against Keras building it."""
    from archdsl.compiler import Program
    from archdsl.files import locate
    from archdsl.source import SourceFile

    located = locate("resnet152")
    widths = iter(range(65, 1000))

    def ours() -> None:
        edited = located.source.text.replace("64", str(next(widths)), 1)
        program = Program(SourceFile(located.source.name, edited), located.loader)
        assert program.graph("ResNet152") is not None

    taken, theirs = measure.alternating(ours, lambda: _reference("ResNet152"), repeats=5, prepare=_afresh)
    yield measure.against(
        "check ResNet-152 again after an edit", taken, "`keras.applications.ResNet152`", theirs, 1 / 30
    )


def build() -> Iterator[Line]:
    """From the spec to a model with fresh weights."""
    import archdsl

    for spec, (title, name) in _PAIRS.items():

        def ours(spec: str = spec) -> None:
            archdsl.load(spec).build()

        def theirs(name: str = name) -> None:
            _reference(name)

        taken, reference = measure.alternating(ours, theirs, repeats=7, prepare=_afresh)
        yield measure.against(f"load and build {title}", taken, f"`keras.applications.{name}`", reference, 1.0)


def load() -> Iterator[Line]:
    """From the spec to a model with the weights of a file."""
    import archdsl

    with TemporaryDirectory() as folder:
        for spec, (title, name) in _PAIRS.items():
            ours_file, theirs_file = Path(folder) / f"{spec}.safetensors", Path(folder) / f"{spec}.weights.h5"
            architecture = archdsl.load(spec)
            architecture.save_weights(architecture.build(), ours_file)
            _reference(name).save_weights(theirs_file)

            def ours(spec: str = spec, file: Path = ours_file) -> None:
                archdsl.load(spec).build(weights=file)

            def theirs(name: str = name, file: Path = theirs_file) -> None:
                _reference(name).load_weights(file)

            taken, reference = measure.alternating(ours, theirs, repeats=5, prepare=_afresh)
            what, other = f"build {title} with weights from a file", f"`keras.applications.{name}`, `load_weights`"
            yield measure.against(what, taken, other, reference, 0.7)


def run() -> Iterator[Line]:
    """Inference and a step of training, on the same images with the same weights."""
    import keras
    import numpy as np

    import archdsl
    from archdsl.weights.published import table
    from tests.conformance.transfer import randomise, transfer

    rng = np.random.default_rng(0)
    for spec, family, title, name in (
        ("resnet50_v1", "resnet", "ResNet-50", "ResNet50"),
        ("mobilenet_v2", "mobilenet", "MobileNetV2", "MobileNetV2"),
    ):
        _afresh()
        reference = _reference(name, input_shape=(96, 96, 3), classes=10, classifier_activation=None)
        randomise(reference)
        model = archdsl.load(spec, size=96, classes=10).build()
        transfer(reference, model, table(family, "keras"))
        images, labels = rng.uniform(size=(16, 96, 96, 3)).astype("float32"), rng.integers(10, size=16)
        for each in (model, reference):
            each.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        steps: dict[str, Callable[[Any], object]] = {
            "inference": lambda each, images=images: each.predict_on_batch(images),
            "training step": lambda each, images=images, labels=labels: each.train_on_batch(images, labels),
        }
        for step, work in steps.items():
            yield measure.close(
                f"{step} of {title}, 16 images",
                lambda work=work, model=model: work(model),
                f"`keras.applications.{name}`",
                lambda work=work, model=reference: work(model),
                1.02,
            )
