"""ONNX files, written from the graph with no framework loaded. ``write.py`` begins; docs/adr/0027 says why so."""
