"""OpenVINO's intermediate representation, converted from our ONNX."""
