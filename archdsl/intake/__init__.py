"""Models of other programs as specs: read, brought into our ops, divided into blocks and loops, written, and proved."""
