"""Keras code: a file that imports only Keras and NumPy. Nothing here imports Keras."""
