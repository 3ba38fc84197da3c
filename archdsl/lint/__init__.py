"""Lints: what a reviewer would ask about a spec that is right. Each is one function; its code is a warning."""
