"""The pages that are made from the code are as the code is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from scripts.docs import PAGES, ROOT, pictures
from scripts.gallery import drawn

_TEXT = re.compile(r"<(?:text|title|desc)[^>]*>([^<]*)<")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "`make docs` writes it"


@pytest.mark.parametrize(("folder", "draw"), [("blocks", pictures), ("gallery", drawn)])
def test_pictures_say_what_the_code_draws(folder: str, draw: Callable[[], Iterator[tuple[str, bytes]]]) -> None:
    """Where things lie may change with the version of Graphviz."""
    wanted = {name: sorted(_TEXT.findall(picture.decode())) for name, picture in draw()}
    kept = {path.name: sorted(_TEXT.findall(path.read_text("utf-8"))) for path in (ROOT / "docs" / folder).iterdir()}
    assert kept == wanted, "`make docs` draws them"
