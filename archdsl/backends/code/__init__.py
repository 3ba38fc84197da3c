"""Turns instances back into definitions: the part of code generation that all frameworks share."""
