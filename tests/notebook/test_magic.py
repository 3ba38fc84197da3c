"""Cells in the language, in an IPython of this process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import archdsl

interactiveshell = pytest.importorskip("IPython.core.interactiveshell", reason="pip install '.[notebook]'")

NET = """block Unit(n: int) { conv(n) -> relu }
model Net(classes: int = 10) :: [8, 8, 3] -> [classes] { Unit(4) -> global_avg_pool -> dense(classes) }
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """With the extension loaded, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    found = interactiveshell.InteractiveShell.instance()
    found.history_manager.enabled = False
    found.run_line_magic("load_ext", "archdsl")
    yield found
    found.run_line_magic("unload_ext", "archdsl")
    interactiveshell.InteractiveShell.clear_instance()


def run(shell: Any, cell: str) -> Any:
    """What a cell shows: its captured outputs, and what it printed."""
    from IPython.utils.capture import capture_output

    with capture_output() as captured:
        result = shell.run_cell(cell)
    if result.error_in_exec is not None:
        raise result.error_in_exec
    return captured


def test_models_become_variables(shell: Any) -> None:
    run(shell, f"%%arch\n{NET}")
    net = shell.user_ns["Net"]
    assert isinstance(net, archdsl.Architecture)
    assert net.graph.outputs[0].shape == (10,)
    assert net.load(classes=3).graph.outputs[0].shape == (3,)
    assert net.load(7).graph.outputs[0].shape == (7,)


def test_a_model_that_needs_arguments_has_load_alone(shell: Any) -> None:
    run(shell, "%%arch\nmodel Net(n: int) :: [8] -> [n] { dense(n) }")
    assert shell.user_ns["Net"].load(n=5).graph.outputs[0].shape == (5,)


def test_one_model_is_shown_and_several_are_listed(shell: Any) -> None:
    (shown,) = run(shell, f"%%arch\n{NET}").outputs
    assert "<svg" in shown.data["text/html"]
    assert "Unit(4)" in shown.data["text/html"]
    captured = run(shell, f"%%arch\n{NET}model Other = Net(5)")
    assert not captured.outputs
    assert captured.stdout.split("\n")[:2] == [
        "<Architecture Net :: [8, 8, 3] -> [10], 4 nodes>",
        "<Architecture Other :: [8, 8, 3] -> [5], 4 nodes>",
    ]
    (shown,) = run(shell, f"%%arch --model Other\n{NET}model Other = Net(5)").outputs
    assert "Other" in shown.data["text/html"]
    assert not run(shell, f"%%arch --quiet\n{NET}").outputs


def test_view_is_the_interactive_page_in_a_frame(shell: Any) -> None:
    (shown,) = run(shell, f"%%arch --view --height 321\n{NET}").outputs
    frame = shown.data["text/html"]
    assert frame.startswith('<iframe title="Net"')
    assert "height: 321px" in frame
    assert 'sandbox="allow-scripts' in frame
    assert "allow-same-origin" not in frame
    assert frame.count('"') == 2 * len(re.findall(r'\w+="', frame)), "the page is quoted"


def test_mistakes_are_shown_with_the_places_of_the_cell(shell: Any) -> None:
    with pytest.raises(archdsl.ArchError) as raised:
        run(shell, "%%arch\n\nmodel Net() :: [8] -> [4] { dense(5) }")
    lines = raised.value._render_traceback_()  # type: ignore[attr-defined]
    assert "\x1b[1;31merror[contract-broken]" in lines[0]
    assert re.search(r"In\[\d+\]:3:24", lines[1]), "the line of the cell, the magic's counted"
    assert "Net" not in shell.user_ns


def test_warnings_are_shown_and_the_models_are_there(shell: Any) -> None:
    first, *_ = run(shell, "%%arch\nmodel Net(unused: int = 3) :: [8] -> [4] { dense(4) }").outputs
    assert "warning[unused" in first.data["text/plain"]
    assert "Net" in shell.user_ns


def test_cells_import_from_cells_and_files(shell: Any, tmp_path: Path) -> None:
    run(shell, f"%%arch blocks.arch --quiet\n{NET}")
    (tmp_path / "more.arch").write_text("block More(n: int) { dense(n) }\n", encoding="utf-8")
    run(
        shell,
        '%%arch --quiet\nfrom "blocks.arch" import Unit\nfrom "more.arch" import More\n'
        "model Two() :: [8, 8, 3] -> [5] { Unit(2) -> global_avg_pool -> More(5) }",
    )
    assert [node.op.name for node in shell.user_ns["Two"].graph] == ["conv", "relu", "global_avg_pool", "dense"]
    run(shell, f"%%arch blocks.arch --quiet\n{NET.replace('relu', 'gelu')}")
    run(shell, '%%arch --quiet\nfrom "blocks.arch" import Unit\nmodel One() :: [8, 8, 3] -> [8, 8, 2] { Unit(2) }')
    assert [node.op.name for node in shell.user_ns["One"].graph] == ["conv", "gelu"], "as the cell was run last"


@pytest.mark.parametrize("line", ["--nope", "--height x", "a.arch b.arch", "--model Nope"])
def test_what_the_magic_does_not_know_is_told(shell: Any, line: str) -> None:
    from IPython.core.error import UsageError

    with pytest.raises(UsageError, match="%%arch: "):
        run(shell, f"%%arch {line}\n{NET}")


def completions(shell: Any, cell: str) -> list[str]:
    """What is offered where ``|`` stands."""
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        found = list(shell.Completer.completions(cell.replace("|", ""), cell.index("|")))
    assert all(cell[each.start : each.end] == cell[each.start : cell.index("|")] for each in found)
    return [each.text for each in found]


def test_completion_within_a_cell(shell: Any) -> None:
    assert "global_avg_pool" in completions(shell, "%%arch\nmodel Net() :: [8, 8, 3] -> [3] { glob| }")
    assert "stride" in " ".join(completions(shell, "%%arch\nmodel Net() :: [8, 8, 3] -> [8, 8, 3] { conv(3, str|) }"))
    assert "Unit" in completions(shell, f"%%arch\n{NET}model B() :: [8, 8, 3] -> [8, 8, _] {{ Un| }}")
    assert "import" not in completions(shell, "%%arch\nmodel Net() :: [8, 8, 3] -> [3] { im| }"), "no words of Python"


def test_completion_elsewhere_is_pythons(shell: Any) -> None:
    assert "print" in completions(shell, "pri|")


def test_unloading_takes_all_of_it_away(shell: Any) -> None:
    shell.run_line_magic("unload_ext", "archdsl")
    assert "arch" not in shell.magics_manager.magics["cell"]
    assert not shell.Completer.custom_matchers
    shell.run_line_magic("load_ext", "archdsl")
