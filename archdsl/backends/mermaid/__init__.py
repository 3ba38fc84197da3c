"""Graph to Mermaid, the diagrams that GitHub, GitLab and many editors show in Markdown."""

from archdsl.backends.mermaid.flowchart import to_mermaid

__all__ = ["to_mermaid"]
