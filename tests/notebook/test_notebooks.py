"""Notebooks, executed as Jupyter does: by a kernel in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archdsl.format import format_text

nbformat = pytest.importorskip("nbformat", reason="nbformat reads notebooks: pip install '.[dev]'")
nbclient = pytest.importorskip("nbclient", reason="nbclient executes notebooks: pip install '.[dev]'")
manager = pytest.importorskip("jupyter_client.manager", reason="ipykernel runs notebooks: pip install '.[dev]'")
pytest.importorskip("ipykernel", reason="ipykernel runs notebooks: pip install '.[dev]'")

COURSE = Path(__file__).parents[2] / "docs" / "course.ipynb"
CELL = "%%arch\nmodel Net() :: [8, 8, 3] -> [5] { conv(4, k=3) -> global_avg_pool -> dense(5) }"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    running, client = manager.start_new_kernel(kernel_name="python3")
    client.execute_interactive("%load_ext archdsl", timeout=120)
    yield client
    client.stop_channels()
    running.shutdown_kernel(now=True)


def test_hover_and_completion_of_a_kernel(kernel: Any) -> None:
    told = kernel.inspect(CELL, CELL.index("conv") + 2, reply=True, timeout=60)["content"]
    assert told["found"]
    assert "[8, 8, 4]" in told["data"]["text/markdown"]
    assert "Convolution" in told["data"]["text/plain"]
    offered = kernel.complete(CELL, CELL.index("conv") + 2, reply=True, timeout=60)["content"]
    assert "conv" in offered["matches"]
    assert (offered["cursor_start"], offered["cursor_end"]) == (CELL.index("conv"), CELL.index("conv") + 2)
    python = kernel.inspect("print", 3, reply=True, timeout=60)["content"]
    assert "Prints" in python["data"]["text/plain"], "other cells are Python's"


def course() -> Any:
    return nbformat.read(COURSE, as_version=4)


def executed(notebook: Any) -> Any:
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(COURSE.parent)}}).execute()
    return notebook


def is_with_keras(cell: Any) -> bool:
    return "keras" in cell.metadata.get("tags", [])


def test_course_runs_and_shows_what_it_says() -> None:
    """All of it but what loads Keras; cells fail where they say so."""
    notebook = course()
    notebook.cells = [cell for cell in notebook.cells if not is_with_keras(cell)]
    outputs = {cell.source: cell.outputs for cell in executed(notebook).cells if cell.cell_type == "code"}
    failed = {source for source, found in outputs.items() if any(each.output_type == "error" for each in found)}
    said = {cell.source for cell in notebook.cells if "raises-exception" in cell.metadata.get("tags", [])}
    assert failed == said
    shown = "\n".join(str(each) for found in outputs.values() for each in found)
    assert "branches of `add` have different shapes" in shown
    assert "89% of the parameters are in three dense layers" in shown
    assert "+19_044_352" in shown
    assert "<iframe" in shown


def test_course_is_written_as_the_formatter_writes() -> None:
    cells = [cell.source for cell in course().cells if cell.source.startswith("%%arch")]
    assert len(cells) > 6
    for cell in cells:
        body = cell.split("\n", 1)[1] + "\n"
        assert format_text(body).text == body


def test_course_keeps_no_outputs() -> None:
    """They would be of another version some day."""
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in course().cells)
    assert 15 <= sum(cell.cell_type == "code" for cell in course().cells) <= 25
    assert not re.search(r"/(home|root|tmp)/", COURSE.read_text(encoding="utf-8"))


@pytest.mark.full
def test_course_with_keras() -> None:
    notebook = executed(course())
    (built,) = (cell for cell in notebook.cells if is_with_keras(cell))
    assert "'stem.conv'" in str(built.outputs)
