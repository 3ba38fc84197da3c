"""OpenVINO's own form of a model, read from our ONNX."""
