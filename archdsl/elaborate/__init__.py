"""AST to graph: imports, names, compile-time values, and the instantiation of blocks with shapes proved on the way."""
