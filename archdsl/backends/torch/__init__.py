"""PyTorch as text: a file that imports torch alone. Nothing here imports torch."""
