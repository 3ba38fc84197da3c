"""Structure beyond chains: skips of a U-Net, values taken everywhere, shared heads, maps that are exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import archdsl
from archdsl.difference.match import owner
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.dominators import Cuts, Dominators, Tree, post_dominators
from archdsl.intake.files import import_document
from archdsl.intake.flat import Flat, FlatGraph
from archdsl.intake.flow import Step
from archdsl.intake.imported import Imported
from archdsl.intake.keras.walk import read as walk
from archdsl.intake.landmarks import landmarks
from archdsl.intake.library.place import Place
from archdsl.intake.names import distinct
from archdsl.intake.rewrites import rewritten
from archdsl.ops.convolution import Conv
from tests.unit.intake.configs import Net, Tensor, conv_norm


def unit(net: Net, x: Tensor, width: int, name: str) -> Tensor:
    return net.add("ReLU", conv_norm(net, x, width, name=name), name=f"{name}_act")


def u_net(levels: int = 4) -> dict[str, Any]:
    """Maps of all levels on the way down, joined with those of their size on the way up."""
    net = Net([32, 32, 3])
    x = net.input
    skips = []
    for level in range(levels):
        x = unit(net, x, 8 * 2**level, f"down{level}")
        skips.append(x)
        x = net.add("MaxPooling2D", x)
    x = unit(net, x, 8 * 2**levels, "mid")
    for level in reversed(range(levels)):
        x = net.add("UpSampling2D", x, size=[2, 2], data_format="channels_last", interpolation="nearest")
        x = unit(net, net.add("Concatenate", x, skips[level]), 8 * 2**level, f"up{level}")
    return net.document(x)


def conditioned(count: int = 4) -> dict[str, Any]:
    """Residual blocks of which each adds what it learns of a second input."""
    net = Net([8, 8, 8])
    time = net.add("Dense", net.feed("time", [4]), units=16, name="embedding")
    x = net.input
    for i in range(count):
        shift = net.add("Dense", net.add("ReLU", time), units=8, name=f"unit{i}_time")
        shift = net.add("Reshape", shift, target_shape=[1, 1, 8])
        y = net.add("Add", conv_norm(net, x, 8, name=f"unit{i}_1"), shift)
        y = conv_norm(net, net.add("ReLU", y), 8, name=f"unit{i}_2")
        x = net.add("Add", x, y, name=f"unit{i}_add")
    return net.document(x)


def heads() -> dict[str, Any]:
    """Two heads, each of which is used on two maps."""
    net = Net([16, 16, 3])
    maps = [unit(net, net.input, 8, "p3")]
    maps.append(net.add("ReLU", conv_norm(net, maps[0], 8, stride=2, name="p4")))
    outputs = []
    for head, width in (("class", 5), ("box", 4)):
        first: list[Tensor] = []
        found = []
        for each in maps:
            made = each
            for i, filters in enumerate((8, 8, 8, width)):
                x = net.add("ReLU", made) if i else made
                if len(first) <= i:
                    first.append(net.add("Conv2D", x, filters=filters, kernel_size=[3, 3], name=f"{head}_head_conv{i}"))
                    made = first[i]
                else:
                    made = net.again(first[i], x)
            found.append(net.add("Reshape", made, target_shape=[-1, width]))
        outputs.append(net.add("Concatenate", *found, axis=1))
    return net.document(*outputs)


def exchange(rounds: int = 4) -> dict[str, Any]:
    """Maps of two sizes, each of which hears of the other in every round."""
    net = Net([16, 16, 3])
    high = unit(net, net.input, 8, "enter_high")
    low = net.add("ReLU", conv_norm(net, high, 16, stride=2, name="enter_low"))
    for i in range(rounds):
        up = conv_norm(net, low, 8, k=1, name=f"stage{i}_up")
        up = net.add("UpSampling2D", up, size=[2, 2], data_format="channels_last", interpolation="nearest")
        down = conv_norm(net, high, 16, stride=2, name=f"stage{i}_down")
        own = conv_norm(net, high, 8, name=f"stage{i}_high"), conv_norm(net, low, 16, name=f"stage{i}_low")
        high = net.add("ReLU", net.add("Add", own[0], up), name=f"stage{i}_high_act")
        low = net.add("ReLU", net.add("Add", own[1], down), name=f"stage{i}_low_act")
    x = net.add("Concatenate", net.add("GlobalAveragePooling2D", high), net.add("GlobalAveragePooling2D", low))
    return net.document(net.add("Dense", x, units=10))


def read(document: Any) -> Imported:
    found = import_document(document, "net.keras")
    assert fingerprint(archdsl.load_text(found.text).graph) == fingerprint(found.graph)
    return found


def flat(document: Any) -> FlatGraph:
    return rewritten(walk(document, "net"))


def test_skips_of_a_u_net_have_names() -> None:
    found = read(u_net())
    for level in range(4):
        assert f"as down{level}\n" in found.text
        assert f"concat(down{level})" in found.text
    assert not landmarks(flat(u_net())).values
    assert len(landmarks(flat(u_net())).skips) == 4


def test_two_skips_within_one_another_are_branches() -> None:
    assert not landmarks(flat(u_net(2)))


def test_a_value_that_is_taken_everywhere_is_named_first() -> None:
    assert landmarks(flat(conditioned())).values == {"embedding"}
    found = read(conditioned())
    assert "{ time -> dense(16) } as embedding_" in found.text
    assert "{ image -> Residual(embedding_) }\n  -> repeat 3 { Residual(embedding_) }" in found.text


def test_heads_that_share_their_weights() -> None:
    found = read(heads())
    assert "shared class_head = Head(5)\n  shared box_head = Head(4)\n" in found.text
    assert "repeat 3 { conv(8) -> relu }" in found.text
    owners = {owner(found.graph, node) for node in found.graph if node.op.name == "conv"}
    assert len(owners) == 2 + 8


def test_heads_with_other_weights_are_not_shared() -> None:
    net = Net([8, 8, 8])
    first = net.add("Conv2D", net.input, filters=8, kernel_size=[3, 3])
    second = net.again(first, net.add("ReLU", first))
    found = read(net.document(net.add("Conv2D", second, filters=8, kernel_size=[3, 3])))
    assert "shared" in found.text
    assert "block" not in found.text


def test_a_block_that_gives_several_values() -> None:
    found = read(exchange())
    assert "(enter, b=relu_7) as stage0" in found.text
    assert "(stage0.high, b=stage0.low) as stage1" in found.text
    assert "(stage1.high, b=stage1.low) as stage2" in found.text
    assert "ports { high: high  low: low }" in found.text


def test_values_that_change_places_make_another_graph() -> None:
    """What a block gives is compared node for node."""
    found = read(exchange())
    old = "AddRelu(stage2.high, b=stage2.low) -> global_avg_pool"
    assert old in found.text
    same = found.text.replace(old, old.replace("-> global", "-> id -> global"))
    other = found.text.replace("AddRelu(stage1.high, b=stage1.low)", "AddRelu(stage0.high, b=stage1.low)")
    assert fingerprint(archdsl.load_text(same).graph) == fingerprint(found.graph)
    assert fingerprint(archdsl.load_text(other).graph) != fingerprint(found.graph)


@pytest.mark.parametrize("document", [u_net, conditioned, heads, exchange])
def test_texts_are_the_same_each_time(document: Callable[[], Any]) -> None:
    assert import_document(document(), "net.keras").text == import_document(document(), "net.keras").text


def test_values_of_places_that_begin_with_a_name() -> None:
    """A call of the library is compared with the shape of the value that its flow begins with."""
    other = Step(Flat("conv", Conv(filters=4), ("kept",), (8, 8, 4), "conv"))
    assert Place([Step(refers="kept"), other], 1, "came").value == "kept"
    assert Place([Step(nested=[Step(refers="kept"), other]), other], 1, "came").value == "conv"
    assert Place([other], 0, "came").value == "came"


def test_dominators_with_values_that_are_cut_off() -> None:
    graph = flat(conditioned(2))
    last = next(reversed(graph.nodes))
    assert Dominators(graph).above[last] is None
    assert Dominators(graph, Cuts(frozenset({"embedding"}))).above[last] == "unit0_add"


def test_post_dominators() -> None:
    graph = flat(conditioned(2))
    found = post_dominators(graph, ())
    assert found["unit0_add"] == "unit1_add"
    assert found[next(reversed(graph.nodes))] is None
    assert post_dominators(graph, {"unit0_add"})["image"] == "unit0_add"


def test_the_nearest_common_ancestor() -> None:
    tree = Tree()
    for name, above in (("a", None), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "d")):
        tree.add(name, above)
    assert tree.nearest(["c", "e"]) == "b"
    assert tree.nearest(["b", "e"]) == "b"
    assert tree.is_below("e", "a")
    assert not tree.is_below("c", "d")


@pytest.mark.parametrize(
    ("name", "said"),
    [("c3_block_2_act", "c3"), ("p_p3_conv", "p_p3"), ("conv_1", "conv_1"), ("alone", "alone")],
)
def test_names_of_values_are_as_short_as_they_can_be(name: str, said: str) -> None:
    assert distinct(name, ["c3_block_2_act", "p_p3_conv", "p_p4_conv", "conv_1", "alone"]) == said
