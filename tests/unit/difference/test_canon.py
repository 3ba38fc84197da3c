"""One form for equal arguments, of every op that there is."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.difference.canon import canonical, is_same
from archdsl.ops.attention import Attention
from archdsl.ops.convolution import Conv
from archdsl.ops.init import Init
from archdsl.ops.pooling import AvgPool
from archdsl.ops.registry import OPS
from archdsl.ops.transposed import ConvTranspose


@pytest.mark.parametrize("name", OPS)
def test_every_op_has_one(name: str) -> None:
    shapes, _, line = OPS[name].example.partition(": ")
    ops = [node.op for node in archdsl.load_text(f"model Example :: {shapes} {{ {line} }}").graph]
    assert [canonical(op) for op in ops] == [canonical(op.model_copy()) for op in ops]


def test_what_is_the_same_on_some_maps() -> None:
    strided = Conv(filters=8, k=4, stride=4)
    assert is_same(strided, Conv(filters=8, k=4, stride=4, pad="valid"), ((8, 8, 3),))
    assert not is_same(strided, Conv(filters=8, k=4, stride=4, pad="valid"), ((9, 9, 3),))
    assert is_same(AvgPool(k=2), AvgPool(k=2, pad="valid"), ((8, 8, 3),))
    assert not is_same(AvgPool(k=2), AvgPool(k=2, pad="valid"), ((7, 8, 3),))
    assert is_same(strided, Conv(filters=8, k=4, stride=4, init=Init(kind="he_normal")), ((8, 8, 3),))
    assert not is_same(strided, Conv(filters=9, k=4, stride=4), ((8, 8, 3),))


def test_a_map_is_of_no_consequence_where_nothing_is_shifted() -> None:
    plain = Attention(heads=2, relative_position=(7, 7))
    mapped = plain.model_copy(update={"map": (14, 14), "shift": (0, 0)})
    assert canonical(plain) == canonical(mapped)
    shifted = [mapped.model_copy(update={"shift": 3, "map": (n, n)}) for n in (14, 28)]
    assert canonical(shifted[0]) != canonical(shifted[1])
    assert canonical(shifted[0]) == canonical(shifted[0].model_copy(update={"shift": (3, 3)}))


def test_padding_by_rule_is_that_by_numbers_where_the_stride_is_one() -> None:
    assert canonical(Conv(filters=8)) == canonical(Conv(filters=8, pad=1))
    assert canonical(Conv(filters=8, stride=2)) != canonical(Conv(filters=8, stride=2, pad=1))


def test_padding_of_a_transposed_convolution_is_another() -> None:
    """With a kernel of 2 and a stride of 3, "valid" gives ``3 * n`` elements, and 0 gives one less."""
    assert canonical(ConvTranspose(filters=8, k=2, stride=3, pad="valid")) != canonical(
        ConvTranspose(filters=8, k=2, stride=3, pad=0)
    )
    assert canonical(ConvTranspose(filters=8, k=2, stride=2)) == canonical(
        ConvTranspose(filters=8, k=(2, 2), stride=(2, 2))
    )
