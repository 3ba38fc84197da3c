"""What a checked graph becomes: Keras models, Graphviz diagrams."""
