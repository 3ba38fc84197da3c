"""The operations: one pydantic class each, by family. ``archdsl.ops.registry`` finds them by name."""
