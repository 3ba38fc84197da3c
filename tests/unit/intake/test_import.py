"""Models of Keras as specs: what is found in them, what is proved, and what is refused. No Keras is loaded."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_document, import_file
from archdsl.intake.flow import written
from archdsl.intake.keras.walk import read
from archdsl.intake.proof import pairs
from archdsl.intake.rewrites import rewritten
from archdsl.names.language import FUNCTIONS
from archdsl.ops.init import KINDS
from archdsl.ops.types import NAMES as TYPES
from archdsl.syntax import tables
from tests.patience import patience
from tests.unit.intake.configs import Net, archive, chain, conv_norm, residual, saved


def test_a_residual_network_is_blocks_and_loops() -> None:
    found = import_document(residual([3, 3, 3], [16, 32, 64]), "net.keras")
    golden = Path(__file__).with_name("residual.arch").read_text(encoding="utf-8")
    assert found.text == golden.replace("VERSION", archdsl.__version__)
    again = archdsl.load_text(found.text)
    assert not again.diagnostics
    assert fingerprint(again.graph) == fingerprint(found.graph)


def test_models_of_one_family_differ_in_their_table_alone() -> None:
    small, large = (
        import_document(residual(depths, [16, 32, 64]), "net.keras").text.splitlines()
        for depths in ([3, 4, 6], [3, 4, 23])
    )
    differing = [(a, b) for a, b in zip(small, large, strict=True) if a != b]
    assert all(a.split()[0].isdigit() or a.startswith("check") for a, _ in differing), differing
    assert len(differing) == 2


def test_the_text_is_the_same_each_time() -> None:
    first, second = (import_document(residual([2, 3, 4], [8, 16, 32]), "net.keras").text for _ in range(2))
    assert first == second


def test_flat() -> None:
    from archdsl.intake.imported import imported
    from archdsl.intake.style import Style

    document = residual([2, 2], [8, 16])
    text = imported(read(document, "net"), "net", Style(flat=True)).text
    assert "block " not in text
    assert "for " not in text
    nodes = {len(archdsl.load_text(t).graph) for t in (text, import_document(document, "net").text)}
    assert len(nodes) == 1


def test_the_formatter_leaves_the_text_alone() -> None:
    from archdsl.format import format_text

    text = import_document(residual([3, 4, 6], [16, 32, 64]), "net.keras").text
    assert format_text(text).text == text


def test_inputs_of_open_size() -> None:
    net = Net([None, None, 3])
    x = net.add("GlobalAveragePooling2D", conv_norm(net, net.input, 8, name="a"))
    found = import_document(net.document(x), "net.keras")
    assert "[h, w, 3] -> [8]" in found.text


def test_a_value_that_is_used_later_is_tapped() -> None:
    net = Net([16, 16, 4])
    a = conv_norm(net, net.input, 4, name="a")
    b = conv_norm(net, a, 4, name="b")
    c = net.add("Add", conv_norm(net, b, 4, name="c"), a)
    d = net.add("Add", conv_norm(net, c, 4, name="d"), b)
    found = import_document(net.document(d), "net.keras")
    assert " as " in found.text
    assert fingerprint(archdsl.load_text(found.text).graph) == fingerprint(found.graph)


def test_padding_goes_into_the_window_after_it() -> None:
    net = Net([32, 32, 3])
    x = net.add("ZeroPadding2D", net.input, padding=[[3, 3], [3, 3]])
    x = net.add("Conv2D", x, filters=8, kernel_size=[7, 7], strides=[2, 2], padding="valid")
    x = net.add("ReLU", x)
    x = net.add("ZeroPadding2D", x, padding=[[1, 1], [1, 1]])
    x = net.add("MaxPooling2D", x, pool_size=[3, 3])
    text = import_document(net.document(x), "net.keras").text
    assert "ConvAct(8, k=7, stride=2, pad=3)" in text
    assert "max_pool(3, stride=2, pad=1)" in text


def test_zeros_that_may_win_stay_before_a_max_pool() -> None:
    net = Net([32, 32, 3])
    x = net.add("ZeroPadding2D", net.input, padding=[[1, 1], [1, 1]])
    x = net.add("MaxPooling2D", x, pool_size=[3, 3])
    text = import_document(net.document(x), "net.keras").text
    assert "pad(1)" in text


# --- the proof --------------------------------------------------------------------------------------------------------


PROVED = """model Net() :: [32, 32, 3] -> [16, 16, 16] {
  conv(16, stride=2, bias=false) -> batch_norm(eps=0.001, momentum=0.99) -> relu as a
  -> conv(16, bias=false) -> batch_norm(eps=0.001, momentum=0.99) -> subtract { a, id }
}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("eps=0.001", "eps=0.002"),
        ("stride=2", "stride=2, pad=1"),
        ("-> conv(16, bias=false)", "-> conv(16)"),
        ("relu as a", "relu6 as a"),
        ("relu as a\n", "id as a\n"),
        ("subtract { a, id }", "subtract { id, a }"),
        ("subtract { a, id }", "add { a, id }"),
        ("conv(16, bias=false)", "conv(16, k=5, bias=false)"),
    ],
)
def test_another_graph_is_not_proved(old: str, new: str) -> None:
    net = Net([32, 32, 3])
    a = net.add("ReLU", conv_norm(net, net.input, 16, stride=2, name="a"))
    b = conv_norm(net, a, 16, name="b")
    document = net.document(net.add("Subtract", a, b))
    source = rewritten(read(document, "net"))
    order = written(source, "net").order
    assert pairs(source, order, archdsl.load_text(PROVED).graph)[1] == []
    assert old in PROVED
    assert pairs(source, order, archdsl.load_text(PROVED.replace(old, new)).graph)[1]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_every_layer_without_counterpart_is_listed() -> None:
    net = Net([32, 32, 3])
    x = net.add("Lambda", net.input, name="first", function="import os")
    x = net.add("ReLU", x)
    x = net.add("Mystery", x, name="second")
    x = net.add("Conv2D", x, name="third", filters=0, kernel_size=[3, 3])
    with pytest.raises(Unreadable) as caught:
        import_document(net.document(x), "net.keras")
    assert [(problem.place, problem.kind) for problem in caught.value.problems] == [
        ("first", "Lambda"),
        ("second", "Mystery"),
    ]


def test_an_activation_that_is_used_twice_is_two() -> None:
    net = Net([8, 8, 3])
    a = net.add("ReLU", net.input)
    b = net.add("Conv2D", a, filters=3, kernel_size=[3, 3])
    assert len(import_document(net.document(net.again(a, b)), "net.keras").graph) == 3


def test_the_command(tmp_path: Path) -> None:
    file, out = saved(tmp_path, residual([2, 2], [8, 16])), tmp_path / "net.arch"
    run = partial(CliRunner().invoke, cli)
    assert run(["import", str(file)]).stdout == import_file(str(file)).text
    assert "from std" in run(["import", str(file)]).stdout
    assert "from std" not in run(["import", str(file), "--std", "off"]).stdout
    assert run(["import", str(file), "-o", str(out)]).exit_code == 0
    assert out.read_text(encoding="utf-8") == import_file(str(file)).text
    out.unlink()
    assert run(["import", str(file), "-o", str(out), "--weights", str(tmp_path / "w.safetensors")]).exit_code == 2
    assert not out.exists(), "the file has no weights, so there is no spec either"
    net = Net([8, 8, 3])
    bad = saved(tmp_path, net.document(net.add("Mystery", net.input, name="x\x1b[31m")), "bad.keras")
    result = run(["import", str(bad), "-o", str(out)])
    assert (result.exit_code, out.exists()) == (1, False)
    assert "(Mystery): there is no such layer in the language" in result.stderr
    assert "\x1b" not in result.stderr
    assert run(["import", str(tmp_path / "none.keras")]).exit_code == 2
    assert run(["import", str(file), "-o", str(file)]).exit_code == 2


def _cycle() -> dict[str, Any]:
    net = Net([8, 8, 3])
    a = net.add("ReLU", ("relu_3", 0, 0), name="relu_2")
    return net.document(net.add("ReLU", a, name="relu_3"))


def _shape(shape: list[Any]) -> dict[str, Any]:
    net = Net([8, 8, 3])
    net.layers[0]["config"]["batch_shape"] = shape
    return net.document(net.add("Conv2D", net.input, filters=3, kernel_size=[3, 3]))


def _argument(**changes: Any) -> dict[str, Any]:
    net = Net([8, 8, 3])
    config: dict[str, Any] = {"filters": 3, "kernel_size": [3, 3]} | changes
    return net.document(net.add("Conv2D", net.input, **config))


def _of(**changes: Any) -> dict[str, Any]:
    document = residual([1], [8])
    return document | changes


def _many(count: int) -> dict[str, Any]:
    net = Net([8])
    *_, last = chain(net, net.input, count)
    return net.document(last)


def _nested(depth: int) -> dict[str, Any]:
    """Models within models."""
    inner = Net([8])
    document = inner.document(inner.add("ReLU", inner.input))
    for _ in range(depth):
        net = Net([8])
        x = net.add("Functional", net.input, name="within")
        net.layers[-1]["config"] = document["config"]
        document = net.document(x)
    return document


def _itself() -> dict[str, Any]:
    """Each layer joins what the one before made with itself: paths double with each of them."""
    net = Net([8])
    x = net.input
    for _ in range(60):
        x = net.add("Add", net.add("ReLU", x), net.add("Mystery", x))
    return net.document(x)


def test_units_that_begin_at_one_of_several_inputs_are_residual() -> None:
    net = Net([8, 8, 4])
    other = net.feed("other", [8, 8, 4])

    def unit(x: Any) -> Any:
        conv = net.add("Conv2D", x, filters=4, kernel_size=[3, 3])
        return net.add("Add", x, net.add("ReLU", conv))

    found = import_document(net.document(net.add("Concatenate", unit(unit(net.input)), unit(other))), "net")
    assert found.text.count("residual {") == 2
    assert "add(" not in found.text


HOSTILE: dict[str, Any] = {
    "no archive": b"PK not at all",
    "no JSON": archive("{"),
    "deep JSON": archive('{"config": ' + "[" * 100_000),
    "digits": archive('{"config": {"a": ' + "9" * 10_000 + "}}"),
    "nan": archive('{"config": {"a": NaN}}'),
    "a list": archive([]),
    "subclassed": archive({"class_name": "MyModel", "config": {"layers": []}}),
    "cycle": archive(_cycle()),
    "no outputs": archive(_of(config={"layers": [], "input_layers": [], "output_layers": []})),
    "layers of numbers": archive(_of(config={"layers": [1, 2], "input_layers": [["a", 0, 0]], "output_layers": 3})),
    "bomb": archive(" " * (70 * 2**20)),
    "many layers": archive(_many(30_000)),
    "models within models": archive(_nested(40)),
    "paths that double": archive(_itself()),
    "shapes of words": archive(_shape(["x", 3])),
    "huge shapes": archive(_shape([None, 2**70, 2**70, 3, 3, 3, 3, 3])),
    "negative": archive(_shape([None, -1, 8, 3])),
    "arguments of another type": archive(_argument(filters={"a": 1})),
    "endless filters": archive(_argument(filters=10**60)),
    "a kernel of words": archive(_argument(kernel_size="3")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_an_error_soon(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(HOSTILE[name])
    start = time.process_time()
    with pytest.raises(Unreadable):
        import_file(str(path))
    assert time.process_time() - start < patience(2)


def test_names_with_markup_do_no_harm(tmp_path: Path) -> None:
    net = Net([8, 8, 3], name='"} model Evil() {\n')
    a = net.add("ReLU", net.input, name='x" -> \x1b[31m }')
    b = net.add("Conv2D", a, name="</script>", filters=3, kernel_size=[3, 3])
    c = net.add("Conv2D", b, name="# no", filters=3, kernel_size=[3, 3])
    x = net.add("Add", net.add("Add", c, a), b)
    found = import_file(str(saved(tmp_path, net.document(x))))
    assert "\x1b" not in found.text
    assert fingerprint(archdsl.load_text(found.text).graph) == fingerprint(found.graph)


def test_long_chains_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        net = Net([8])
        *_, last = chain(net, net.input, count)
        document = net.document(last)
        start = time.process_time()
        import_document(document, "net")
        return time.process_time() - start

    seconds(50)
    assert seconds(1200) < 12 * max(seconds(300), 0.05)


def test_no_keras_is_loaded() -> None:
    import subprocess

    code = "import sys, archdsl.intake.files; print([m for m in ('keras', 'numpy', 'h5py') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# --- weights ----------------------------------------------------------------------------------------------------------


def test_weights_are_carried_by_name() -> None:
    import numpy as np

    from archdsl.intake.weights import carried
    from archdsl.weights import Weights, WeightsError, expected
    from archdsl.weights.arrays import in_memory

    found = import_document(residual([1, 2], [4, 8]), "net.keras")
    shapes = {
        f"{found.layers[key.partition('/')[0]]}/{weight.name}": weight.shape
        for key, weight in expected(found.graph).items()
    }
    assert "stage1_block0_skip_conv/kernel" in shapes
    arrays = {key: np.full(shape, i) * 1.0 for i, (key, shape) in enumerate(shapes.items())}
    source = Weights("net.keras", in_memory(arrays))
    made = carried(found, source)
    assert made.keys() == expected(found.graph).keys()
    ours = {key: f"{found.layers[key.partition('/')[0]]}/{key.partition('/')[2]}" for key in made}
    assert all((made[key].read() == arrays[theirs]).all() for key, theirs in ours.items())
    for broken in (
        {key: array for key, array in arrays.items() if key != "head/bias"},
        arrays | {"other/kernel": np.zeros(3)},
        arrays | {"head/bias": np.zeros(3)},
    ):
        with pytest.raises(WeightsError):
            carried(found, replace(source, arrays=in_memory(broken)))


@pytest.mark.parametrize("name", sorted({*tables.load().keywords, *FUNCTIONS, *KINDS, *TYPES}))
def test_layers_may_have_the_names_of_the_language(name: str) -> None:
    """Whatever words the language has, a value of such a name is imported under another one."""
    net = Net([8])
    a = net.add("Dense", net.input, units=8)
    b = net.add("Dense", a, units=8)
    c = net.add("Dense", b, name=name, units=8)
    d = net.add("Dense", c, units=8)
    joined = net.add("Add", net.add("Add", b, d), c)
    found = import_document(net.document(net.add("Concatenate", a, joined, d, c)), "net")
    assert fingerprint(archdsl.load_text(found.text).graph) == fingerprint(found.graph)
    assert not re.search(rf" as {name}$", found.text, re.MULTILINE)
