"""The pages that are made from the code are as the code is."""

from __future__ import annotations

import pytest

from scripts.docs import PAGES, ROOT


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "`make docs` writes it"
