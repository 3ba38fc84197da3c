"""Fixes: which are safe, what they make of a text, and when a text is left as it is."""

from __future__ import annotations

import pytest

from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue.names import UnknownName, UnusedName
from archdsl.diagnostics.fixes import Checked, applied, mend
from archdsl.files import DiskLoader
from archdsl.source import SourceFile, Span


def checked(text: str) -> Checked:
    source = SourceFile("net.arch", text)
    program = Program(source, DiskLoader())
    program.check()
    return Checked(source, program.diagnostics, {})


def mended(text: str, *, unsafe: bool = False) -> str:
    return mend(checked(text), checked, unsafe=unsafe).now.source.text


def net(body: str) -> str:
    return f"model Net() :: [32, 32, 3] -> [...] {{ {body} }}\n"


def test_of_overlapping_fixes_the_first_counts() -> None:
    source = SourceFile("<text>", "abcdef")

    def fix(start: int, end: int, text: str) -> Fix:
        return Fix(Span(source, start, end), text)

    assert applied(source.text, [fix(1, 3, "X"), fix(2, 4, "Y"), fix(3, 4, "Z")]) == "aXZef"
    assert applied(source.text, [fix(2, 2, "X"), fix(2, 2, "Y")]) == "abXcdef"
    assert applied(source.text, [fix(0, 0, "X"), fix(0, 1, "Y"), fix(6, 6, "Z")]) == "XYbcdefZ"
    assert applied(source.text, []) == "abcdef"


def test_lines_end_as_they_do_in_the_file() -> None:
    source = SourceFile("<text>", "a\r\nb")
    assert applied(source.text, [Fix(Span(source, 3, 3), "x\ny\n")]) == "a\r\nx\r\ny\r\nb"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("conv(8) => relu", "conv(8) -> relu"),
        ("conv(8) → relu", "conv(8) -> relu"),
        ("conv(8) relu", "conv(8) -> relu"),
        ("conv(8, k: 3)", "conv(8, k=3)"),
        ("add { main = conv(3), skip = id }", "add { main: conv(3), skip: id }"),
        ("conv(8, pad='same')", 'conv(8, pad="same")'),
        ("conv(8, pad=“same”)", 'conv(8, pad="same")'),
        ("conv(8, pad=same)", 'conv(8, pad="same")'),
        ("conv(8, k=3 -> relu", "conv(8, k=3) -> relu"),
        ("conv(8, k=3] -> relu", "conv(8, k=3) -> relu"),
        ("conv(8, kernel_size=3, strides=2)", "conv(8, k=3, stride=2)"),
        ("Conv2D(8) -> BatchNormalization -> nn.ReLU", "conv(8) -> batch_norm -> relu"),
        ("conv(8, stirde=2, grops=1)", "conv(8, stride=2, groups=1)"),
        ("conv(8, bias=False)", "conv(8, bias=false)"),
        ('conv(8, k="3")', "conv(8, k=3)"),
    ],
)
def test_safe(wrong: str, right: str) -> None:
    assert mended(net(wrong)) == net(right)
    assert mended(net(right)) == net(right)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("conv(8) as c3 -> relu(c4)", None),  # another tap
        ("conv(8, sd=2)", None),  # nothing like it
        ("Conv2d(3, 8, 3)", "conv(3, 8, 3)"),  # in PyTorch's order
        ("conv(8 k=3)", "conv(8, k=3)"),  # an operator may be missing
        ("conv(max(4, 8, k=3) -> relu", None),  # the bracket may be missing earlier
        ("relu { conv(8) }", "relu -> { conv(8) }"),  # `add { … }` may be meant
    ],
)
def test_not_safe(wrong: str, right: str | None) -> None:
    assert mended(net(wrong)) == net(wrong)
    if right is not None:
        assert mended(net(wrong), unsafe=True) == net(right)


def test_fixes_that_lead_to_others() -> None:
    """An import that is missing is known only where the arrow before its use is right."""
    text = net("conv(8) => ConvBNAct(8, kernel=3)")
    right = "from std.conv import ConvBNAct\n" + net("conv(8) -> ConvBNAct(8, k=3)")
    assert mended(text) == right


def test_channels_first_is_no_slip() -> None:
    """A warning whose fix changes the graph."""
    text = "model Net() :: [3, 32, 32] -> [...] { conv(8) }\n"
    assert mended(text) == text
    assert mended(text, unsafe=True) == text.replace("[3, 32, 32]", "[32, 32, 3]")


# --- rules, with findings of a text that is no spec -------------------------------------------------------------------


def _found(text: str, fixes: dict[str, str], *, is_safe: bool = True) -> Checked:
    """An error for each word that has a fix, and one for each `!`."""
    source, found = SourceFile("net.arch", text), list[Diagnostic]()
    for word, replacement in {"!": None, **fixes}.items():
        at = text.find(word)
        while at >= 0:
            span = Span(source, at, at + len(word))
            fix = None if replacement is None else Fix(span, replacement, is_safe)
            found.append(
                UnknownName(span=span, name=f"{word}{at if replacement is None else ''}", what="name", fix=fix)
            )
            at = text.find(word, at + 1)
    return Checked(source, tuple(found), {})


def _after(text: str, fixes: dict[str, str]) -> str:
    return mend(_found(text, fixes), lambda new: _found(new, fixes)).now.source.text


def test_a_text_never_gets_more_errors() -> None:
    assert _after("one two", {"one": "1"}) == "1 two"
    assert _after("one two", {"one": "! !"}) == "one two"
    assert _after("one two", {"one": "! ! !", "two": "2"}) == "one 2"
    assert _after("one two", {"one": "two", "two": "2"}) == "2 2"


def test_fixes_that_undo_each_other_end() -> None:
    assert _after("one", {"one": "two", "two": "one"}) in ("one", "two")
    assert _after("one", {"one": "one"}) == "one"
    assert _after("one", {"one": "one one"}) == "one"


def test_safe_fixes_of_a_right_text_keep_its_graphs() -> None:
    source = SourceFile("net.arch", "abc")
    span = Span(source, 1, 2)
    warned = UnusedName(span=span, name="b", what="name", fix=Fix(span, "x", is_safe=True))
    start = Checked(source, (warned,), {"Net": "1"})

    def change(text: str) -> Checked:
        return Checked(SourceFile("net.arch", text), (), {"Net": "2"})

    def keep(text: str) -> Checked:
        return Checked(SourceFile("net.arch", text), (), {"Net": "1"})

    assert mend(start, change).now is start
    assert mend(start, change, unsafe=True).now.source.text == "axc"
    assert mend(start, keep).now.source.text == "axc"
