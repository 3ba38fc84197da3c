"""Open texts: what is kept of their versions."""

from __future__ import annotations

import gc
import weakref

from archdsl.lsp.documents import Document
from archdsl.service import Analysis


def test_versions_that_were_never_checked_are_freed() -> None:
    document = Document("untitled:1", 0, "", {})
    made: list[weakref.ref[Analysis]] = []
    for version in range(1, 100):
        document.change(version, f"let n = {version}")
        assert document.analysis.parsed.declarations
        made.append(weakref.ref(document.analysis))
    gc.collect()
    left = [analysis for ref in made if (analysis := ref()) is not None]
    assert 1 <= len(left) < 20
    assert left[-1] is document.analysis
