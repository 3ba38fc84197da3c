"""Weights of programs that nobody wrote: they come back from each form, and after an edit each is at its own path."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from random import Random

import keras
import numpy as np
import pytest

from archdsl.api import Architecture
from archdsl.backends.keras.weights import variables
from archdsl.compiler import Program
from archdsl.source import SourceFile
from archdsl.weights import PartialWeights, WeightsError
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.keras.test_weights import FORMS, save, shuffled

PROGRAMS = int(os.environ.get("ARCHDSL_WEIGHTS", "6"))
"""How many programs; docs/quality.md has the record of more."""


def architecture(text: str) -> Architecture | None:
    graph = Program(SourceFile("<text>", text), MemoryLoader({})).graph("Net")
    return None if graph is None else Architecture(graph)


def edited(text: str) -> dict[str, str]:
    """The program with branches swapped, and with an op before all others whose kernel may look like another's."""
    swapped = re.sub(
        r"^    part0: (.*)\n    part1: (.*)\n", r"    part1: \2\n    part0: \1\n", text, flags=re.MULTILINE
    )
    (width,) = re.findall(r"^check Net\(\) :: \[.*?(\d+)\] ->", text, re.MULTILINE)
    head, body = text.split("\n  let more = ", 1)
    first = re.sub(r"\n\n  ", f"\n\n  dense({width}) as before_all -> ", body, count=1)
    shared = re.sub(r"(\n  shared .*\n)\n  ", rf"\1\n  dense({width}) as before_all -> ", body, count=1)
    return {"swapped": swapped, "inserted": f"{head}\n  let more = {shared if shared != body else first}"}


def values(net: Architecture, model: keras.Model) -> dict[str, np.ndarray]:
    return {key: np.asarray(variable) for key, variable in variables(net.graph, model).items()}


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_arrays_stay_at_their_paths(seed: int, tmp_path: Path) -> None:
    keras.utils.clear_session()
    text = Writer(Random(seed), seed).program()
    net = architecture(text)
    assert net is not None
    model = shuffled(net.build(), seed)
    saved = values(net, model)
    files = [save(net, model, tmp_path / name) for name in FORMS]
    for file in files:
        again = values(net, net.build(file))
        assert again.keys() == saved.keys()
        for key, array in again.items():
            np.testing.assert_array_equal(array, saved[key], err_msg=f"{file.name} {key}\n{text}")
    file = files[seed % len(files)]
    for edit, changed in edited(text).items():
        other = architecture(changed)
        if changed == text or other is None:
            continue
        match = other.match_weights(file)
        if not match:
            with pytest.raises(WeightsError):
                other.build(file)
            if not match.kept:
                continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PartialWeights)
            there = values(other, other.build(file, partial=True))
        for key, array in there.items():
            if key in match.kept:
                np.testing.assert_array_equal(array, saved[key], err_msg=f"{edit} {key}\n{changed}")
            else:
                assert not any(array.size and np.array_equal(array, old) for old in saved.values()), (edit, key)
