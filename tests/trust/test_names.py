"""Words of specs, graphs and file names: none that a backend cannot take, and none that a terminal would obey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archdsl.api import load, load_text
from archdsl.cli.main import cli
from archdsl.graph.json import GraphError, from_json, to_json
from archdsl.jsontext import dumps

EVIL = "A\x1b]0;pwn\x07\x9b31m\u202e\u2066\u200b\u061c\ufeff\r\b\u2028\x7fZ"
SPEC = f'''\
## Doc {EVIL}
block B(s: str = "{EVIL}") {{ about {{ note = "{EVIL}" }} conv(8, k=1) -> relu }}
model Net(s: str = "{EVIL}") :: [8, 8, 8] -> [8, 8, 8] {{
  about {{ paper = "{EVIL}"
    imagenet_top1 = 70.5
    imagenet_source = "{EVIL}" }}
  # {EVIL}
  B(s) as one -> B("{EVIL}") as two -> id(3, "{EVIL}")
}}
'''.replace("\r", "").replace("\u2028", "")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    good = SPEC.replace(f' -> id(3, "{EVIL}")'.replace("\r", "").replace("\u2028", ""), "").replace(
        f' about {{ note = "{EVIL}" }}'.replace("\r", "").replace("\u2028", ""), ""
    )
    (tmp_path / "good.arch").write_text(good, encoding="utf-8")
    (tmp_path / "bad.arch").write_text(SPEC, encoding="utf-8")
    (tmp_path / "other.arch").write_text(good.replace("two", "three").replace("k=1", "k=3"), encoding="utf-8")
    (tmp_path / "graph.json").write_text(to_json(load("good.arch").graph), encoding="utf-8")
    (tmp_path / f"{EVIL}.arch").write_text(SPEC, encoding="utf-8")
    (tmp_path / f"{EVIL}\n.arch").write_text(good, encoding="utf-8")
    return tmp_path


FORMATS = ("text", "json", "csv", "markdown", "html")
COMMANDS: list[tuple[str, ...]] = [
    *(("check", "--format", form, spec) for form in ("text", "json", "sarif", "github")
      for spec in ("bad.arch", "good.arch", "graph.json", f"{EVIL}.arch", f"{EVIL}\n.arch")),
    *(("summary", "--format", form, "--by", by, spec) for form in FORMATS for by in ("tree", "block")
      for spec in ("good.arch", "graph.json")),
    *(("compare", "--format", form, spec, f"{EVIL}\n.arch") for form in FORMATS
      for spec in ("good.arch", "graph.json")),
    *(("compare", "--set", f's="{EVIL[:5]}"', "--format", form, "good.arch") for form in FORMATS),
    *(("scale", "good.arch", "--over", 's=["\x1b[31m", "\u202e"]', "--format", form) for form in FORMATS),
    *(("scale", "bad.arch", "--over", 's=["\x1b[31m", "\u202e"]', "--format", form) for form in FORMATS),
    *(("select", "--format", form, *more, "good.arch", "graph.json") for form in ("text", "json")
      for more in (("--top1", "70"), ("--max-params", "1", "--misses"), ("--min-year", "2020"))),
    *(("diff", "--format", form, spec, "other.arch") for form in ("text", "json", "markdown")
      for spec in ("good.arch", "graph.json", f"{EVIL}\n.arch")),
    *(("compile", "--to", form, spec) for form in ("json", "graph") for spec in ("good.arch", "graph.json")),
    *(("render", "good.arch", "-o", f"{EVIL}{ending}") for ending in (".dot", ".mmd", ".html")),
    ("render", "good.arch", "--fold", EVIL, "-o", "x.dot"),
    ("check", EVIL), ("check", f"x{EVIL}.arch"), ("summary", "good.arch", "--set", f"{EVIL}=3"),
    ("summary", "good.arch", "--columns", EVIL), ("compare", "--sort", EVIL), ("explain", EVIL), ("ops", EVIL),
    (EVIL,), ("summary", "good.arch", "--limit", f"{EVIL}=3"), ("compile", "good.arch", "-o", EVIL),
    ("summary", f"good.arch:{EVIL}"), ("diff", "good.arch@HEAD", "good.arch"), ("diff", f"{EVIL}.arch"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=range(len(COMMANDS)))
def test_no_command_writes_what_a_terminal_obeys(arguments: tuple[str, ...]) -> None:
    """What renderers write, before the stream itself looks at it again."""
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code in (0, 1, 2), result.output
    assert result.output or "github" in arguments
    assert [c for c in result.output if not c.isprintable() and c != "\n"] == []


def test_json_says_the_same_in_other_letters() -> None:
    assert json.loads(dumps({"a": [EVIL, "größe", "𝛼\U000e0001"]})) == {"a": [EVIL, "größe", "𝛼\U000e0001"]}
    assert dumps(EVIL).isprintable()
    graph = load("good.arch").graph
    assert from_json(to_json(graph)) == graph


def test_names_of_files_are_printable_and_stay_apart(folder: Path) -> None:
    names = set()
    for raw in (b"caf\xe9.arch", b"caf\xe8.arch", b"a\x1b.arch", b"a\n.arch"):
        path = folder / raw.decode("utf-8", "surrogateescape")
        path.write_text("model M :: [8] -> [8] { relu }\n", encoding="utf-8")
        found = load(path)
        (name,) = {node.origin.file for node in found.graph}
        assert name.isprintable()
        assert from_json(to_json(found.graph)) == found.graph
        run = CliRunner().invoke(cli, ["compile", str(path), "-o", "x.json"])
        assert run.exit_code == 0, run.output
        names.add(name)
    assert names == {r"caf\xe9.arch", r"caf\xe8.arch", "a<U+001B>.arch", "a<U+000A>.arch"}


# --- names in graphs ---


def _document() -> dict[str, Any]:
    graph = load_text("block B { dense(8) }\nmodel Net :: [8] -> [8] { about { year = 2020 }\n B as a }").graph
    document: dict[str, Any] = json.loads(to_json(graph))
    return document


def _renamed(document: dict[str, Any], place: str, name: str) -> dict[str, Any]:
    node, port, out = document["nodes"][0], document["inputs"][0], document["outputs"][0]
    match place:
        case "name":
            document["name"] = name
        case "inputs[0].name":
            port["name"] = port["node"] = name
            node["inputs"] = [name]
        case "outputs[0].name":
            out["name"] = name
        case "nodes[0].path":
            node["path"] = node["layer"] = out["node"] = name
        case "instances[1].block":
            document["instances"][1]["block"] = name
        case "instances[1].path":
            document["instances"][1]["path"] = name
        case "about[0]":
            document["about"][0][0] = name
        case "nodes[0].origin.file":
            node["origin"]["file"] = name
        case _:
            document["instances"][0]["origin"]["file"] = name
    return document


PLACES = ("name", "inputs[0].name", "outputs[0].name", "nodes[0].path", "instances[1].block", "instances[1].path",
          "about[0]")  # fmt: skip
FILES = ("nodes[0].origin.file", "instances[0].origin.file")


@pytest.mark.parametrize("place", [*PLACES, *FILES])
@pytest.mark.parametrize("bad", ["\x1b[31m", "\x9b", "\u202e", "\u200b", "\n", "\0", "\ufeff", "a/b", ""])
def test_names_that_no_spec_could_have_are_refused(place: str, bad: str) -> None:
    text = json.dumps(_renamed(_document(), place, bad))
    if place in FILES and bad in ("a/b", ""):
        from_json(text)
        return
    with pytest.raises(GraphError) as caught:
        from_json(text)
    assert str(caught.value).startswith(f"{place}: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("good", ["größe", "conv-1", "畳み込み", "a b", "x:0", 'q"', "<b>", "0", "😀"])
def test_other_names_are_taken(place: str, good: str) -> None:
    from_json(json.dumps(_renamed(_document(), place, good)))


def test_a_hostile_graph_is_refused_in_every_command(folder: Path) -> None:
    (folder / "evil.json").write_text(json.dumps(_renamed(_document(), "name", EVIL)), encoding="utf-8")
    for command in (["check"], ["summary"], ["select"], ["compare"], ["compile", "--to", "graph"], ["render"]):
        result = CliRunner().invoke(cli, [*command, "evil.json"])
        assert result.exit_code == 1
        assert "name: a name cannot hold U+001B" in result.output
        assert [c for c in result.output if not c.isprintable() and c != "\n"] == []
