"""Specs for archdsl: ``from acme.blocks import Stem``. There is nothing to import from Python."""
