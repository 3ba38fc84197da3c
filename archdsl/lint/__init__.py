"""Lints: what a reviewer would ask about a correct spec. Each is one function; its code is a warning."""
