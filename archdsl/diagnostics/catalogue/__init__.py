"""All codes that archdsl can report, one class each, by the stage that reports them.

A class's docstring is its page in ``archdsl explain``; ``message`` and ``label`` are templates over its fields.
"""
