"""The extension as it is packaged: Node, its client library, the real server, and an editor that a script plays."""

from __future__ import annotations

import json
import os
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.format import format_text
from archdsl.highlight import pieces
from tests.editors.conftest import EXTENSION, Node

ROOT = Path(__file__).parents[2]
NET = """from std.conv import ConvBNAct
model Net() :: [32, 32, 3] -> [10] { ConvBNAct(16) as stem -> conv(8, k=3) -> global_avg_pool -> dense(10) }
"""


def read(name: str) -> Any:
    return json.loads((EXTENSION / name).read_text(encoding="utf-8"))


SNIPPETS = read("snippets/arch.json")


@pytest.fixture(scope="module")
def played(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What happened while a text with a mistake was opened, mended, shown and changed, all without saving."""
    if not (EXTENSION / "dist" / "extension.js").exists():
        pytest.skip("the extension is not bundled: make editors")
    file = tmp_path_factory.mktemp("net") / "net.arch"
    script = {
        "command": [sys.executable, "-m", "archdsl", "lsp"],
        "uri": file.as_uri(),
        "text": NET,
        "broken": NET.replace("dense(10)", "dense(11)"),
        "changed": NET.replace("conv(8, k=3)", "conv(9, k=3)"),
    }
    return node("extension.cjs", script, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_server_answers_the_client_library(played: Any) -> None:
    ((place, message, *_),) = played["first"]
    assert "the output of `Net` is [11], not [10]" in message
    assert place["start"] == {"line": 1, "character": 31}
    assert "[32, 32, 8]" in str(played["hover"])
    assert "conv" in played["completions"]
    assert "open diagram" in played["lenses"], "what the script opened the diagram with"


def test_diagram_follows_typing(played: Any) -> None:
    assert played["page"] == "<!doctype html>"
    assert played["theme"] == {"kind": "theme", "data": "dark"}
    before, *_, after = played["names"]
    assert "conv(8)" in before
    assert "conv(9)" in after
    assert "the output of `Net` is [11], not [10]" in played["problems"]["data"]["text"]


def test_places_go_both_ways(played: Any) -> None:
    place = played["place"]["data"]
    assert (place["line"], place["column"]) == (2, NET.split("\n")[1].index("conv") + 1)
    told = played["told"]
    assert told["uri"] == "archdsl:/std/conv.arch", "a file of the library is shown as a text of the server's"
    line = told["text"].split("\n")[told["selection"]["start"]["line"]]
    assert line[told["selection"]["start"]["character"] : told["selection"]["end"]["character"]] == "conv"


def test_a_server_that_is_not_there_is_told(played: Any) -> None:
    assert "no-such-program-of-archdsl" in played["complaint"]["error"]
    assert "pip install archdsl" in played["complaint"]["error"]


def test_package_has_what_its_manifest_names() -> None:
    package = EXTENSION / "dist" / "archdsl.vsix"
    if not package.exists():
        pytest.skip("the extension is not packaged: make editors")
    inside = set(zipfile.ZipFile(package).namelist())
    manifest = read("package.json")
    contributed = manifest["contributes"]
    named = [manifest["main"], *(each["path"] for kind in ("grammars", "snippets") for each in contributed[kind])]
    named += [each["configuration"] for each in contributed["languages"]]
    assert {f"extension/{name.removeprefix('./')}" for name in named} <= inside
    assert not [name for name in inside if "node_modules" in name or "/test/" in name]


def test_manifest_agrees_with_the_rest() -> None:
    manifest = read("package.json")
    assert manifest["version"] == archdsl.__version__
    source = (EXTENSION / "src" / "extension.js").read_text(encoding="utf-8")
    assert {each["command"] for each in manifest["contributes"]["commands"]} == set(
        re.findall(r'registerCommand\("([^"]+)"', source)
    )


def test_configuration_knows_the_brackets_and_comments_of_the_language() -> None:
    found = read("language-configuration.json")
    assert [piece.kind for piece in pieces(found["comments"]["lineComment"] + " x")] == ["comment"]
    brackets = found["brackets"]
    assert brackets == [["{", "}"], ["[", "]"], ["(", ")"]]
    indent = re.compile(found["indentationRules"]["increaseIndentPattern"])
    assert indent.search("model Net() :: [8] -> [4] {")
    assert not indent.search("  add { main: conv(3)  skip: id }")
    assert re.compile(found["indentationRules"]["decreaseIndentPattern"]).search("  }")
    continued, *_ = found["onEnterRules"]
    assert re.search(continued["beforeText"], "## A net.")
    assert not re.search(continued["beforeText"], "# no documentation")


def filled(name: str) -> str:
    """A snippet as it is before anything is typed."""
    return re.sub(r"\$\{\d+:([^}]*)\}|\$\d", lambda hole: hole[1] or "", "\n".join(SNIPPETS[name]["body"]))


def in_place(name: str) -> str:
    """A text in which a snippet stands where it belongs."""
    text, model = filled(name), filled("model")
    if name in ("variant", "check"):
        return f"{model}\n{text}\n"
    if name == "import":
        return f"{text}\nmodel Net() :: [8, 8, 3] -> [8, 8, 4] {{ ConvBNAct(4) }}\n"
    if name == "about":
        return f"model Net() :: [8] -> [4] {{\n  {text}\n  dense(4)\n}}\n"
    if name in ("model", "block", "function"):
        return f"{text}\n"
    return f"let width = 16\nmodel Net() :: [8, 8, 16] -> [8, 8, _] {{\n{text}\n}}\n"


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_are_valid_as_they_come(name: str) -> None:
    assert [found.code for found in archdsl.check_text(in_place(name)) if found.is_error] == []


@pytest.mark.parametrize("name", ["model", "block"])
def test_snippets_have_the_canonical_form(name: str) -> None:
    text = f"{filled(name)}\n"
    assert format_text(text).text == text
