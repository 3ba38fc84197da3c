"""The diagnostic as a value, the sink that collects them, the exception that carries them."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from archdsl.diagnostics import ArchError, Sink
from tests.unit.diagnostics.samples import SAMPLES, Sample, SampleWarning, marked

FIRST, SECOND = marked("let «a» = «b»")


def test_code_is_the_class_name() -> None:
    assert (Sample.code, SampleWarning.code) == ("sample", "sample-warning")


def test_is_a_value() -> None:
    one = Sample(span=FIRST, what="wrong")
    assert one == replace(one)
    assert hash(one) == hash(replace(one))
    assert one != replace(one, what="worse")
    assert pickle.loads(pickle.dumps(one)).text == one.text
    with pytest.raises(FrozenInstanceError):
        one.what = "right"  # type: ignore[misc]
    with pytest.raises(TypeError, match="hwat"):
        Sample(span=FIRST, hwat="wrong")  # type: ignore[call-arg]


def test_values_are_not_templates() -> None:
    assert Sample(span=FIRST, what="{more} {no_such}").text == "{more} {no_such}"


def test_sink_sorts_by_place() -> None:
    sink = Sink()
    sink.add(SampleWarning(span=SECOND, what="later"))
    assert not sink.has_errors
    sink.add(Sample(span=FIRST, what="earlier"))
    assert sink.has_errors
    assert [d.text for d in sink.sorted()] == ["earlier", "later"]


def test_sink_folds_repeats_and_keeps_the_first() -> None:
    sink = Sink()
    for what in ("in one instance", "in a second", "in a third"):
        sink.add(Sample(span=FIRST, what=what))
    (only,) = sink.sorted()
    assert (only.text, only.more) == ("in one instance", 2)


def test_exception_shows_every_diagnostic() -> None:
    error = ArchError(SAMPLES["warning_and_errors"])
    assert "branches of `add` have different shapes" in str(error)
    assert str(error).endswith("2 errors, 1 warning")
