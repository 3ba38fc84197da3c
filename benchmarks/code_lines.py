"""How long files of code are beside the specs that they are written from: ``python -m benchmarks.code_lines``.

Lines of a spec are those of its file that are neither empty nor comments nor checks, with the blocks of the library
that the model is made of, counted alike. Lines of code are those that are not empty, without docstrings; of Keras also
without ``load_weights``, which is the same in all files.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from statistics import median

import archdsl
from archdsl.backends.python.loading import NAMES as LOADING
from archdsl.bundled import bundled
from archdsl.diagnostics import ArchError

_BLOCK = re.compile(r"^block (\w+).*?^\}", re.MULTILINE | re.DOTALL)


def _spec_lines(text: str) -> int:
    checks = re.sub(r"^check .*(\n    .*)*", "", text, flags=re.MULTILINE)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in checks.splitlines())


def _code_lines(text: str) -> int:
    lines = {n for n, line in enumerate(text.splitlines(), 1) if line.strip()}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name in LOADING:
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def ratios() -> Iterator[tuple[str, int, int, int]]:
    """Every bundled model: its name, lines of its spec, of its file of PyTorch and of that of Keras."""
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
        yield found.name, spec, _code_lines(found.to_torch()), _code_lines(found.to_python())


if __name__ == "__main__":
    rows = [*ratios()]
    for name, spec, torch, keras in rows:
        print(f"{name:24} {spec:4} {torch:4} {torch / spec:5.2f} {keras:4} {keras / spec:5.2f}")
    for what, column in (("PyTorch", 2), ("Keras", 3)):
        print(f"{what}: {len(rows)} models, median {median(row[column] / row[1] for row in rows):.2f}")
