"""The table of ops against the classes that exist."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import archdsl.ops
from archdsl.ops.base import Op
from archdsl.ops.registry import MODULES, OPS


def test_table_lists_every_op_where_it_is() -> None:
    """An op that the table forgets could not be found."""
    for module in iter_modules(archdsl.ops.__path__):
        import_module(f"archdsl.ops.{module.name}")
    homes = {name: kind.__module__.removeprefix("archdsl.ops.") for name, kind in Op.registry.items()}
    assert homes == {name: module for module, names in MODULES.items() for name in names.split()}
    assert set(OPS) == set(homes)


def test_families_are_imported_when_asked_for(fresh_python: object) -> None:
    code = (
        "import sys, archdsl.compiler\n"
        "assert 'archdsl.ops.attention' not in sys.modules\n"
        "from archdsl.ops.registry import OPS\n"
        "assert OPS['attention'].name == 'attention'\n"
    )
    fresh_python(code)  # type: ignore[operator]
