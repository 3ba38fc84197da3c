"""Models of Keras, from their configurations: data that is looked at, and of which nothing is executed."""
