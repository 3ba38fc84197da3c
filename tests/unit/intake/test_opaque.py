"""Layers of Keras that nothing reads, as opaque steps of the spec."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_document, import_file
from archdsl.intake.keras.holes import Known
from archdsl.intake.opaque import Opaque, in_words
from tests.unit.intake.configs import Net, saved

run = partial(CliRunner().invoke, cli)
MINE = {"module": None, "registered_name": "mine>Blur"}


def custom(ends: bool = False) -> Net:
    """A custom layer, used twice, one with two results, and perhaps one at the end."""
    net = Net([8, 8, 4])
    x = net.add("Conv2D", net.input, name="stem", filters=4, kernel_size=[3, 3])
    for name in ("one", "other"):
        x = net.add("Blur", x, name=name, sigma=1.5)
        net.layers[-1] |= MINE
    x = net.add("Pair", x, name="pair")
    both = net.add("Add", x, (x[0], 0, 1), name="both")
    if ends:
        both = net.add("Blur", both, name="last", sigma=2.0)
    net.layers[-1] |= MINE if ends else {}
    net.output = both
    return net


def with_shapes(net: Net, shape: list[int]) -> dict[str, object]:
    """The configuration with the shapes of tensors, which Keras writes beside their names."""
    document = net.document(net.output)

    def fill(of: object) -> None:
        if isinstance(of, dict):
            if "keras_history" in of:
                of["shape"] = [None, *shape]
            for each in of.values():
                fill(each)
        elif isinstance(of, list):
            for each in of:
                fill(each)

    fill(document["config"]["layers"])
    return document


def test_they_have_names_shapes_weights_and_arguments() -> None:
    arrays = {"one": [(3, 3, 4)], "other": [(3, 3, 4)]}
    found = import_document(with_shapes(custom(), [8, 8, 4]), "net.keras", opaque=Known(arrays))
    assert "what 4 of its steps compute is not known" in found.text
    steps = [node for node in found.graph if node.op.name == "opaque"]
    assert [(s.op.layer, s.op.config, s.op.result) for s in steps] == [
        ("mine>Blur", "sigma=1.5", 0),
        ("mine>Blur", "sigma=1.5", 0),
        ("Pair", "", 0),
        ("Pair", "", 1),
    ]
    assert [step.op.arrays for step in steps] == [((3, 3, 4),), ((3, 3, 4),), (), ()]
    assert "repeat 2 {" in found.text
    assert "macs" not in found.text
    assert fingerprint(archdsl.load_text(found.text).graph) == fingerprint(found.graph)


def test_without_being_asked_for_all_are_listed(tmp_path: Path) -> None:
    document = with_shapes(custom(ends=True), [8, 8, 4])
    with pytest.raises(Unreadable) as caught:
        import_document(document, "net.keras")
    found = [(problem.place, problem.kind) for problem in caught.value.problems]
    assert found == [("one", "Blur"), ("other", "Blur"), ("pair", "Pair"), ("last", "Blur")]
    assert "one (Blur): there is no such layer in the language; also other, last" in str(caught.value)
    said = run(["import", str(saved(tmp_path, document, "net.keras"))])
    assert said.exit_code == 1
    assert "help: --opaque reads the rest" in said.output


def test_models_within_are_looked_through_after_a_failure() -> None:
    inner = Net([8, 8, 4], "inner")
    deep = inner.add("Deep", inner.input, name="deep")
    net = Net([8, 8, 4])
    x = net.add("Blur", net.input, name="one")
    net.layers[-1] |= MINE
    x = net.add("Functional", x, name="inner")
    net.layers[-1]["config"] = inner.document(deep)["config"]
    x = net.add("Late", x, name="late")
    with pytest.raises(Unreadable) as caught:
        import_document(net.document(x), "net.keras")
    assert [problem.place for problem in caught.value.problems] == ["one", "inner.deep", "late"]


def test_a_sequential_model_is_looked_through() -> None:
    net = Net([8, 8, 4])
    x = net.add("Blur", net.input, name="one")
    net.add("Other", net.add("ReLU", x, name="act"), name="two")
    layers = [{key: value for key, value in layer.items() if key != "inbound_nodes"} for layer in net.layers]
    document = {"class_name": "Sequential", "config": {"name": "net", "layers": layers}}
    with pytest.raises(Unreadable) as caught:
        import_document(document, "net.keras")
    assert [problem.place for problem in caught.value.problems] == ["one", "two"]
    layers[2]["build_config"] = {"input_shape": [None, 8, 8, 4]}
    told = Opaque({"two": (5,)})
    found = import_document(document, "net.keras", opaque=Known({}, (), told))
    assert [node.shape for node in found.graph] == [(8, 8, 4), (8, 8, 4), (5,)]


def test_a_shape_that_nothing_says_can_be_told(tmp_path: Path) -> None:
    file = saved(tmp_path, with_shapes(custom(ends=True), [8, 8, 4]), "net.keras")
    said = run(["import", str(file), "--opaque"])
    assert said.exit_code == 1
    assert "last (Blur): there is no such layer in the language; no opaque step can stand for it" in said.output
    assert "--shape LAYER=SIZE" in said.output
    spec = tmp_path / "net.arch"
    done = run(["import", str(file), "--opaque", "--shape", "last=4,4,2", "-o", str(spec)])
    assert done.exit_code == 0, done.output
    assert archdsl.load(spec).graph.outputs[0].shape == (4, 4, 2)
    assert run(["import", str(file), "--shape", "last=4"]).exit_code == 2
    assert run(["import", str(file), "--opaque", "--shape", "last"]).exit_code == 2


def test_a_file_without_weights_is_read(tmp_path: Path) -> None:
    file = saved(tmp_path, with_shapes(custom(), [8, 8, 4]), "net.keras")
    found = import_file(str(file), opaque=Opaque())
    assert [node.op.arrays for node in found.graph if node.op.name == "opaque"] == [()] * 4


def test_a_custom_class_is_none_of_keras_of_the_same_name() -> None:
    net = Net([8, 8, 4])
    x = net.add("ReLU", net.input, name="theirs")
    net.layers[-1] |= {"module": None, "registered_name": "mine>ReLU"}
    with pytest.raises(Unreadable, match="there is no such layer"):
        import_document(net.document(x), "net.keras")


def test_words_of_a_source_are_short_and_on_a_line() -> None:
    said = in_words({"a": "x\ny\x1b[31m", "b": list(range(1000)), "c": None, "d": {"e": [1, True]}})
    assert said.startswith("a=x y [31m, b=[0, 1, 2")
    assert said.endswith("…, d={e: [1, True]}")
    assert len(in_words({str(n): n for n in range(1000)})) == 300
