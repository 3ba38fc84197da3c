"""Instances made definitions again: what every writer of code has, whichever framework it writes for."""
