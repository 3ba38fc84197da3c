"""Structure beyond chains of joins: skips of a U-Net, values taken everywhere, shared heads, maps that are exchanged."""

from __future__ import annotations

from typing import Any

import pytest

import archdsl
from archdsl.graph.fingerprint import fingerprint
from archdsl.intake.dominators import Cuts, Dominators, Tree, post_dominators
from archdsl.intake.files import import_document
from archdsl.intake.flat import FlatGraph
from archdsl.intake.imported import Imported
from archdsl.intake.keras.walk import read as walk
from archdsl.intake.landmarks import landmarks
from archdsl.intake.names import distinct
from archdsl.intake.rewrites import rewritten
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
        for x in maps:
            for i, filters in enumerate((8, 8, 8, width)):
                if len(first) <= i:
                    made = net.add("Conv2D", x, filters=filters, kernel_size=[3, 3], name=f"{head}_head_conv{i}")
                    first.append(made)
                else:
                    made = net.again(first[i], x)
                x = net.add("ReLU", made) if i < 3 else made
            found.append(net.add("Reshape", x, target_shape=[-1, width]))
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
    assert [f"as down{level}" in found.text for level in range(4)] == [True] * 4
    assert found.text.count("concat(") + found.text.count("(down") >= 4
    assert not landmarks(flat(u_net())).values
    assert len(landmarks(flat(u_net())).skips) == 4


def test_two_skips_within_one_another_are_branches() -> None:
    assert not landmarks(flat(u_net(2)))


def test_a_value_that_is_taken_everywhere_is_named_first() -> None:
    found = read(conditioned())
    assert landmarks(flat(conditioned())).values == {"embedding"}
    assert "{ time -> dense(16) } as embedding" in found.text
    assert found.text.count("residual") == 1, "all rounds are of one form"
    assert "repeat 4" in found.text


def test_heads_that_share_their_weights() -> None:
    found = read(heads())
    assert "shared class_head = Head(5)\n  shared box_head = Head(4)\n" in found.text
    assert found.text.count("conv(8)") == 1
    assert len({node.layer for node in found.graph if node.op.name == "conv"}) == 2 + 8
    other = found.text.replace("-> box_head", "-> class_head", 1)
    with pytest.raises(archdsl.ArchError):
        archdsl.load_text(other)


def test_a_block_that_gives_several_values() -> None:
    found = read(exchange())
    assert "ports {" in found.text
    again = import_document(exchange(), "net.keras")
    assert again.text == found.text
    swapped = found.text.replace(".act, ", ".act2, ", 1)
    assert swapped != found.text


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
