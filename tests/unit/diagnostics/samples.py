"""Diagnostics that show what a renderer has to get right, by name."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic, Fix, Frame, Label, Severity
from archdsl.source import SourceFile, Span


class Sample(Diagnostic):
    """A mistake made for the tests."""

    message = "{what}"
    label = "{note}"
    what: str
    note: str = ""


class SampleWarning(Sample):
    """A warning made for the tests."""

    severity = Severity.WARNING


RESNET = SourceFile(
    "specs/resnet50.arch",
    """\
## ResNet-50 v1.5 (He et al. 2015): the stride sits on the 3x3 convolution.
from std.conv import ConvBN, ConvBNAct

## 1x1 reduce, 3x3, 1x1 expand; the shortcut projects only when it must.
block Bottleneck(width: int, stride: int = 1)
    :: [h, w, c] -> [h / stride, w / stride, 4 * width] {
  let out = 4 * width

  add {
    main: ConvBNAct(width, k=1)
          -> ConvBNAct(width, k=3, stride=stride)
          -> ConvBN(out, k=1)
    skip: if stride == 1 and c == out { id } else { ConvBN(out, k=1) }
  }
  -> relu
}

block Stage(width: int, depth: int, stride: int = 2) {
  Bottleneck(width, stride=stride)
  -> repeat depth - 1 { Bottleneck(width) }
}

model ResNet(depths: list[int], size: int = 224, classes: int = 1000) :: [size, size, 3] -> [classes] {
  ConvBNAct(64, k=7, stride=2)          as stem -> max_pool(3, stride=2)
  -> Stage(128, depths[1])              as c3
}
""",
)
STD = SourceFile(
    "std/conv.arch", "## Convolution and norm.\nblock ConvBN(filters: int, k: int = 3) {\n  conv(filters)\n}\n"
)


def span(source: SourceFile, text: str, occurrence: int = 0) -> Span:
    at = -1
    for _ in range(occurrence + 1):
        at = source.text.index(text, at + 1)
    return Span(source, at, at + len(text))


def marked(text: str, *, name: str = "specs/a.arch") -> tuple[Span, ...]:
    """The spans between ``«`` and ``»`` in a text, which is the source without those marks."""
    plain, edges = "", []
    for character in text:
        if character in "«»":
            edges.append(len(plain))
        else:
            plain += character
    source = SourceFile(name, plain)
    return tuple(Span(source, *pair) for pair in zip(edges[::2], edges[1::2], strict=True))


def design() -> Diagnostic:
    """The one that the design of the language shows."""
    return Sample(
        span=span(RESNET, "add"),
        what="branches of `add` have different shapes",
        note="needs equal shapes",
        labels=(Label(span(RESNET, "main"), "[28, 28, 512]"), Label(span(RESNET, "skip"), "[56, 56, 512]")),
        trace=(
            Frame("Bottleneck(128, stride=2)", span(RESNET, "Bottleneck", 1)),
            Frame("Stage(128, depth=4)", span(RESNET, "Stage", 1)),
        ),
        more=2,
        help=("pass the block's stride: `ConvBN(out, k=1, stride=stride)`",),
    )


def _on(text: str, what: str, note: str = "", *labels: str, **more: object) -> Diagnostic:
    first, *others = marked(text)
    pairs = zip(others, labels, strict=True)
    return Sample(span=first, what=what, note=note, labels=tuple(Label(s, t) for s, t in pairs), **more)  # type: ignore[arg-type]


def _twice(first: Span, again: Span) -> Diagnostic:
    return Sample(span=again, what="`a` is defined twice", note="again", labels=(Label(first, "first"),))


def _calls(*calls: str) -> tuple[Frame, ...]:
    return tuple(Frame(call, span(RESNET, "Stage", i % 2)) for i, call in enumerate(calls))


LONG = "let widths = [" + ", ".join(str(n) for n in range(100, 140)) + ', «"140"», ' + "141, " * 20 + "«142»]"
SAMPLES: dict[str, tuple[Diagnostic, ...]] = {
    "design": (design(),),
    "warning_and_errors": (
        design(),
        SampleWarning(span=span(RESNET, "size: int"), what="`size` is never used"),
        _on("let a = «x»", "no value is called `x`"),
    ),
    "two_warnings": tuple(
        SampleWarning(span=s, what="`depth` is never used") for s in marked("let «depth» = 3\nlet «depth» = 4")
    ),
    "one_line": (_on("add { «main: conv(3)»  «skip: id» }", "shapes differ", "[28, 28]", "[56, 56]"),),
    "label_before": (_twice(*marked("let «a» = 1\nlet b = 2\nlet «a» = 3")),),
    "other_file": (
        Sample(
            span=span(RESNET, "k=1", 2),
            what="`k` is no parameter of `ConvBN`",
            note="unknown",
            labels=(Label(span(STD, "ConvBN"), "takes `filters`"), Label(span(STD, "conv"), "used here")),
        ),
    ),
    "several_lines": (
        _on("block A() {\n  «add {\n    main: relu\n    skip: id\n  }»\n}", "one branch too many", "ends below"),
    ),
    "line_break": (_on("conv(8«\n»", "unexpected new line", "expected `)`"),),
    "end_of_file": (_on("block A() {«»", "unexpected end of the file", "expected a step"),),
    "empty_file": (Sample(span=Span(SourceFile("gone.arch", ""), 0, 0), what="no file is called `gone.arch`"),),
    "tabs": (_on("\tlet\tn = «x»\t# comment", "no value is called `x`", "here"),),
    "wide_characters": (_on('let 畳み = "e\u0301" + «層»', "no value is called `層`", "here"),),
    "hidden_characters": (_on("let a\u202e = «\x1b[31m»", "unexpected character \x1b", "\u200b"),),
    "long_line": (_on(LONG, "a list has elements of one type", "a string", "an int"),),
    "long_mark": (_on("let a = «" + "n + " * 60 + "n» # end", "too long", "all of it"),),
    "long_trace": (
        _on("«relu»", "wrong", trace=_calls("A(1)", "B(2)", "C(3)", "D(4)", "E(5)", "F(6)"), more=1),
        _on("«relu»", "wrong", trace=_calls("A(1)", "B(2)", "C(3)", "D(4)")),
        _on("«relu»", "wrong", trace=_calls(*(f"{c}({'1, ' * 14}1)" for c in "ABC")), more=3),
        _on("«relu»", "wrong", more=1),
    ),
    "help": (
        _on("«relu»", "wrong", help=("one", "two\nof two lines")),
        _on("«relo»", "wrong", fix=Fix(marked("«relo»")[0], "relu")),
        _on("conv(8) «relu»", "wrong", fix=Fix(marked("conv(8) «»relu")[0], "-> ")),
        _on("conv(8)«,»", "wrong", fix=Fix(marked("conv(8)«,»")[0], "")),
    ),
    "many_digits": (_on("\n" * 98 + "let «a» = 1\nlet «b» = 2", "wrong", "this", "that"),),
}
