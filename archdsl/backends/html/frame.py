"""The page embedded in another page, such as a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Frame:
    """A page that a notebook shows in the output of a cell, in a sandbox without access to the notebook."""

    page: str
    title: str
    height: int

    def __repr__(self) -> str:
        return f"<the interactive diagram of {self.title}>"

    def _repr_html_(self) -> str:
        style = f"width: 100%; height: {self.height}px; border: 1px solid #8884; border-radius: 8px"
        sandbox = "allow-scripts allow-downloads allow-modals"
        page, title = escape(self.page), escape(self.title)
        return f'<iframe title="{title}" style="{style}" sandbox="{sandbox}" srcdoc="{page}"></iframe>'
