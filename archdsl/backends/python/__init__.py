"""Keras as text: a file that imports Keras and NumPy alone. Nothing here imports Keras."""
