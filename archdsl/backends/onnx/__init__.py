"""ONNX files, written from the graph without a framework. ``write.py`` is the entry point; docs/adr/0027 says why."""
