"""``docs/zoo.md``: every bundled model with its figures, its proof, and how much code it is here and elsewhere.

``python -m scripts.zoo FILE…`` counts the lines of code of Python files and specs as the page does.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from archdsl.bundled import bundled
from archdsl.comparison.entry import Entry
from archdsl.files import locate
from archdsl.summary.figures import exact, human
from archdsl.summary.forms import seen
from archdsl.survey import survey

ROOT = Path(__file__).parent.parent
_RESULTS = ROOT / "tests" / "conformance" / "results.toml"

KINDS = ("classification", "features", "detection", "segmentation", "generation")
"""The sections of the page. A spec says which is its own, `about { kind = "detection" }`; without a word, the first."""


def lines_of(path: Path) -> int:
    """Lines of code: without blank lines, comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    return len(_python(text)) if path.suffix == ".py" else len(_spec(text))


def _spec(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _python(text: str) -> set[int]:
    documented: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            documented.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    kept: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP):
            kept.update(range(token.start[0], token.end[0] + 1))
    return kept - documented


def families() -> list[dict[str, Any]]:
    """The table that the page is made of."""
    table: list[dict[str, Any]] = tomllib.loads((ROOT / "scripts/zoo.toml").read_text(encoding="utf-8"))["family"]
    return table


def zoo() -> str:
    """The page."""
    table = families()
    results = tomllib.loads(_RESULTS.read_text(encoding="utf-8")) if _RESULTS.exists() else {}
    lines = [
        "# The zoo",
        "",
        "Models that come with archdsl: `archdsl compile efficientnet_b3`. `make docs` writes this page.",
        "",
        _layers(table),
        "",
        "Parameters are all weights, as Keras counts them; multiply-adds (MACs) are those of convolution, dense and",
        "attention layers for one image; depth counts layers with weights on the longest path; the receptive field is",
        "that of the last map, in pixels ([measures.md](measures.md) defines them). Top-1 is what the paper",
        "or the reference states for ImageNet, in percent. The last column is the largest difference between logits",
        "of the compiled model and those of the reference, relative to the largest logit, in float32 and with all",
        "weights and statistics random: `make conformance` measures it, with weights carried over",
        "[by name](../archdsl/weights/published). Figures of every model with a reference are equal to those of the",
        "reference.",
    ]
    kinds: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for family in table:
        kinds[_kind(family)].append(family)
    for kind, members in kinds.items():
        if members:
            lines += ["", f"## {kind.capitalize()}"]
        for family in members:
            lines += ["", f"### {family['title']}", "", *_family(family, results)]
    lines += ["", "## Code", "", *_code(table), "", *_corrections()]
    return "\n".join(lines) + "\n"


def _layers(table: Sequence[Mapping[str, Any]]) -> str:
    """How many models need nothing but Keras to load."""
    alone = sum(len(models_of(family)) for family in table if not family.get("needs_layers"))
    total = sum(len(models_of(family)) for family in table)
    return f"Files of {alone} of {total} bundled models load with Keras alone; where a family needs more, it says so."


def models_of(family: Mapping[str, Any]) -> Sequence[str]:
    """The names that the table lists; without a list of its own, all that the file has."""
    return family["models"] or [name for name, (file, _) in bundled().items() if file == f"{family['spec']}.arch"]


def entries_of(names: Sequence[str]) -> list[Entry]:
    """The figures of bundled models, each by any of its names."""
    entries = [found for found in survey(map(locate, names)) if isinstance(found, Entry)]
    assert len(entries) == len(names), "a bundled model has errors, or two names"
    return entries


def _counts(entry: Entry) -> tuple[str, str]:
    """Parameters and MACs."""
    params, macs = entry.figures["params"], entry.figures["macs"]
    assert isinstance(params, int)
    assert isinstance(macs, int)
    return exact(params), human(macs)


def _field(entry: Entry) -> str:
    field = entry.figures["receptive_field"]
    return seen(field).text if isinstance(field, tuple) else ""


def _kind(family: Mapping[str, Any]) -> str:
    """What the models are for: ``about { kind = "detection" }``, else classification.

    Raises ``ValueError`` for a kind that the page has no section for.
    """
    (entry,) = entries_of(models_of(family)[:1])
    kind = str(entry.facts.get("kind", KINDS[0]))
    if kind not in KINDS:
        raise ValueError(f"{family['spec']}.arch: kind = {kind!r} is none of {', '.join(KINDS)}")
    return kind


def _family(family: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[str]:
    papers = set()
    rows = []
    names = models_of(family)
    for name, entry in zip(names, entries_of(names), strict=True):
        papers.add(_paper(entry.facts))
        shape = "×".join(map(str, entry.inputs[0]))
        counts = (*_counts(entry), str(entry.figures["depth"]), _field(entry))
        cells = (f"`{name}`", shape, *counts, str(entry.facts.get("imagenet_top1", "")))
        rows.append(f"| {' | '.join((*cells, _proof(results.get(name, {}))))} |")
    file = f"specs/{family['spec']}.arch"
    yield ", ".join([f"[{file}](../{file})", *sorted(filter(None, papers))])
    if family.get("needs_layers"):
        yield from ("", "Files load after `import archdsl.layers`, which has what Keras lacks.")
    yield from ("", "| model | input | parameters | MACs | depth | receptive field | top-1 | against the reference |")
    yield "|---|---|---:|---:|---:|---:|---:|---|"
    yield from rows


def _paper(about: Mapping[str, Any]) -> str:
    paper, year = about.get("paper"), about.get("year")
    if not paper:
        return f"{year}" if year else ""
    text = str(paper)
    match = re.fullmatch(r"arXiv:([\d.]+)", text)
    return (f"[{text}](https://arxiv.org/abs/{match[1]})" if match else text) + (f" ({year})" if year else "")


def _proof(results: Mapping[str, Any]) -> str:
    parts = [
        f"{error:.0e} from {reference}" if error else f"equal to {reference}"
        for reference, error in results.get("errors", {}).items()
    ]
    return ", ".join(parts) + (f" ({results['date']})" if parts else "")


def _code(families: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "Lines of code, without blank lines, comments and docstrings, `check` lines included;"
    yield "`python -m scripts.zoo FILE…` counts them."
    yield from ("", "| family | here | elsewhere |", "|---|---:|---|")
    ours = theirs = 0
    for family in families:
        spec = lines_of(ROOT / "specs" / f"{family['spec']}.arch")
        others = family.get("elsewhere", [])
        if others:
            ours += spec
            theirs += sum(other["lines"] for other in others)
        shown = "; ".join(f"{other['lines']} in {other['file']}" for other in others)
        yield f"| {family['title']} | {spec} | {shown} |"
    library = sum(lines_of(path) for path in (ROOT / "archdsl" / "std").glob("*.arch"))
    yield f"| the block library, all of it | {library} | |"
    total = ours + library
    yield f"| those with a reference, and the library | {total} | {theirs} |"
    yield from ("", f"That is {theirs / total:.1f} times less.")


def _corrections() -> list[str]:
    """Where figures that are often quoted are not those of the models."""
    rows = [
        ("AlexNet", "61 M", "alexnet", "torchvision's, in one column; the paper's two groups have fewer"),
        (
            "GoogLeNet",
            "6.8 M",
            "googlenet",
            "the paper's widths with biases; torchvision's has 6.6 M",
        ),
        ("ResNet-50", "25.6 M, 4.1 G", "resnet50", "with the stride on the 3x3; on the first 1x1 it is 3.86 G"),
        ("DenseNet-121", "8 M, 2.9 G", "densenet121", "2.83 G multiply-adds"),
        ("EfficientNet-B7", "66 M, 37 G at 224×224", "efficientnet_b7", "37.7 G at its own 600×600; 5.17 G at 224×224"),
        ("MobileNetV2", "3.4 M", "mobilenet_v2", "without the statistics of batch norm 3.50 M"),
        ("Swin-T", "29 M", "swin_t", "with relative position bias, shift and mask"),
        ("LeNet-5", "60 k", "lenet5", "the common version with full connections; the paper's sparse C3 gives 60,000"),
    ]
    lines = [
        "## Figures that are quoted otherwise",
        "",
        "| model | often quoted | here | why |",
        "|---|---|---|---|",
    ]
    entries = entries_of([name for _, _, name, _ in rows])
    for (title, quoted, _, why), (params, macs) in zip(rows, map(_counts, entries), strict=True):
        lines.append(f"| {title} | {quoted} | {params}, {macs} MACs | {why} |")
    lines += [
        "",
        "Code that is often copied differs from the papers too: a bottleneck with its stride on the first 1x1, gates",
        "of squeeze-and-excitation sized by the expanded width instead of the block's input, windows of attention",
        "without position bias, shift or mask, and position embeddings that no layer tracks, so that training leaves",
        "them alone.",
    ]
    return lines


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(lines_of(Path(argument)), argument)
