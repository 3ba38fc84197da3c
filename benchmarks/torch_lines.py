"""How long files of PyTorch are beside the specs that they are written from: ``python -m benchmarks.torch_lines``.

Lines of a spec are those of its file that are neither empty nor comments nor checks, with the blocks of the library
that the model is made of, counted alike. Lines of PyTorch are those that are not empty, without docstrings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from statistics import median

import archdsl
from archdsl.bundled import bundled
from archdsl.diagnostics import ArchError

_BLOCK = re.compile(r"^block (\w+).*?^\}", re.MULTILINE | re.DOTALL)


def _spec_lines(text: str) -> int:
    checks = re.sub(r"^check .*(\n    .*)*", "", text, flags=re.MULTILINE)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in checks.splitlines())


def _torch_lines(text: str) -> int:
    lines = {n for n, line in enumerate(text.splitlines(), 1) if line.strip()}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def ratios() -> Iterator[tuple[str, int, int]]:
    """Every bundled model: its name, lines of its spec, lines of its file."""
    for file, name in sorted({(file, model) for file, model in bundled().values() if model}):
        try:
            found = archdsl.load(f"specs/{file}:{name}")
        except ArchError:
            continue  # the model of a family, which needs arguments
        used = {instance.block for instance in found.graph.instances}
        spec = 0
        for path, text in found.sources.items():
            if path.endswith(f"specs/{file}") or path == file:
                spec += _spec_lines(text)
            else:
                spec += sum(_spec_lines(block[0]) for block in _BLOCK.finditer(text) if block[1] in used)
        yield found.name, spec, _torch_lines(found.to_torch())


if __name__ == "__main__":
    rows = [*ratios()]
    for name, spec, torch in rows:
        print(f"{name:24} {spec:4} {torch:4} {torch / spec:5.2f}")
    print(f"{len(rows)} models, median {median(torch / spec for _, spec, torch in rows):.2f}")
