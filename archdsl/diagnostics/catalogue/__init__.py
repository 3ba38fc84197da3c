"""Every code that archdsl can report, one class each, by the stage that finds it.

A class's docstring is its page in ``archdsl explain``; ``message`` and ``label`` are templates over its fields.
"""
