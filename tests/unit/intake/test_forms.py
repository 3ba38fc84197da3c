"""What models have beside chains of layers: several inputs and outputs, shared weights, tensors as arguments."""

from __future__ import annotations

from typing import Any

import pytest

import archdsl
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_document
from archdsl.intake.imported import Imported
from tests.unit.intake.configs import Net, Tensor, conv_norm


def read(document: Any) -> Imported:
    found = import_document(document, "net.keras")
    again = archdsl.load_text(found.text)
    assert fingerprint(again.graph) == fingerprint(found.graph)
    return found


def test_several_inputs_and_outputs() -> None:
    net = Net([16, 16, 3])
    mask = net.feed("mask-in", [16, 16, 1])
    x = net.add("ReLU", net.add("Multiply", conv_norm(net, net.input, 8, name="a"), mask))
    x = net.add("GlobalAveragePooling2D", x)
    document = net.document(net.add("Dense", x, units=5), net.add("Dense", x, units=4, activation="sigmoid"))
    document["config"]["output_layers"] = dict(
        zip(("logits", "boxes"), document["config"]["output_layers"], strict=True)
    )
    found = read(document)
    assert "(image: [16, 16, 3], mask_in: [16, 16, 1]) -> (logits: [5], boxes: [4])" in found.text
    assert [port.name for port in found.graph.outputs] == ["logits", "boxes"]


def test_an_output_on_the_way_to_another_one() -> None:
    net = Net([8, 8, 3])
    a = net.add("ReLU", net.input)
    found = read(net.document(a, net.add("Conv2D", a, filters=4, kernel_size=[3, 3])))
    assert [port.shape for port in found.graph.outputs] == [(8, 8, 3), (8, 8, 4)]


def _tower(net: Net, x: Tensor) -> Tensor:
    x = net.add("Conv2D", x, filters=4, kernel_size=[3, 3], name="conv")
    return net.add("GlobalAveragePooling2D", net.add("ReLU", x))


def test_weights_that_are_used_twice() -> None:
    net = Net([8, 8, 3])
    other = net.feed("other", [8, 8, 3])
    left = _tower(net, net.input)
    right = net.add("GlobalAveragePooling2D", net.add("ReLU", net.again(("conv", 0, 0), other)))
    found = read(net.document(net.add("Subtract", left, right)))
    assert "shared conv_ = conv(4)" in found.text
    assert len({node.layer for node in found.graph if node.op.name == "conv"}) == 1
    assert found.layers[next(node.path for node in found.graph if node.op.name == "conv")] == "conv"


def test_other_weights_are_not_proved() -> None:
    """Two uses of one layer are not two layers, though all else is equal."""
    from archdsl.intake.flow import written
    from archdsl.intake.keras.walk import read as walk
    from archdsl.intake.proof import pairs
    from archdsl.intake.rewrites import rewritten

    net = Net([8, 8, 3])
    a = net.add("Conv2D", net.input, filters=3, kernel_size=[3, 3], name="twice")
    source = rewritten(walk(net.document(net.again(a, a)), "net"))
    order = written(source, "net").order
    shared = "model Net() :: [8, 8, 3] -> [8, 8, 3] {\n  shared twice = conv(3)\n\n  twice -> twice\n}\n"
    assert not pairs(source, order, archdsl.load_text(shared).graph)[1]
    apart = "model Net() :: [8, 8, 3] -> [8, 8, 3] { conv(3) -> conv(3) }\n"
    assert pairs(source, order, archdsl.load_text(apart).graph)[1]


def test_a_model_within_that_is_used_twice() -> None:
    inner = Net([8, 8, 3], "tower")
    body = inner.document(_tower(inner, inner.input))
    net = Net([8, 8, 3])
    other = net.feed("other", [8, 8, 3])
    left = net.add("Functional", net.input, name="tower")
    net.layers[-1]["config"] = body["config"]
    found = read(net.document(net.add("Concatenate", left, net.again(left, other))))
    assert len({node.layer for node in found.graph if node.op.name == "conv"}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "attention(2)"),
        ({"key_dim": 4}, "attention(2, key_dim=4)"),
        ({"dropout": 0.1, "use_bias": False}, "attention(2, bias=false, dropout=0.1)"),
        ({"output_shape": [6]}, "attention(2, units=6)"),
    ],
)
def test_attention(arguments: dict[str, Any], said: str) -> None:
    net = Net([10, 16])
    config = {"num_heads": 2, "key_dim": 8, "use_bias": True, "dropout": 0.0, "attention_axes": [1]} | arguments
    config.setdefault("value_dim", config["key_dim"])
    x = net.call("MultiHeadAttention", net.input, net.input, config=config)
    assert said in read(net.document(x)).text


def test_attention_to_another_tensor() -> None:
    net = Net([10, 16])
    context = net.feed("context", [7, 16])
    config = {"num_heads": 2, "key_dim": 8, "value_dim": 8, "use_bias": True, "dropout": 0.0, "attention_axes": [1]}
    x = net.call("MultiHeadAttention", net.input, context, config=config, key=context)
    assert "attention(2, context=context)" in read(net.document(x)).text


def test_masks_are_refused() -> None:
    net = Net([10, 16])
    config = {"num_heads": 2, "key_dim": 8, "value_dim": 8, "use_bias": True, "dropout": 0.0, "attention_axes": [1]}
    x = net.call("MultiHeadAttention", net.input, net.input, config=config, attention_mask=net.input)
    with pytest.raises(Unreadable, match="attention_mask has no counterpart"):
        read(net.document(x))


def test_a_kernel_that_is_computed() -> None:
    net = Net([8, 8, 4])
    x = net.input
    for i in range(3):
        kernel = net.add("archdsl>Parameter", net.input, size=[3, 3, 4, 4], regularizer=None)
        kernel = net.add("ops.Multiply", kernel)
        net.layers[-1]["inbound_nodes"] = [{"args": [{**_tensor(net.layers[-2]["name"])}, 0.5], "kwargs": {}}]
        x = net.add("archdsl>ConvWith", x, kernel, strides=[1, 1], padding="same", dilation_rate=[1, 1])
        x = net.add("archdsl>Bias", x, regularizer=None, name=f"bias{i}")
        x = net.add("ReLU", x)
    found = read(net.document(x))
    assert "kernel=kernel" in found.text
    assert found.text.count("parameter([3, 3, 4, 4])") == 1


def _tensor(name: str) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": None, "keras_history": [name, 0, 0]}}


def test_a_class_of_another_library_is_none_of_keras() -> None:
    net = Net([8, 8, 4])
    x = net.add("ReLU", net.input, name="theirs")
    net.layers[-1] |= {"module": "mylayers", "registered_name": "mine>ReLU"}
    with pytest.raises(Unreadable, match=r"theirs \(ReLU\): there is no such layer"):
        read(net.document(x))


def test_cells_that_take_the_last_two_states() -> None:
    """What a cell names for itself is its own; the state before the last is given to the block as a tensor."""
    net = Net([16, 16, 8])
    states = [net.input, conv_norm(net, net.input, 8, name="stem")]
    for i in range(5):
        now = net.add("ReLU", conv_norm(net, states[-1], 8, name=f"cell_{i}_now"))
        past = net.add("ReLU", conv_norm(net, states[-2], 8, name=f"cell_{i}_past"))
        a = net.add("Add", conv_norm(net, now, 8, name=f"cell_{i}_a"), past)
        b = net.add("Add", conv_norm(net, past, 8, name=f"cell_{i}_b"), now)
        joined = net.add("Concatenate", a, b, now, name=f"cell_{i}_out")
        states.append(net.add("Conv2D", joined, filters=8, kernel_size=[1, 1], name=f"cell_{i}_squeeze"))
    found = read(net.document(states[-1]))
    assert "tensor" in found.text
    assert found.text.count("concat {") <= 2
    assert len(found.text.splitlines()) < 70


def test_a_kernel_pads_in_one_way() -> None:
    """As PyTorch has it: by numbers where there is a stride, which without one are those of the rule."""
    net = Net([32, 32, 3])
    x = net.add("ZeroPadding2D", net.input, padding=[[1, 1], [1, 1]])
    x = net.add("Conv2D", x, filters=8, kernel_size=[3, 3], strides=[2, 2], padding="valid")
    x = net.add("Conv2D", x, filters=8, kernel_size=[3, 3])
    x = net.add("Conv2D", x, filters=8, kernel_size=[5, 5])
    text = read(net.document(x)).text
    assert "conv(8, stride=2, pad=1)" in text
    assert "-> conv(8, pad=1)" in text
    assert "conv(8, k=5)" in text


def test_a_bias_before_a_norm_is_said() -> None:
    net = Net([8, 8, 3])
    x = net.add("BatchNormalization", net.add("Conv2D", net.input, filters=8, kernel_size=[3, 3]))
    found = read(net.document(x))
    assert "conv(8, bias=true)" in found.text
    assert not archdsl.load_text(found.text).diagnostics


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ([{"start": None, "stop": None}, {"start": 2, "stop": 5}], "slice(2, stop=5, axis=0)"),
        ([{"start": None, "stop": None}, 0], "slice(0, axis=0, keepdims=false)"),
        ([..., {"start": None, "stop": 4}], "slice(0, stop=4)"),
    ],
)
def test_indices(index: list[Any], said: str) -> None:
    def item(of: Any) -> Any:
        if of is ...:
            return {"class_name": "__ellipsis__", "config": {}}
        return {"class_name": "__slice__", "config": {"step": None, **of}} if isinstance(of, dict) else of

    net = Net([10, 16])
    text = read(net.document(net.call("ops.GetItem", net.input, [*map(item, index)]))).text
    assert said in text
