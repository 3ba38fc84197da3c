"""PyTorch code: a file that imports only torch. Nothing here imports torch."""
