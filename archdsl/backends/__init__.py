"""Backends: what a checked graph is compiled to, such as models, code and diagrams."""
