"""Other forms of bundled models answer as Keras does, with the same random weights."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

pytest.importorskip("onnx", reason="writing ONNX takes `pip install 'archdsl[onnx]'`")
pytest.importorskip("onnxruntime", reason="what was written is run by ONNX Runtime: `pip install onnxruntime`")

from scripts.exports.forms import FORMS
from scripts.exports.measure import LIMIT, measure
from scripts.exports.models import models

QUICK = ("lenet5",)
"""What is measured in every run; `make exports` measures all."""
_NEEDED = {"litert": "ai_edge_litert", "openvino": "openvino", "torch": "torch"}
FORMS_HERE = [form for form in FORMS if find_spec(_NEEDED.get(form, "keras")) is not None]


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.full) for n in models()])
def test_forms_answer_as_keras(name: str) -> None:
    found = measure(name, FORMS_HERE)
    assert found.keys() == {*FORMS_HERE}
    assert {form: value for form, value in found.items() if isinstance(value, str) or not value.error < LIMIT} == {}
