"""The lines for other editors name what there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from archdsl.syntax.tables import load

EDITORS = Path(__file__).parents[2] / "editors"
OTHERS = sorted(path for path in EDITORS.iterdir() if path.is_dir() and path.name != "vscode")


@pytest.mark.parametrize("folder", OTHERS, ids=lambda path: path.name)
def test_every_editor_starts_the_server_for_the_ending(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert re.search(r'archdsl"?,? "?lsp|args = \["lsp"\]|args: vec!\["lsp"', text)
    assert "arch" in text
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        tomllib.loads(block)
    assert f"]({folder.name})" in (EDITORS / "README.md").read_text(encoding="utf-8")


def test_the_mode_of_emacs_has_every_keyword() -> None:
    text = (EDITORS / "emacs" / "README.md").read_text(encoding="utf-8")
    words = {word for group in re.findall(r"\\\\\(\?:([^)]*?)\\\\\)", text) for word in group.split("\\\\|")}
    assert words >= set(load().keywords)
