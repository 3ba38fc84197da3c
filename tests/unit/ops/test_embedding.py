"""Rows of tables by whole numbers: shapes, refusals, inputs of integers, and the lint of what is none."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.compiler import NoFiles, Program
from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.learned import Embedding
from archdsl.passes.tokens import tokens
from archdsl.source import SourceFile
from tests.unit.ops.misfits import refuses

N = Sym.named("n")


def test_shapes_and_weights() -> None:
    own, given = Embedding(vocabulary=9, width=4), Embedding()
    assert own.shape((N,)) == (N, 4)
    assert own.shape((3, 2)) == (3, 2, 4)
    assert given.shape((N,), (9, 4)) == (N, 4)
    assert given.shape((3, 2), (9, 4)) == (3, 2, 4)
    assert [tuple(w) for w in own.weights((N,))] == [("embeddings", (9, 4), True)]
    assert given.weights((N,), (9, 4)) == ()
    assert own.macs([(3,)], (3, 4)) == 0
    assert (own.looks_up((3,)), given.looks_up((3,), (7, 4))) == (9, 7)


def test_refusals() -> None:
    for incomplete in (Embedding(), Embedding(vocabulary=9), Embedding(width=4)):
        with refuses(codes.NoRows, None):
            incomplete.shape((3,))
    with refuses(codes.NoRows, "rows"):
        Embedding(vocabulary=9).shape((3,), (9, 4))
    with refuses(codes.NoRows, "rows"):
        Embedding().shape((3,), (9, 4, 2))


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("[8] -> [8, 4] { embedding(100, 4) }", {"input": 100}),
        ("[8] -> [8, 4] { reshape([2, 4]) -> flatten -> embedding(100, 4) }", {"input": 100}),
        ("[8] -> [8, 4] { add { embedding(100, 4), embedding(50, 4) } }", {"input": 50}),
        ("[8] -> [8] { mul { id, { embedding(100, 1) -> flatten } } }", {}),
        ("[8] -> [8, 4] { dense(8) -> embedding(100, 4) }", {}),
        ("(a: [8], b: [3]) -> [27] { concat { { a -> embedding(9, 3) -> flatten }, { b } } }", {"a": 9}),
        ("(a: [8], t: [7, 3]) -> [8, 3] { a -> embedding(rows=t) }", {"a": 7}),
        ("[8] -> (x: [8, 4], y: [8]) { ports { x: embedding(100, 4)  y: id } }", {}),
    ],
)
def test_inputs_of_integers(model: str, found: dict[str, int]) -> None:
    assert tokens(archdsl.load_text(f"model M() :: {model}").graph) == found


def test_features_name_no_rows() -> None:
    def warnings(body: str) -> list[str]:
        program = Program(SourceFile("<text>", f"model M() :: [8] -> [8, 4] {{ {body} }}"), NoFiles())
        assert program.graph("M") is not None
        return [diagnostic.code for diagnostic in program.diagnostics]

    assert warnings("dense(8) -> embedding(100, 4)") == ["rows-of-features"]
    assert warnings("dense(8) -> reshape([2, 4]) -> flatten -> embedding(100, 4)") == ["rows-of-features"]
    assert warnings("reshape([2, 4]) -> flatten -> embedding(100, 4)") == []
    assert warnings("add { embedding(100, 4), { ramp(8) -> embedding(100, 4) } }") == []
