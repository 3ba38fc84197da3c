"""Graphs survive being written and read, and nothing else passes for one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.api import load_text
from archdsl.graph.dims import Sym
from archdsl.graph.json import MAX_NESTING, MAX_SIZES, GraphError, from_json, json_schema, to_json
from archdsl.graph.text import to_text
from archdsl.ops.call import Call
from archdsl.ops.init import Init
from tests.unit.graph.build import Builder, op, resnet, tower

ROOT = Path(__file__).parents[3]
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.text(st.characters().filter(lambda c: c.isprintable() and c != "/"), min_size=1, max_size=8)
sizes = st.one_of(st.integers(8, 64), st.sampled_from(["h", "h*w/4 + 1", "?1"]).map(Sym.parse))
inits = st.one_of(
    st.none(),
    st.sampled_from([Init(kind="he_normal"), Init(kind="truncated_normal", values=(0.02,))]),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda v: Init(kind="constant", values=(v,))),
)


@given(st.data())
def test_reads_back_what_it_wrote(data: st.DataObject) -> None:
    b = Builder(data.draw(names), image=(data.draw(sizes), data.draw(sizes), data.draw(st.integers(1, 4))))
    x = "image"
    for i in range(data.draw(st.integers(0, 3))):
        with b.block(f"{i}{data.draw(names)}", Call(f"B{data.draw(names)}"), doc=data.draw(text)):
            k = data.draw(st.sampled_from([1, 3, (3, 1)]))
            pad = data.draw(st.sampled_from(["same", 1, (1, (0, 2))]))
            init = data.draw(inits)
            x = b(x, op("conv", filters=data.draw(st.integers(1, 9)), k=k, pad=pad, init=init), name=data.draw(names))
    graph = b.graph(**{data.draw(names): x})
    written = to_json(graph)
    assert from_json(written) == graph
    assert to_json(from_json(written)) == written


def test_examples_read_back() -> None:
    for graph in (resnet((1, 1)), tower(), tower(Sym.named("h"))):
        assert from_json(to_json(graph)) == graph


def test_one_line_a_node() -> None:
    lines = to_json(tower()).splitlines()
    assert len([line for line in lines if '"op":' in line]) == 4
    assert lines[:3] == ["{", '"schema": "archdsl-graph",', '"version": 3,']


def changed(path: str, value: Any) -> str:
    """The tower as JSON with one value replaced: ``nodes.0.op.filters``."""
    document = json.loads(to_json(tower()))
    *parents, last = [int(key) if key.isdecimal() else key for key in path.split(".")]
    target = document
    for key in parents:
        target = target[key]
    target[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", "other", 'not a graph: `"schema": "archdsl-graph"` is missing'),
        ("version", 1, "version 1 of the form; this archdsl reads version 3"),
        ("version", True, "version true of the form; this archdsl reads version 3"),
        ("extra", 1, "extra: extra inputs are not permitted"),
        ("nodes", None, "nodes: input should be a valid array"),
        ("nodes.0.op.op", "convv", "nodes[0].op: no op is called 'convv'"),
        ("nodes.0.op.op", [], "nodes[0].op: no op is called []"),
        ("nodes.0.op", "conv", "nodes[0].op: input should be an object"),
        ("nodes.0.op.filters", 0, "nodes[0].op.filters: input should be greater than 0"),
        ("nodes.0.op.filters", "8", "nodes[0].op.filters: input should be a valid integer"),
        ("nodes.0.op.filters", True, "nodes[0].op.filters: input should be a valid integer"),
        ("nodes.0.op.colour", "red", "nodes[0].op.colour: extra inputs are not permitted"),
        ("nodes.0.op.init", {"kind": "magic"}, "nodes[0].op.init.kind: one of zeros, ones"),
        ("nodes.0.shape", [16, 16, 9], "features.conv is stated to be [16, 16, 9] and is [16, 16, 8]"),
        ("nodes.0.shape", [16, 16, "8"], "nodes[0].shape[2]"),
        ("nodes.0.shape", [16, "h h", 8], "not a dimension: 'h h'"),
        ("nodes.0.shape", [16, "h", 8], "features.conv is stated to be [16, h, 8] and is [16, 16, 8]"),
        ("nodes.0.inputs", [], "features.conv: `conv` takes 1 to 2 inputs, not 0"),
        ("nodes.0.inputs", ["left", "left"], "features.conv: `conv` needs a kernel [3, 3, 3, 8], not [32, 32, 3]"),
        ("nodes.0.inputs", ["deep.1"], "the nodes form a cycle: features.conv -> deep.0 -> deep.1 -> features.conv"),
        ("nodes.0.inputs", ["nowhere"], "features.conv uses nowhere before it is defined"),
        ("nodes.0.instance", 9, "features.conv: there is no instance 9"),
        ("nodes.0.layer", "x", "features.conv: x owns no weights"),
        ("nodes.3.layer", "deep.0", "deep.1: it shares the weights of deep.0, which is another op"),
        ("nodes.1.path", "features.conv", "two nodes are called features.conv"),
        ("inputs.0.shape", [0, 32, 3], "input left: every dimension must be 1 or more"),
        ("inputs.0.node", "right", "input left: its node must be its own name, not right"),
        ("inputs.0.shape", [5], "features.conv: `conv` needs a tensor [l, c], [h, w, c] or [d, h, w, c], not [5]"),
        (
            "inputs.0.shape",
            [32, 32, "c"],
            "features.conv: `conv` needs the channels as a number, and `c` is known only",
        ),
        ("outputs.0.shape", [1], "deep is stated to be [1] and is [16, 16, 4]"),
        ("outputs.0.node", "x", "output deep is x, which does not exist"),
        ("outputs.1.name", "deep", "two outputs have the same name"),
        ("instances", [], "instances[0] must be the model itself"),
        ("instances.1.parent", 2, "instances[1]: its parent must come before it"),
        ("instances.1.parent", None, "instances[1]: its parent must come before it"),
    ],
)
def test_says_what_is_wrong(path: str, value: Any, message: str) -> None:
    with pytest.raises(GraphError) as caught:
        from_json(changed(path, value))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "not JSON: expecting value at line 1, column 1"),
        ("[]", "not a graph"),
        ("{", "not JSON"),
        ('{"schema": "archdsl-graph", "version": NaN}', "not JSON: NaN is no finite number"),
        ('{"schema": "archdsl-graph", "version": 1e999}', "not JSON: 1e999 is no finite number"),
        ('{"schema": "archdsl-graph", "version": ' + "9" * 5000 + "}", "not JSON"),
        ('{"schema": "archdsl-graph", "version": ' + "9" * 400 + "}", "a number of 400 digits is too large"),
        ('{"version": 2, "version": 1}', "not JSON: 'version' is given twice"),
        ("[" * 100_000, "not JSON"),
        (changed("nodes.0.path", "\ud800"), "not JSON: a string holds half of a surrogate pair"),
    ],
)
def test_refuses_what_is_no_graph(written: str, message: str) -> None:
    with pytest.raises(GraphError) as caught:
        from_json(written)
    assert message in str(caught.value)


def test_refuses_instances_nested_without_end() -> None:
    document = json.loads(to_json(tower()))
    group = document["instances"][-1]
    document["instances"] += [group | {"parent": len(document["instances"]) + i - 1} for i in range(MAX_NESTING + 1)]
    with pytest.raises(GraphError, match="nested"):
        from_json(json.dumps(document))


def test_refuses_more_run_time_sizes_than_sums_should_have() -> None:
    document = json.loads(to_json(tower()))
    inputs = document["inputs"]
    port = inputs[0]
    names = [f"in{i}" for i in range(MAX_SIZES + 1)]
    document["inputs"] = inputs + [port | {"name": name, "node": name, "shape": [f"s{name}"]} for name in names]
    with pytest.raises(GraphError, match=f"{MAX_SIZES + 1} run-time sizes; {MAX_SIZES} are allowed"):
        from_json(json.dumps(document))
    sums = " + ".join(names[:11])
    document["inputs"] = [*inputs, port | {"name": "x", "node": "x", "shape": [sums, sums]}]
    with pytest.raises(GraphError, match="x: a shape of 121 terms; 100 are allowed"):
        from_json(json.dumps(document))


def test_many_problems_are_counted() -> None:
    document = json.loads(to_json(tower()))
    document["instances"] = [{}] * 5
    with pytest.raises(GraphError) as caught:
        from_json(json.dumps(document))
    assert len(caught.value.problems) > 10
    assert str(caught.value).endswith(f"and {len(caught.value.problems) - 10} more")


def test_published_schema_is_up_to_date() -> None:
    published = (ROOT / "docs" / "graph.schema.json").read_text(encoding="utf-8")
    assert published == json_schema(), "run `python -m archdsl.graph.json > docs/graph.schema.json`"


def test_calls_lose_no_digits() -> None:
    text = (
        "block Unit(eps: float, act: op = relu) :: [n, c] -> [n, c] {\n"
        "  layer_norm(eps=eps) -> dense(c, init=truncated_normal(0.0123456789), l2=1e-05) -> act\n}\n"
        "model M() :: [4, 8] -> [4, 8] { Unit(0.00001234567890123, act=leaky_relu(0.1 + 0.2)) }"
    )
    graph = load_text(text).graph
    again = from_json(to_json(graph))
    assert again == graph
    (unit,) = (instance.call for instance in again.instances if instance.block == "Unit")
    assert str(unit) == "Unit(1.234567890123e-5, act=leaky_relu(0.30000000000000004))"
    assert "init=truncated_normal(0.0123456789, 0.0), l2=1e-5)" in to_text(graph)
