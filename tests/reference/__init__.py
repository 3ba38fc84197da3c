"""Every op once more, in NumPy: written from the formulas of docs/ops.md alone, slowly, in float64, and without Keras.

A family a file. ``run`` computes a graph; what it says is compared with what the backends make of the same graph.
"""
