"""Other forms of bundled models answer as Keras does, with the same random weights."""

from __future__ import annotations

import pytest

pytest.importorskip("onnx", reason="writing ONNX takes `pip install 'archdsl[onnx]'`")
pytest.importorskip("onnxruntime", reason="what was written is run by ONNX Runtime: `pip install onnxruntime`")

from scripts.exports import LIMIT, measure, models

QUICK = ("lenet5", "light_cifar", "squeezenet11")
"""What is measured in every run; `make exports` measures all."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.full) for n in models()])
def test_onnx_runtime_answers_as_keras(name: str) -> None:
    assert measure(name).error < LIMIT
