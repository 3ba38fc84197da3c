"""``float32 { … }``: which nodes compute in float32, and what that does to names, files and differences."""

from __future__ import annotations

from archdsl.difference import compare
from archdsl.difference.text import to_text
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.json import from_json, to_json
from archdsl.graph.model import Graph
from archdsl.passes.memory import memory
from tests.unit.elaborate.specs import graph

SPEC = """
block Head(n: int) :: [_] -> [n] { dense(n) -> residual(drop=0.5) { dense(n) } }
model Net() :: [8, 8, 3] -> [4] {
  conv(4) as stem
  -> WRAP { residual { conv(4) } -> global_avg_pool } as body
  -> WRAP { repeat 2 { Head(4) } }
  -> softmax
}
"""


def of(wrap: str) -> Graph:
    return graph(SPEC.replace("WRAP", wrap))


def test_blocks_and_loops_inside_compute_in_float32() -> None:
    assert [node.path for node in of("float32") if not node.float32] == ["stem", "softmax"]
    assert not any(node.float32 for node in of(""))


def test_no_name_changes() -> None:
    precise, plain = of("float32"), of("")
    assert [node.path for node in precise] == [node.path for node in plain]
    assert [i.path for i in precise.instances] == [i.path for i in plain.instances]
    assert fingerprint(precise) == fingerprint(plain), "weights are those of the same model"


def test_json_keeps_it() -> None:
    assert from_json(to_json(of("float32"))) == of("float32")


def test_a_difference_tells_it() -> None:
    text = to_text(compare(of(""), of("float32")))
    assert "stem" not in text
    assert "precision the policy's → float32" in text
    assert "no difference" in to_text(compare(of("float32"), of("float32")))


def test_memory_of_16_bits_counts_32_for_it() -> None:
    precise, plain = (memory(of(wrap), dtype="float16", training=True) for wrap in ("float32", ""))
    assert precise.nodes["body.global_avg_pool"] == 2 * plain.nodes["body.global_avg_pool"]
    assert precise.nodes["stem"] == plain.nodes["stem"]
    stem = 3 * 3 * 3 * 4 + 4
    assert precise.weights == 2 * plain.weights - 2 * stem
    assert precise.gradients == precise.weights
    assert memory(of("float32")) == memory(of(""))
