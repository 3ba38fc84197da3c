"""The names of the language are those that elaboration gives values to."""

from __future__ import annotations

from archdsl.elaborate.builtins import FUNCTIONS, LANGUAGE
from archdsl.names.language import FUNCTIONS as NAMED
from archdsl.names.language import built_in
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS


def test_every_name_of_the_language_has_a_kind() -> None:
    assert tuple(FUNCTIONS) == NAMED
    kinds = {name: found.kind for name in LANGUAGE if (found := built_in(name))}
    assert kinds.keys() == set(LANGUAGE)
    assert {name for name, kind in kinds.items() if kind == "op"} == set(OPS)
    assert {name for name, kind in kinds.items() if kind == "initialiser"} == set(KINDS) - set(OPS)
    assert {name for name, kind in kinds.items() if kind == "keyword"} == {"id", "residual", "float32"}
    assert built_in("Conv2D") is None
