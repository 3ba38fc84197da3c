"""What is shown of a value reads back as the same value, in the language's own parser."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from archdsl.compiler import Program
from archdsl.elaborate.op_arguments import make_op
from archdsl.elaborate.values import BlockRef, OpRef, show_value
from archdsl.ops.base import Op
from archdsl.ops.call import number
from archdsl.ops.init import KINDS, Init
from archdsl.ops.registry import OPS
from archdsl.ops.show import call, value
from archdsl.source import SourceFile, Span

FLOAT = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.one_of(st.booleans(), st.integers(-(2**255), 2**255), FLOAT, st.text())
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=12)


@st.composite
def inits(draw: st.DrawFn) -> Init:
    kind = draw(st.sampled_from(sorted(KINDS)))
    count = len(KINDS[kind])  # the language fills in those that are left out
    return Init(kind=kind, values=tuple(draw(st.lists(FLOAT, min_size=count, max_size=count))))


POSITIVE = st.integers(1, 10_000)
SIZES = st.one_of(POSITIVE, st.lists(POSITIVE, min_size=1, max_size=3).map(tuple))
OPS_WITH_ARGUMENTS: st.SearchStrategy[Op] = st.one_of(
    st.builds(
        OPS["conv"],
        filters=POSITIVE,
        k=SIZES,
        stride=SIZES,
        pad=st.one_of(st.sampled_from(["same", "valid"]), st.integers(0, 9)),
        bias=st.booleans(),
        l2=st.floats(0, 1e300),
        init=inits(),
        trainable=st.booleans(),
    ),
    st.builds(OPS["leaky_relu"], slope=st.floats(0, 1)),
    st.builds(OPS["batch_norm"], eps=st.floats(0, 1, exclude_min=True, exclude_max=True), momentum=st.floats(0, 1)),
    st.builds(OPS["flatten"], order=st.sampled_from(["hwc", "chw"])),
    st.builds(OPS["max_pool"], k=SIZES, stride=st.one_of(st.none(), SIZES)),
)
PROGRAM = """
block B(width: int, act: op = relu, note: str = "", rates: list[float] = [], on: bool = false) { conv(width) -> act }
"""


def read(text: str) -> Any:
    """The value of an expression; of one that is an op, the op."""
    program = Program(SourceFile("<text>", PROGRAM))
    line = SourceFile("<value>", f"let it = {text}")
    found = program.value(line)
    assert found is not None, (text, program.diagnostics)
    if isinstance(found.value, OpRef):
        return make_op(found.value, Span(line, 0, 0), {})
    return found.value


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types: 1 is neither true nor 1.0, and -0.0 is not 0.0."""
    return a == b and repr(a) == repr(b)


@given(VALUES)
def test_values(of: Any) -> None:
    assert same(read(value(of)), of)
    assert show_value(of) == value(of)


@given(FLOAT)
def test_numbers_are_as_short_as_they_can_be(of: float) -> None:
    assert len(number(of)) <= len(repr(of))
    assert same(float(number(of)), of)


@given(inits())
def test_initialisers(of: Init) -> None:
    found = read(value(of))
    assert same(found if isinstance(found, Init) else Init(kind=found.kind), of)


@given(OPS_WITH_ARGUMENTS)
def test_ops(op: Op) -> None:
    assert same(read(str(call(op))), op)
    assert call(read(call(op))) == call(op)


@given(POSITIVE, OPS_WITH_ARGUMENTS, st.text(), st.lists(FLOAT, max_size=3), st.booleans())
def test_calls_of_blocks(width: int, act: Op, note: str, rates: list[float], on: bool) -> None:
    text = f"B({width}, act={call(act)}, note={value(note)}, rates={value(rates)}, on={value(on)})"
    ref = read(text)
    assert isinstance(ref, BlockRef)
    assert same(ref.arguments["note"].value, note)
    assert same(ref.arguments["rates"].value, tuple(rates))
    again = read(show_value(ref))
    assert show_value(again) == show_value(ref)
    assert {k: repr(g.value) for k, g in again.arguments.items() if k != "act"} == {
        k: repr(g.value) for k, g in ref.arguments.items() if k != "act"
    }
    assert same(make_op(again.arguments["act"].value, ref.arguments["act"].span, {}), act)
