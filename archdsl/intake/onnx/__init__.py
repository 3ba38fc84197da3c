"""Files of ONNX as programs over tensors: read as data, with bounds. No framework is loaded."""
