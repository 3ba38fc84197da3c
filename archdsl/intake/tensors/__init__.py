"""Programs over tensors, as ONNX and PyTorch have them, as flat graphs of our ops. ``program.py`` begins."""
