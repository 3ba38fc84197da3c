"""No arithmetic ends in a number that is not finite: a spec gets an error with a place, or a graph that JSON holds."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from archdsl import ArchError, check_text, load_text
from archdsl.compiler import NoFiles, Program
from archdsl.graph.json import from_json, to_json
from archdsl.limits import Limits
from archdsl.ops.init import Init
from archdsl.ops.registry import OPS
from archdsl.source import SourceFile

REPRODUCTION = """let xs = linspace(-1e308, 1e308, 3)
model M() :: [8] -> [8] { dense(8, init=normal(xs[0]), l2=xs[1]) -> local_response_norm(alpha=xs[2], k=xs[1]) }
"""
EXPRESSIONS = (
    *("linspace(-1e308, 1e308, 3)[1]", "linspace(0, 1.7e308, 3)[2]", "linspace(2 ** 200, 1.0, 2)[0]"),
    *("sum([1e308, 1e308])", "1e308 * 10", "-1e308 - 1e308", "1e308 // 1e-308", "1e308 % 1e-308", "1e308 / 1e-10"),
    *("2.0 ** 5000", "0.0 ** -1", "10.0 ** -400", "2 ** 250 * 1e300", "sqrt(1e308) * 1e200", "log2(1e-320)"),
    *("make_divisible(1e308, 8)", "round(1.7976931348623157e308, -5)", "[i * 1e308 for i in [1, 2]][1]"),
    *("10 ** 400", "10 ** 400 * 1.0", "float(10 ** 400)", "10 ** 400 / 3.0", "log2(10 ** 400)", "sqrt(10 ** 400)"),
)
USES = ("dense(8, l2={})", "dense(8, init=normal({}))", "rescale({})", "local_response_norm(5, alpha={})")
OUTSIDE = (math.inf, -math.inf, math.nan, 10**400)


@pytest.mark.parametrize("bits", [256, 5_000])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_graphs_hold_finite_numbers(expression: str, use: str, bits: int) -> None:
    text = f"model M() :: [8] -> [8] {{ {use.format(expression)} }}"
    program = Program(SourceFile("<text>", text), NoFiles(), Limits(bits=bits))
    graph = program.graph("M")
    if graph is None:
        assert program.has_errors
        assert all(d.span.text for d in program.diagnostics)
    else:
        assert from_json(to_json(graph)) == graph


def test_far_ends_of_a_linspace() -> None:
    (found,) = check_text(REPRODUCTION)
    assert (found.code, found.span.text) == ("number-too-large", "linspace(-1e308, 1e308, 3)")


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("value", OUTSIDE, ids=lambda value: f"{value:.3}" if isinstance(value, float) else "large")
def test_values_from_python(value: float, use: str) -> None:
    text = f"model M(x: float, more: list = []) :: [8] -> [8] {{ {use.format('x')} }}"
    with pytest.raises(ArchError, match=r"`x` should be a finite number|too large"):
        load_text(text, x=value)
    with pytest.raises(ArchError, match=r"`more` should be a finite number|too large"):
        load_text(text, x=1.0, more=[[value]])


@pytest.mark.parametrize("value", OUTSIDE[:3])
@pytest.mark.parametrize("name", ["l2", "alpha", "k", "value", "slope", "factor", "mean", "variance"])
def test_ops_take_finite_numbers(name: str, value: float) -> None:
    needed = {"conv": {"filters": 4}, "dense": {"units": 4}, "rescale": {"factor": 1.0}}
    kinds = [op for op in OPS.values() if "float" in str(op.model_fields.get(name, ""))]
    assert kinds
    for kind in kinds:
        with pytest.raises(ValidationError) as refused:
            kind(**needed.get(kind.name, {}) | {name: value})
        assert any(error["loc"][0] == name for error in refused.value.errors())
    with pytest.raises(ValidationError):
        Init(kind="normal", values=(value,))
