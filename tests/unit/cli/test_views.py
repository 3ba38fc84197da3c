"""``archdsl summary`` and ``archdsl render``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_summary(run: Run) -> None:
    result = run("summary", "net.arch")
    assert result.exit_code == 0
    assert result.stdout.startswith("Net :: [8, 8, 3] -> [10]\n")
    assert "relu" in result.stdout
    assert "\x1b" not in result.stdout


def test_summary_as_json(run: Run) -> None:
    result = run("summary", "net.arch", "--format", "json", "--set", "depth=1")
    document = json.loads(result.stdout)
    assert (document["schema"], document["model"], document["params"]) == ("archdsl-summary", "Net", 162)


def test_summary_of_all_levels(run: Run) -> None:
    assert run("summary", "net.arch:Net", "--depth", "all").stdout == run("summary", "net.arch:Net").stdout


def test_summary_depth(run: Run) -> None:
    whole, top = run("summary", "resnet50"), run("summary", "resnet50", "--depth", "1")
    assert len(top.stdout) < len(whole.stdout)
    assert run("summary", "resnet50", "--depth", "0").exit_code == 2


def test_summary_into_a_file_in_every_format(run: Run) -> None:
    beginnings = {"text": "Net ::", "json": "{", "csv": "level,path", "markdown": "**Net", "html": "<!doctype html>"}
    for format, beginning in beginnings.items():
        result = run("summary", "net.arch", "--format", format, "-o", f"out/net.{format}")
        assert (result.exit_code, result.stdout) == (0, f"wrote out/net.{format}\n")
        assert Path(f"out/net.{format}").read_text(encoding="utf-8").startswith(beginning)


def test_summary_of_a_batch(run: Run) -> None:
    one, many = (
        json.loads(run("summary", "net.arch", "--format", "json", "--batch", n, "--dtype", dtype).stdout)["memory"]
        for n, dtype in (("1", "float32"), ("8", "mixed"))
    )
    assert many["training"]["activations"] == 4 * one["training"]["activations"]
    assert many["training"]["weights"] == one["training"]["weights"]


def test_summary_by_op_with_chosen_columns(run: Run) -> None:
    result = run("summary", "net.arch", "--by", "op", "--columns", "params,macs")
    assert result.stdout.splitlines()[2].split() == ["params", "MACs"]
    refused = run("summary", "net.arch", "--columns", "parms")
    assert refused.exit_code == 2
    assert "did you mean `params`?" in refused.stderr


def test_summary_of_a_broken_spec(run: Run) -> None:
    result = run("summary", "bad.arch")
    assert result.exit_code == 1
    assert "error[contract-broken]" in result.stderr
    assert not result.stdout


def test_render(run: Run) -> None:
    result = run("render", "net.arch", "-o", "out/net.svg")
    assert (result.exit_code, result.stdout) == (0, "wrote out/net.svg\n")
    assert "</svg>" in Path("out/net.svg").read_text(encoding="utf-8")
    assert run("render", "net.arch", "-o", "net.png").exit_code == 0
    assert Path("net.png").read_bytes().startswith(b"\x89PNG")


def test_render_page(run: Run) -> None:
    assert run("render", "net.arch", "-o", "net.html").exit_code == 0
    page = Path("net.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    files, _ = json.JSONDecoder().raw_decode(page.partition('"lines":')[2])
    shown = ["".join(text for _, text in pieces) for pieces in files["net.arch"].values()]
    assert any("repeat depth { conv(widths[0])" in line for line in shown)  # those that the card shows


def test_render_names_the_file_after_the_spec(run: Run) -> None:
    assert run("render", "net.arch:Deep").stdout == "wrote deep.svg\n"


def test_render_depth(run: Run) -> None:
    assert run("render", "resnet50", "--depth", "1", "-o", "top.dot").exit_code == 0
    assert run("render", "resnet50", "--depth", "all", "-o", "all.dot").exit_code == 0
    assert Path("top.dot").stat().st_size < Path("all.dot").stat().st_size


def test_render_refuses_other_formats(run: Run) -> None:
    result = run("render", "net.arch", "-o", "net.gif")
    assert result.exit_code == 2
    assert ".svg, .png, .pdf, .dot, .mmd or .html" in result.stderr
    assert not Path("net.gif").exists()


def test_render_leaves_the_old_file_after_an_error(run: Run) -> None:
    Path("bad.svg").write_text("kept", encoding="utf-8")
    assert run("render", "bad.arch").exit_code == 1
    assert Path("bad.svg").read_text(encoding="utf-8") == "kept"
