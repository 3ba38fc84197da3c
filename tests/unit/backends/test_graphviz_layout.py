"""Diagrams as files: formats, errors, and writing whole or not at all."""

import os
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archdsl import load_text
from archdsl.backends.graphviz import RenderError, draw, layout, render, to_dot
from archdsl.diagram import Options
from tests.unit.graph.build import resnet, tower

MAGIC = {"dot": b"digraph", "svg": b"<svg", "png": b"\x89PNG\r\n\x1a\n"}


@pytest.mark.parametrize("format", MAGIC)
def test_formats_and_that_they_repeat(format: str) -> None:
    picture = draw(tower(), format)
    assert picture.startswith(MAGIC[format])
    assert picture == draw(tower(), format)


def test_fonts_are_measured_and_not_guessed() -> None:
    """Graphviz warns when it knows no widths for a font; then text would outgrow its box."""
    done = subprocess.run(
        [layout._program(), "-Tsvg"], input=to_dot(resnet((1,))).encode(), capture_output=True, check=True
    )
    assert b"metrics" not in done.stderr
    fonts = {e.get("font-family") for e in ElementTree.fromstring(done.stdout).iter() if e.get("font-family")}
    assert fonts == {"Helvetica,sans-Serif"}


def test_render_writes_what_draw_gives(tmp_path: Path) -> None:
    for format in MAGIC:
        target = tmp_path / f"net.{format.upper()}"
        render(tower(), target)
        assert target.read_bytes() == draw(tower(), format)
    assert len(list(tmp_path.iterdir())) == len(MAGIC)


def test_files_have_the_usual_permissions(tmp_path: Path) -> None:
    render(tower(), tmp_path / "net.dot")
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((tmp_path / "net.dot").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("name", ["net.gif", "net", "net.dot.gz"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RenderError, match=r"\.dot, \.svg, \.png and \.pdf are known"):
        render(tower(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "net.dot"
    target.write_text("old")

    def fail(self: Path, to: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        render(tower(), target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_pdf_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RenderError, match=r"a PDF needs a Graphviz that is installed.*apt install graphviz"):
        draw(tower(), "pdf")


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz is installed")
def test_a_pdf_where_there_is_a_graphviz() -> None:
    assert draw(tower(), "pdf").startswith(b"%PDF")


def test_a_png_has_twice_the_dots_of_a_screen() -> None:
    width, height = struct.unpack(">II", draw(tower(), "png")[16:24])
    svg = ElementTree.fromstring(draw(tower(), "svg"))
    for dots, points in ((width, svg.get("width")), (height, svg.get("height"))):
        assert abs(dots - float((points or "").removesuffix("pt")) * 192 / 72) < 8


def script(tmp_path: Path, body: str) -> str:
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\n{body}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a script")
def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    program = script(tmp_path, "import sys; sys.stdin.read(); sys.exit('out of ink')")
    with pytest.raises(RenderError, match=r"^dot failed with code 1: out of ink$"):
        draw(tower(), "svg", program=program)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a script")
def test_a_program_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "TIMEOUT", 0.2)
    with pytest.raises(RenderError, match=r"^dot took more than 0 s: draw less of the model"):
        draw(tower(), "svg", program=script(tmp_path, "import time; time.sleep(60)"))


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"^nothing could not be run: No such file or directory$"):
        draw(tower(), "svg", program=str(tmp_path / "nothing"))
    (tmp_path / "text").touch()
    with pytest.raises(RenderError, match=r"^text could not be run: Permission denied$"):
        draw(tower(), "svg", program=str(tmp_path / "text"))


def test_without_any_graphviz_dot_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_candidates", lambda: iter([None]))
    assert draw(tower(), "dot").startswith(b"digraph")
    with pytest.raises(RenderError, match="pip install graphviz-pure"):
        draw(tower(), "svg")


def test_the_embedded_program_comes_before_a_dot_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    script(tmp_path, "raise SystemExit('not me')")
    assert Path(layout._program()).stem == layout.EMBEDDED


def test_nothing_here_imports_a_framework_or_needs_networkx() -> None:
    code = """
import sys
import archdsl.summary, archdsl.graph.json, archdsl.graph.view, archdsl.passes.shapes, archdsl.passes.cost
import archdsl.backends.graphviz
late = {"keras", "tensorflow", "numpy", "networkx", "graphviz"} & set(sys.modules)
assert not late, late
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_many_long_skips_are_laid_out_in_a_while() -> None:
    """Without a limit on Graphviz's search these take it minutes."""
    forward = "\n".join(f"{'-> ' if i else ''}dense(8) as a{i}" for i in range(100))
    back = "\n".join(f"-> add {{ x: id\n y: a{i} }}" for i in range(99))
    graph = load_text(f"model Skips() :: [8] -> [8] {{\n{forward}\n{back}\n}}").graph
    started = os.times().children_user
    draw(graph, "svg", Options(depth="all"))
    assert os.times().children_user - started < 3


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_a_program_that_computes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "SECONDS", 1)
    with pytest.raises(
        RenderError, match=r"^dot took more than 1 s or 600 MB: draw less of the model, with `--depth 1`"
    ):
        draw(tower(), "svg", program=script(tmp_path, "while True: pass"))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_a_program_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    body = "import os, time\ntime.sleep(0.2)\ntry: bytearray(10**9)\nexcept MemoryError: os.abort()"
    with pytest.raises(RenderError, match=r"^dot took more than 6 s or 600 MB"):
        draw(tower(), "svg", program=script(tmp_path, body))


def test_a_drawing_that_is_too_large_is_not_laid_out() -> None:
    branches = "\n".join(f"l{i}: relu -> tanh" for i in range(3_500))
    graph = load_text(f"model M() :: [8] -> [8] {{ add {{\n{branches}\n}} }}").graph
    with pytest.raises(RenderError, match=r"boxes and arrows are more than the 10_000 that are laid out: draw less"):
        draw(graph, "svg")
