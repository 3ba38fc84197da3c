"""Hostile input: mutated specs, graphs, settings and imports, and whole programs that were generated.

``python -m tests.fuzz`` runs it for as long as it is told; ``docs/quality.md`` says what has been run.
"""
