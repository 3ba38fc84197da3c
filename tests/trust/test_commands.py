"""Hostile arguments, and specs that are right but absurd: every command answers, and none with a traceback."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archdsl.api import load_text
from archdsl.cli.main import cli
from archdsl.difference import compare
from archdsl.graph.json import GraphError, from_json, to_json
from archdsl.summary.figures import human
from tests.patience import patience

LONG = "a" * 100_000


def _run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code in (0, 1, 2), result.output
    return result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = 'model Net(n: int = 2, l: list = [1], s: str = "a", f: float = 1.5) :: [8] -> [8] { repeat n { relu } }\n'
    (tmp_path / "net.arch").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("n=10 ** 10 ** 10", "number-too-large"),
        (f"n={'9' * 20_000}", "number-too-large"),
        ("f=1e999", "number-too-large"),
        (f"l={'[' * 30_000}{']' * 30_000}", "nested-too-deeply"),
        ("l=[0] * 10 ** 9", "value-too-long"),
        ("l=[[i for i in range(9999)] for j in range(9999)]", "too-much-work"),
        (f"l=[{'1, ' * 30_000}]", "statement-too-long"),
        (f"n={LONG}", "unknown-name"),
        ("n=\0", "unexpected-character"),
        ("n=\ud800", "not-utf8"),
        ("n=$HOME", "unexpected-character"),
        ("n=Net", "wrong-type"),
    ],
)
def test_hostile_settings_end_with_an_error_at_their_place(setting: str, code: str) -> None:
    result = _run("summary", "net.arch", "--set", setting)
    assert result.exit_code == 2
    assert f"error[{code}]" in result.output
    assert f"--> --set {setting[0]}:1:" in result.output
    assert len(result.output) < 5_000


def test_a_setting_that_asks_for_too_much_of_the_model(folder: Path) -> None:
    assert "error[too-much-work]" in _run("summary", "net.arch", "--set", "n=1G").output


@pytest.mark.parametrize("command", ["summary", "explain", "ops", "render", "compile"])
@pytest.mark.parametrize("name", ["..", "/"])
def test_folders_are_refused_where_a_file_is_meant(command: str, name: str) -> None:
    assert _run(command, name).exit_code in (1, 2)


@pytest.mark.parametrize("command", ["check", "summary", "explain", "ops", "render", "compile"])
@pytest.mark.parametrize("name", [LONG, "\0", "%s", "{0}", "\x1b[31m", "net.arch\n"])
def test_hostile_names_are_refused(command: str, name: str) -> None:
    assert _run(command, name).exit_code in (1, 2)


ABSURD = {
    "sizes": "model Net :: [10 ** 70, 10 ** 70, 9] -> [10 ** 70, 10 ** 70, 9] { conv(9, k=1) -> conv(9, k=1) }",
    "products": f"model Net :: [{'10 ** 76, ' * 31}8] -> [{'10 ** 76, ' * 31}8] {{ dense(8) }}",
    "names": f"model {'N' * 5_000} :: [8] -> [8] {{ relu as {'t' * 5_000} }}",
    "words": 'model Net(s: str = "a" * 90_000) :: [8] -> [8] { about { paper = s }\n relu }',
    "open sizes": "model Net :: [h, w, 4] -> [h, w, 4] { conv(4, k=1) }",
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_specs_have_figures_and_pictures(name: str, folder: Path) -> None:
    (folder / "net.arch").write_text(ABSURD[name] + "\n", encoding="utf-8")
    for command in (
        ("check", "--format", "sarif"),
        ("summary",),
        ("summary", "--format", "json"),
        ("compile", "--to", "json"),
        ("compile", "--to", "graph"),
        ("render", "-o", "x.dot"),
        ("render", "-o", "x.svg"),
    ):
        _run(command[0], "net.arch", *command[1:])


LARGE = {
    "wide": "model Net :: [8] -> [8] { add { " + "relu\n" * 5_000 + "} }",
    "nested": (
        "block A { repeat 10 { relu } }\nblock B { repeat 10 { A } }\nblock C { repeat 10 { B } }\n"
        "model Net :: [8] -> [8] { repeat 5 { C } }"
    ),
    "long": "model Net :: [8] -> [8] { repeat 1_900 { add { id\n relu } } }",
}


@pytest.mark.parametrize("command", [("render", "net.arch", "-o", "x.dot"), ("render", "net.arch", "-o", "x.html")])
@pytest.mark.parametrize("name", ["wide", "nested"])
def test_large_specs_have_pictures_soon(name: str, command: tuple[str, ...], folder: Path) -> None:
    (folder / "net.arch").write_text(LARGE[name], encoding="utf-8")
    start = time.process_time()
    assert _run(*command).exit_code == 0
    assert time.process_time() - start < patience(12), (
        "a few seconds; several times that where work grows with the square"
    )


def test_large_specs_are_compared_in_little_memory() -> None:
    a, b = (load_text(LARGE[name]).graph for name in ("long", "nested"))
    tracemalloc.start()
    try:
        compare(a, b)
        assert tracemalloc.get_traced_memory()[1] < 80e6, (
            "bytes; more than twice that where each value has a set of its sources"
        )
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("exponent", [3, 12, 15, 77, 308, 309, 5_000])
def test_figures_of_any_size_are_printed(exponent: int) -> None:
    assert len(human(10**exponent)) < 12


def _graph() -> dict[str, object]:
    document: dict[str, object] = json.loads(to_json(load_text("model Net :: [8] -> [8] { relu -> relu }").graph))
    return document


def _dimension(text: object) -> str:
    document = _graph()
    for part in ("inputs", "outputs", "nodes"):
        for item in document[part]:  # type: ignore[attr-defined]
            item["shape"] = [text]
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "9" * 100_000,
        f'{{"schema": "archdsl-graph", "version": {"9" * 10_000}}}',
        '{"schema": "archdsl-graph", "version": 1, "nodes": ' + "[" * 900 + "]" * 900 + "}",
        _dimension("*".join(["h"] * 5_000)),
        _dimension("9" * 5_000),
        _dimension("h/0"),
        _dimension(-1),
        _dimension("h" * 100_000 + "*"),
        "\0",
        "",
        "NaN",
        '"\\ud800"',
    ],
    ids=range(14),
)
def test_hostile_graphs_are_refused(text: str) -> None:
    with pytest.raises(GraphError) as refusal:
        from_json(text)
    assert len(str(refusal.value)) < 200_000
