"""What is mutated: the bundled specs, the library, the samples of the manual, and the cases of the error tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from archdsl.elaborate.loader import Outside
from archdsl.files import DiskLoader
from archdsl.source import SourceFile

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```arch( [^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FLOW = re.compile(r"\bflow=(\[[^\]]*\])(?: -> (\[[^\]]*\]))?")


@cache
def texts() -> tuple[str, ...]:
    """Specs, most of them short, each once and in an order that depends on nothing but the files."""
    files = [
        *sorted((ROOT / "specs").glob("*.arch")),
        *sorted((ROOT / "archdsl" / "std").glob("*.arch")),
        *sorted((ROOT / "tests" / "cases").glob("*/*.arch")),
    ]
    found = [path.read_text(encoding="utf-8") for path in files]
    manual = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    found += [_sample(options, text) for options, text in _FENCE.findall(manual)]
    return tuple(dict.fromkeys(found))


def _sample(options: str, text: str) -> str:
    flow = _FLOW.search(options)
    return text if flow is None else f"model M() :: {flow[1]} -> {flow[2] or '[1]'} {{\n{text}}}\n"


class MemoryLoader(DiskLoader):
    """The library, read once, and files that are on no disk: ``"a.arch"`` is whatever text is under that name."""

    def __init__(self, files: dict[str, str]) -> None:
        super().__init__()
        self._files = files

    def module(self, name: str) -> SourceFile | None:
        return _library(name)

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        if path.startswith(("/", "..")):
            raise Outside(path)
        return SourceFile(path, self._files[path]) if path in self._files else None


@cache
def _library(module: str) -> SourceFile | None:
    return DiskLoader().module(module)
