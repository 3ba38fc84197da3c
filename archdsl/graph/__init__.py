"""The elaborated graph: dimensions, nodes, the tree of instances, and its serialised forms."""
