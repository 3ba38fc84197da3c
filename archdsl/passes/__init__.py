"""Analysis passes over a checked graph: one a file, each a function from the graph to a new value."""
