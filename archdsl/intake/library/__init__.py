"""Calls of the library's blocks in place of what they make: unification of their definitions with parts of a model."""
