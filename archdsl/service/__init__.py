"""The language service: queries on an open text, its imports and a position, with plain values as results.

``Analysis(source, loader)`` is one version of a text; every feature is a module with functions of an analysis and an
offset. Nothing here knows a protocol, an editor, a file or a clock, so that a browser can run it as well.

- ``analysis``: what is known of a text: names, diagnostics, what each step makes
- ``hover``, ``completion``, ``signatures``, ``definition``, ``references``, ``symbols``, ``folding``, ``selection``,
  ``tokens``, ``hints``, ``lenses``, ``hierarchy``: questions about it
- ``rename``, ``formatting``, ``actions`` and ``refactor``: changes of it, as ``Edit`` values
"""

from archdsl.service.analysis import Analysis
from archdsl.service.lines import Lines

__all__ = ["Analysis", "Lines"]
