"""The language service: places in texts, whole and broken, and what is told of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import pytest

from archdsl.files import DiskLoader
from archdsl.service import Analysis, Lines
from archdsl.service.actions import fixes
from archdsl.service.completion import complete
from archdsl.service.definition import definition
from archdsl.service.folding import folds
from archdsl.service.formatting import formatted
from archdsl.service.hints import hints
from archdsl.service.hover import hover
from archdsl.service.lenses import lenses
from archdsl.service.lines import Position
from archdsl.service.references import references
from archdsl.service.rename import Refused, rename
from archdsl.service.selection import selections
from archdsl.service.signatures import signature
from archdsl.service.symbols import symbols
from archdsl.service.tokens import coloured
from archdsl.source import SourceFile, Span

NET = """\
from std.conv import ConvBNAct

let stages = table {
  width  depth
  16     1
  32     2
}

## Several convolutions, one after the other.
block Stage(width: int, depth: int, act: op = relu) :: [h, w, _] -> [h, w, width] {
  repeat depth { ConvBNAct(width, act=act) }
}

model Net(classes: int = 10) :: [32, 32, 3] -> [classes] {
  conv(8) as stem
  -> for s in stages { Stage(s.width, depth=s.depth) } as body
  -> global_avg_pool
  -> dense(classes)
}

check Net() :: [32, 32, 3] -> [10]
"""


def analysis(text: str) -> Analysis:
    return Analysis(SourceFile("net.arch", text), DiskLoader())


def hovered(marked: str) -> str:
    """What is told of the place of `|` in a text."""
    found = hover(analysis(marked.replace("|", "", 1)), marked.index("|"))
    return found.text if found else ""


def offered(marked: str) -> list[str]:
    """What is offered at the place of `|` in a text."""
    return [each.label for each in complete(analysis(marked.replace("|", "", 1)), marked.index("|"))]


def within(before: str, after: str) -> str:
    """The sample with a mark between two texts that follow each other in it."""
    assert NET.count(before + after) == 1
    return NET.replace(before + after, f"{before}|{after}")


# --- places -----------------------------------------------------------------------------------------------------------


def test_lines_count_code_units() -> None:
    lines = Lines("a🙂b\r\nc\rd\n")
    assert [lines.position(offset) for offset in (0, 2, 3, 5, 7, 9)] == [(0, 0), (0, 3), (0, 4), (1, 0), (2, 0), (3, 0)]
    assert lines.offset(Position(0, 2)) == 1  # within the two units of one character
    assert lines.offset(Position(0, 99)) == 3
    assert lines.offset(Position(99, 0)) == 9
    assert Lines("a🙂b", utf16=False).position(2) == (0, 2)


# --- hover ------------------------------------------------------------------------------------------------------------


def test_hover_tells_what_flows_out_of_a_step() -> None:
    text = hovered(within("  con", "v(8) as stem"))
    assert "→ `[32, 32, 8]` · 224 params (224) · 221 k MACs (221_184) · receptive field 3" in text
    assert "Example:" in text
    assert "filters" in text


def test_hover_of_a_block_has_its_documentation_and_what_all_rounds_cost() -> None:
    text = hovered(within("Sta", "ge(s.width"))
    assert "block Stage(width: int, depth: int, act: op = relu) :: [h, w, _] -> [h, w, width]" in text
    kernels = 9 * 8 * 16 + 9 * 16 * 32 + 9 * 32 * 32  # without bias, but for each channel a norm of four numbers
    assert f"→ `[32, 32, 16], [32, 32, 32]` in 2 rounds · 15.3 k params ({kernels + 4 * (16 + 32 + 32):_})" in text
    assert "Several convolutions, one after the other." in text


def test_hover_of_a_block_has_its_values_and_conditions() -> None:
    text = "block A(n: int in [2, 4], m: int)\n    where m % n == 0,\n      m > n :: [c] -> [m] { dense(m) }\n"
    text = hovered(f"{text}model Net() :: [8] -> [8] {{ A|(2, 8) }}\n")
    assert "block A(n: int in [2, 4], m: int) where m % n == 0, m > n :: [c] -> [m]" in text


def test_hover_of_names_tells_their_values() -> None:
    assert "classes = 10" in hovered(within("dense(cla", "sses)"))
    assert "width = 16" in hovered(within("ConvBNAct(wi", "dth"))
    assert "`stem` [32, 32, 8]" in hovered(within("as st", "em"))


def test_hover_tells_shapes_in_letters_where_nothing_calls_a_block() -> None:
    text = "block Half() :: [h, w, c] -> [h / 2, w / 2, 2 * c] { con|v(2 * c, stride=2) }\n"
    assert "→ `[⌈h/2⌉, ⌈w/2⌉, 2*c]`" in hovered(text)


def test_hover_works_after_a_mistake() -> None:
    text = (
        within("  con", "v(8) as stem").replace("global_avg_pool", "gloBal_pool -> -> ").replace("depth=s.depth", "=")
    )
    assert "[32, 32, 8]" in hovered(text)


# --- definition -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        (within("dense(cla", "sses)"), "classes: int"),
        (within("ConvBNAct(width, a", "ct=act)"), "act: op = relu,"),
        (within("ConvBNAct(width, act=a", "ct)"), "act: op = relu)"),
        (within("in sta", "ges {"), "stages = table"),
        (within("{ Convb".replace("b", "B"), "NAct(width"), "ConvBNAct("),
    ],
)
def test_definition(marked: str, line: str) -> None:
    (span,) = definition(analysis(marked.replace("|", "", 1)), marked.index("|"))
    assert span.source.text[span.start :].startswith(line)


def test_a_module_is_a_file() -> None:
    marked = within("from std.co", "nv")
    (span,) = definition(analysis(marked.replace("|", "", 1)), marked.index("|"))
    assert span.source.name == "std/conv.arch"


# --- completion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "wanted"),
    [
        (within("-> glo", "bal_avg_pool"), ["global_avg_pool", "global_max_pool"]),
        (within("conv(8) as stem\n  -> ", "for s"), ["Stage", "ConvBNAct", "conv"]),
        (within("Stage(s.", "width"), ["width", "depth"]),
        (within("Stage(s.width, ", "depth"), ["depth", "act"]),
        (within("depth: ", "int, act"), ["int", "float", "op"]),
        (within("import ", "ConvBNAct"), ["ConvBNAct", "ConvBN"]),
        (within("from ", "std.conv"), ["std.conv", "std.residual"]),
        (within("check ", "Net"), ["Net", "Stage"]),
        (within("dense(", "classes)"), ["classes", "units"]),
        ("let n = 3\nlet m = |", ["n"]),
        ("model Net() :: [8, 8, 3] -> [_, _, 4] {\n  conv(4, pad=|", ['"same"', '"valid"']),
        ("model Net() :: [8, 8, 3] -> [_, _, 4] {\n  conv(4, bias=|) }", ["false", "true"]),
        ('block B(kind: str in ["a", "b"]) { relu }\nblock C() { B(kind=|', ['"a"', '"b"']),
        ("block B(n: int) w| { relu }", ["where"]),
        ("let all = [1, 2]\nblock B(n: int in |) { relu }", ["all", "range"]),
        ('model Net() :: [8] -> [4] {\n  about { paper = "x", | }\n  dense(4) }', ["year", "imagenet_top1"]),
        ("model Net() :: [8] -> [4] {\n  dense(4) -> |", ["relu", "dense"]),
        ("model Net() :: [8] -> [4] {\n  dense(4) as hidden -> { hi|", ["hidden"]),
        ("block B(n: int) :: [c] -> [n] { dense(|", ["n", "units"]),
        ("block B(n: int) :: [c] -> (left: [n], right: [n]) {\n  ports { left: dense(n)  |", ["right"]),
    ],
)
def test_completion(marked: str, wanted: list[str]) -> None:
    found = offered(marked)
    assert [name for name in wanted if name not in found] == []


def test_nothing_is_offered_where_a_name_is_new() -> None:
    assert offered(within("conv(8) as ", "stem")) == []
    assert offered("# a comment |") == []


def test_what_the_library_has_is_offered_with_its_import() -> None:
    marked = within("-> global_avg_pool\n  -> ", "dense").replace("|", "Bottlen|")
    text = marked.replace("|", "", 1)
    found = next(each for each in complete(analysis(text), marked.index("|")) if each.label == "Bottleneck")
    (edit,) = found.edits
    assert text[: edit.span.start] + edit.text + text[edit.span.end :] == text.replace(
        "ConvBNAct\n", "ConvBNAct\nfrom std.residual import Bottleneck\n", 1
    )


# --- texts ------------------------------------------------------------------------------------------------------------


def test_symbols_are_a_tree() -> None:
    found = {each.name: each for each in symbols(analysis(NET))}
    assert list(found) == ["stages", "Stage", "Net", "check Net()"]
    assert [child.name for child in found["Net"].children] == ["classes", "stem", "body"]


def test_formatting_gives_edits_of_what_changes() -> None:
    (edit,) = formatted(analysis(NET.replace("dense(classes)", "dense( classes )")))
    assert edit.text == "  -> dense(classes)\n"


def test_the_service_needs_no_thread_socket_or_file() -> None:
    """As in a browser: a process in which these modules cannot be imported, and no file is opened."""
    program = f"""
import sys
import archdsl.service.hover, archdsl.service.completion, archdsl.service.definition  # the interpreter loads modules
import archdsl.service.symbols, archdsl.service.formatting
from archdsl.ops.registry import OPS
from archdsl.syntax import tables
[OPS[name] for name in OPS], tables.load()
from archdsl.service import Analysis
from archdsl.source import SourceFile
import builtins, io, importlib.abc, os

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise AssertionError(name)

REFUSED = {{"threading", "socket", "subprocess", "asyncio", "tempfile", "pathlib"}}
for name in list(sys.modules):
    if name.partition(".")[0] in REFUSED:
        del sys.modules[name]
sys.meta_path.insert(0, Refuse())

def refuse(*args, **named):
    raise AssertionError("a file was opened")

builtins.open = io.open = os.open = refuse

TEXT = {NET.replace("from std.conv import ConvBNAct", "block ConvBNAct(n: int, act: op = relu) { conv(n) -> act }")!r}
found = Analysis(SourceFile("net.arch", TEXT))
assert not found.diagnostics, found.diagnostics
place = TEXT.index("conv(8)")
assert "[32, 32, 8]" in archdsl.service.hover.hover(found, place).text
assert archdsl.service.completion.complete(found, place)
assert archdsl.service.symbols.symbols(found)
assert not archdsl.service.formatting.formatted(found)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


# --- more questions ---------------------------------------------------------------------------------------------------


def test_signature_help_knows_which_parameter_is_given() -> None:
    marked = within("Stage(s.width, depth=", "s.depth)")
    found = signature(analysis(marked.replace("|", "", 1)), marked.index("|"))
    assert found is not None
    assert (found.name, [name for name, _ in found.parameters], found.active) == ("Stage", ["width", "depth", "act"], 1)
    marked = within("conv(8", ") as stem")
    found = signature(analysis(marked.replace("|", "", 1)), marked.index("|"))
    assert found is not None
    assert found.parameters[found.active][0] == "filters"
    assert found.label.startswith('conv(filters, k = 3, stride = 1, pad = "same", bias = true, ')
    assert found.notes[found.active] == "output channels (a positive int)"


def texts(found: Iterable[Span]) -> list[tuple[str, int]]:
    return [(span.text, span.line) for span in found]


def referred(marked: str) -> list[tuple[str, int]]:
    found = references(analysis(marked.replace("|", "", 1)), marked.index("|"))
    return texts(found.places) if found is not None else []


def test_references() -> None:
    assert referred(within("block Sta", "ge(")) == [("Stage", 10), ("Stage", 16)]
    assert referred(within("depth=s.de", "pth")) == [("depth", 4), ("depth", 16)]
    assert referred(within("  wi", "dth  depth")) == [("width", 4), ("width", 16)]
    assert referred(within("global_avg", "_pool")) == [("global_avg_pool", 17)]


def test_a_name_that_is_taken_is_refused() -> None:
    place = NET.index("width: int")
    with pytest.raises(Refused, match="means something else"):
        rename(analysis(NET), place, "depth")
    with pytest.raises(Refused, match="is no name"):
        rename(analysis(NET), place, "for")
    assert len(rename(analysis(NET), place, "wide")) == 3


def test_folds_and_selections() -> None:
    found = analysis(NET)
    assert [(fold.first, fold.last) for fold in folds(found)] == [(2, 5), (9, 10), (13, 17)]
    grown = [span.text for span in selections(found, NET.index("s.depth"))]
    assert grown[:4] == ["s", "s.depth", "depth=s.depth", "Stage(s.width, depth=s.depth)"]
    assert grown[-1] == NET


def test_words_have_the_colour_of_what_they_mean() -> None:
    kinds = {NET[each.start : each.end]: each.kind for each in coloured(analysis(NET))}
    assert [kinds[word] for word in ("ConvBNAct", "conv", "act", "stem", "classes", "16", "model", "->", "int")] == [
        "class", "function", "parameter", "variable", "parameter", "number", "keyword", "operator", "type",
    ]  # fmt: skip


def test_hints_are_the_shapes_after_steps() -> None:
    found = hints(analysis(NET), 0, len(NET))
    assert [(NET.count("\n", 0, hint.offset), hint.text) for hint in found] == [
        (10, "[32, 32, 16]"),
        (14, "[32, 32, 8]"),
        (15, "[32, 32, 32]"),
        (16, "[32]"),
        (17, "[10]"),
    ]


def test_what_follows_a_mistake_has_shapes_where_they_are_claimed_and_no_cost() -> None:
    text = (
        "model Net() :: [8, 8, 3] -> [4] {\n"
        "  convv(6) :: [8, 8, 6]\n  -> conv(5, k=3) as here\n  -> global_avg_pool\n  -> dense(4)\n}\n"
    )
    found = hover(analysis(text), text.index("conv(5"))
    assert found is not None
    assert "→ `[8, 8, 5]`" in found.text
    assert "MACs (" not in found.text
    assert [hint.text for hint in hints(analysis(text), 0, len(text))] == ["[8, 8, 5]", "[5]", "[4]"]


def test_lenses_tell_what_models_cost() -> None:
    (lens,) = lenses(analysis(NET))
    assert (lens.model, lens.text) == ("Net", "15.8 k params · 15.6 M MACs")
    (lens,) = lenses(analysis(NET.replace("dense(classes)", "dense(7)")))
    assert lens.text == ""


def test_a_warning_can_be_allowed() -> None:
    text = NET.replace("dense(classes)", "batch_norm(momentum=0.1) -> dense(classes)")
    found = analysis(text)
    (action,) = (each for each in fixes(found, 0, len(text)) if each.title.startswith("Allow"))
    (edit,) = action.edits
    changed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert "low-momentum" in [each.code for each in found.diagnostics]
    assert [each.code for each in analysis(changed).diagnostics] == []
