"""The IPython extension: ``%load_ext archdsl`` and ``%unload_ext archdsl``."""

from __future__ import annotations

from typing import Any

from archdsl.notebook.assist import CellMatcher, inspecting
from archdsl.notebook.cells import Cells
from archdsl.notebook.magic import ArchMagic

_NAME = "arch"


def load_ipython_extension(shell: Any) -> None:
    """Adds the magic ``%%arch``, completion in its cells and, in Jupyter, hover."""
    cells = Cells()
    shell.register_magic_function(ArchMagic(shell, cells), "cell", _NAME)
    shell.Completer.custom_matchers.append(CellMatcher(cells))
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        kernel.do_inspect = inspecting(kernel.do_inspect, cells)


def unload_ipython_extension(shell: Any) -> None:
    shell.magics_manager.magics["cell"].pop(_NAME, None)
    matchers = shell.Completer.custom_matchers
    matchers[:] = [each for each in matchers if not isinstance(each, CellMatcher)]
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        vars(kernel).pop("do_inspect", None)
