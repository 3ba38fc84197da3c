"""Modules of PyTorch, as ``torch.export`` records them, as programs over tensors. No other part loads PyTorch."""
