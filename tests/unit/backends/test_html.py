"""The data behind the page, and the file around it. What the page does with them is in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.backends import html
from archdsl.backends.html import to_html, to_json
from archdsl.diagram import DiagramError, Options, plan
from archdsl.diagram.theme import DARK, LIGHT, PRINT
from archdsl.passes.cost import cost

FOLDER = files(html)
REPEATS = """
block Unit(n: int) { conv(n) -> relu }
block Odd(n: int) { conv(n, k=5) -> relu }
model Net() :: [8, 8, 4] -> [8, 8, _] { %s }
"""


def page(spec: str) -> str:
    model = archdsl.load(spec)
    return to_html(model.graph, sources=model.sources)


def data(spec: str | archdsl.Architecture) -> dict[str, Any]:
    model = archdsl.load(spec) if isinstance(spec, str) else spec
    found: dict[str, Any] = json.loads(to_json(model.graph, sources=model.sources))
    return found


class Reader(HTMLParser):
    """The elements of a page with their attributes and, of scripts and styles, their texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("", {}, []))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1][2].append(data)

    def texts(self, tag: str) -> list[str]:
        return ["".join(texts) for name, _, texts in self.found if name == tag]


def test_items_are_the_graph() -> None:
    graph = archdsl.load("resnet50").graph
    costs = cost(graph)
    found = data("resnet50")
    items = found["items"]
    ops = [item for item in items if item["kind"] == "op"]
    assert [op["path"] for op in ops] == [node.path for node in graph]
    for op, node in zip(ops, graph, strict=True):
        assert [items[number]["path"] for number in op["inputs"]] == list(node.inputs)
        assert tuple(op["shape"]) == node.shape
        assert op["params"] == costs.nodes[node.path].params
        assert items[op["parent"]]["path"].rstrip("…") in ("", *(i.path for i in graph.instances))
    assert all(item["parent"] < number for number, item in enumerate(items) if number)
    assert found["total"] == {"params": 25_610_152, "trainable": 25_557_032, "macs": 4_089_184_256, "depth": 50}
    for number, item in enumerate(items):  # a container's figures are those of its parts
        parts = [child for child in items[1:] if child["parent"] == number]
        if parts:
            assert item["params"] == sum(part["params"] for part in parts), item["path"]


def test_lines_are_those_of_the_source() -> None:
    found = data("resnet50")
    model = archdsl.load("resnet50")
    head = next(item for item in found["items"] if item["path"] == "head")
    line = found["lines"][head["file"]][str(head["place"][0])]
    assert "dense(classes) as head" in "".join(text for _, text in line)
    assert ["op", "dense"] in line
    for file, lines in found["lines"].items():
        for number, line in lines.items():
            assert model.sources[file].splitlines()[int(number) - 1] == "".join(text for _, text in line)
    assert to_json(model.graph).endswith('"lines":{}}')  # a graph without its text


def runs(flow: str) -> dict[str, int]:
    found = data(archdsl.load_text(REPEATS % flow))
    return {item["path"]: item["times"] for item in found["items"] if item["kind"] == "repeat"}


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        ("Unit(4) -> Unit(4) -> Unit(4)", {"unit…": 3}),
        ("Unit(4) -> Unit(4) -> Odd(4) -> Unit(4)", {"unit…": 2}),
        ("Unit(4) -> relu -> Unit(6)", {}),
        ("Unit(4) as a -> Unit(4) as b -> add { b, a }", {}),  # what somebody else uses too is no link of a chain
        ("add { Unit(4), Unit(4) }", {}),  # side by side, not one after the other
        ("relu -> relu", {"relu…": 2}),
        ("Unit(4) -> Odd(4) -> Unit(4) -> Odd(4) -> Unit(4) -> Odd(4)", {"unit…": 3}),
    ],
)
def test_runs_of_repeats(flow: str, expected: dict[str, int]) -> None:
    assert runs(flow) == expected


def first(spec: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(archdsl.load(spec).graph, Options(**options)))
    return found


def opened(found: dict[str, Any]) -> set[str]:
    return {found["items"][number]["path"] for number in found["opened"]}


@pytest.mark.parametrize("name", ["densenet121", "googlenet", "resnet50", "swin_t", "vgg16"])
def test_first_view_is_that_of_other_diagrams(name: str) -> None:
    """What has a frame in a diagram is open, and what has a box is not."""
    drawn, shown = plan(archdsl.load(name).graph), opened(first(name))
    assert {frame.path for frame in drawn.frames() if frame.path and frame.kind != "repeat"} <= shown
    assert shown.isdisjoint({box.path for box in drawn.boxes() if box.kind != "op"})


def test_depth_fold_and_unfold() -> None:
    assert opened(first("resnet50", depth=1)) == set()
    assert opened(first("resnet50", depth=2)) == {"stem", "c2", "c3", "c4", "c5"}
    # A run of repeats opens with its blocks.
    assert opened(first("resnet50", depth=3)) >= {
        "c2.blocks.0",
        "c2.blocks.0.main",
        "c4.blocks.1…",
        "c4.blocks.1",
        "c4.blocks.5",
    }
    assert "c2.blocks.0.main.conv1" in opened(first("resnet50", depth=4)) - opened(first("resnet50", depth=3))
    assert opened(first("resnet50", depth=2, fold=("c4", "ConvBNAct"))) == {"c2", "c3", "c5"}
    assert opened(first("resnet50", depth=1, unfold=("c3",))) == {"c3"}
    with pytest.raises(DiagramError, match="c33"):
        first("resnet50", fold=("c33",))


def test_everything_shows_each_of_the_repeats() -> None:
    found = first("vgg16", depth="all", fold=("stages.1",))
    repeats = {number for number, item in enumerate(found["items"]) if item["kind"] == "repeat"}
    assert set(found["spread"]) == repeats
    assert repeats <= set(found["opened"])
    assert "stages.1" not in opened(found)
    assert first("vgg16")["spread"] == []


def test_steps_that_repeat_together_are_units() -> None:
    found = data("swin_t")
    items = found["items"]
    pairs = [n for n, item in enumerate(items) if item["kind"] == "repeat" and not item["call"]]
    for pair in pairs:
        units = [n for n, item in enumerate(items) if item["parent"] == pair]
        assert len(units) == items[pair]["times"] == 3
        assert {items[unit]["kind"] for unit in units} == {"unit"}
        assert all(sum(item["parent"] == unit for item in items) == 2 for unit in units)
        assert items[pair]["params"] == sum(items[unit]["params"] for unit in units)
    assert pairs


def test_looks_are_settings_of_the_page() -> None:
    graph = archdsl.load("lenet5").graph
    text = to_html(graph, Options(color="macs", direction="RL", theme="print"))
    settings = json.loads(Reader(text).texts("script")[0])
    assert (settings["heat"], settings["direction"], settings["theme"]) == ("macs", "RL", "print")
    (style,) = Reader(text).texts("style")
    for palette in (LIGHT, DARK, PRINT):  # the colours are those of all diagrams
        for look in (*palette.families.values(), *palette.heat, palette.folded):
            assert look.fill in style


def test_open_dimensions_are_expressions() -> None:
    found = data(archdsl.load_text("model Net() :: [h, w, 3] -> [h, w, 8] { conv(8) }"))
    conv = found["items"][2]
    assert conv["shape"] == ["h", "w", 8]
    assert conv["macs"] == "216*h*w"


def test_figures_beyond_what_javascript_counts_exactly_are_text() -> None:
    found = data(
        archdsl.load_text("model Net() :: [10_000, 10_000, 1_000] -> [10_000, 10_000, 1_000] { conv(1_000, k=11) }")
    )
    assert found["total"]["macs"] == "12100000000000000"


def test_the_same_graph_gives_the_same_page() -> None:
    assert page("resnet50") == page("resnet50")
    assert len(page("resnet50").encode()) < 2_000_000


def test_page_names_nothing_of_the_machine(tmp_path: Path) -> None:
    spec = tmp_path / "net.arch"
    spec.write_text("model Net() :: [8] -> [4] { dense(4) }\n", encoding="utf-8")
    text = page(str(spec))
    assert str(tmp_path) not in text
    assert str(Path(str(FOLDER)).parent) not in text


def test_policy_allows_the_scripts_that_are_there_and_no_others() -> None:
    reader = Reader(page("lenet5"))
    (policy,) = [a["content"] for tag, a, _ in reader.found if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    run = [texts for tag, a, texts in reader.found if tag == "script" and a.get("type") != "application/json"]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(''.join(t).encode()).digest()).decode()}'" for t in run}
    assert set(rules["script-src"].split()) == hashes | {"'wasm-unsafe-eval'"}
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    assert not [a for _, a, _ in reader.found if any(name in a for name in ("style", "onclick", "onload"))]
    assert [a["href"] for tag, a, _ in reader.found if "href" in a] == ["data:,"]
    assert not [a for _, a, _ in reader.found if "src" in a]
    live = Reader(html.live_page("events"))
    assert "connect-src 'self'" in next(a["content"] or "" for _, a, _ in live.found if "http-equiv" in a)


HOSTILE = "</script><script>alert(1)</script><!-- <script> ]]> & \u2028\u2029 {script} \\u003c"


def test_strings_of_a_spec_are_data() -> None:
    model = archdsl.load_text(f"## {HOSTILE}\nmodel Net() :: [8] -> [4] {{ dense(4) }}\n".replace("\u2028\u2029 ", ""))
    graph = model.graph.model_copy(update={"doc": HOSTILE, "name": "<b>Net</b>"})
    text = to_html(graph, sources=model.sources)
    reader = Reader(text)
    assert len(reader.texts("script")) == 3
    assert json.loads(reader.texts("script")[0])["model"]["doc"] == HOSTILE
    assert "<b>Net" not in text
    assert reader.texts("title") == ["<b>Net</b>"]
    assert not re.search("[<>&\u2028\u2029]", reader.texts("script")[0])


def test_lone_surrogates_can_be_written() -> None:
    graph = archdsl.load("lenet5").graph.model_copy(update={"doc": "\ud800"})
    assert to_html(graph).encode()


def test_vendored_files_are_what_was_published() -> None:
    manifest = json.loads((FOLDER / "vendor" / "manifest.json").read_text(encoding="utf-8"))
    folder = Path(str(FOLDER / "vendor"))
    assert {library["file"] for library in manifest} == {file.name for file in folder.glob("*.js")}
    for library in manifest:
        content = (folder / library["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == library["sha256"], library["file"]
        assert b"</script" not in content.lower()
        assert b"\r" not in content
    licenses = {file.name for file in (folder / "licenses").iterdir()}
    assert licenses == {"d3.txt", "d3-ease.txt", "expat.txt", "graphviz.txt", "viz-js.txt"}


def test_scripts_of_the_page_are_joined_after_what_they_import() -> None:
    scripts = {name: (FOLDER / "page" / f"{name}.js").read_text(encoding="utf-8") for name in html.page.MODULES}
    assert set(scripts) == {file.stem for file in Path(str(FOLDER / "page")).glob("*.js")}
    for place, (name, text) in enumerate(scripts.items()):
        for imported in re.findall(r'^import .* from "\./(\w+)\.js";', text, re.MULTILINE):
            assert imported in html.page.MODULES[:place], f"{name} before {imported}"
    joined = Reader(page("lenet5")).texts("script")[2]
    assert not re.search(r"^(import|export) ", joined, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function\*?|const|let) (\w+)", joined, re.MULTILINE)
    assert len(names) == len(set(names))
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in joined
