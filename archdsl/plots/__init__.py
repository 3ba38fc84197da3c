"""Plots of what the other parts computed, drawn with matplotlib, which nothing else here imports."""
