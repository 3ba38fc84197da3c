"""What benchmarks stand on: models of the size they say, rows that fail a run, and tables that reach their page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import benchmarks.__main__ as command
from archdsl import load_text
from benchmarks import pages
from benchmarks.cases import CASES
from benchmarks.child import FORMS
from benchmarks.measure import Line, medians, rounds


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("nodes", [1_000, 2_000])
def test_models_have_as_many_ops_as_asked_for(form: str, nodes: int) -> None:
    # `id` is a step that leaves no op.
    assert len(load_text(FORMS[form](nodes)).graph) == nodes


def test_models_without_a_template_that_is_used_twice() -> None:
    for form in ("written out", "calls that all differ"):
        graph = load_text(FORMS[form](1_000)).graph
        blocks = [instance.call for instance in graph.instances]
        assert len(set(blocks)) == len(blocks)


def test_works_take_turns_in_both_orders() -> None:
    called: list[str] = []
    ticks = iter(range(1000))
    taken = rounds(
        lambda: called.append("a"), lambda: called.append("b"), repeats=3, prepare=int, clock=lambda: next(ticks)
    )
    assert "".join(called) == "ba" + "abbaab"
    assert taken == [(1, 1)] * 3
    assert medians([(1, 5), (2, 6), (9, 7)]) == [2, 6]


def case(ratio: float) -> Iterator[Line]:
    yield Line("it", "1 ms", "another", "2 ms", ratio, 0.75)


@pytest.mark.parametrize(("ratio", "code", "verdict"), [(0.5, 0, "ok"), (0.76, 1, "missed")])
def test_a_missed_limit_fails_the_run(
    ratio: float, code: int, verdict: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "CASES", {"it": lambda: case(ratio)})
    assert command.main(["it"]) == code
    assert f"| it | 1 ms | another | 2 ms | {ratio:.3f} | 0.750 | {verdict} |" in capsys.readouterr().out


def test_only_a_whole_run_that_missed_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(command, "_README", page)
    monkeypatch.setattr(command, "CASES", {"it": lambda: case(2.0)})
    assert command.main(["--write"]) == 1
    assert command.main(["--write", "it"]) == 2
    assert "old" in page.read_text(encoding="utf-8")
    monkeypatch.setattr(command, "CASES", {"it": lambda: case(0.5)})
    assert command.main(["--write"]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- benchmarks -->\n")
    assert text.endswith("| ok |\n<!-- /benchmarks -->\nafter\n")
    assert "old" not in text


def test_names_of_benchmarks(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["bild"]) == 2
    assert f"no benchmark bild; there are {', '.join(CASES)}" in capsys.readouterr().err


def test_a_page_without_the_part(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md has no <!-- start -->"):
        pages.replace(tmp_path / "page.md", "start", "text")
