"""How long a test waits for what should be done at once."""

PATIENCE = 10.0
"""Seconds: many times what such a test takes on an idle machine, so that a busy or slow one fails none, and little
against what a loop without an end, or work that grows with the square, would take. How fast things are is for
``make bench`` to say."""
