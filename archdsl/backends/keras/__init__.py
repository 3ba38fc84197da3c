"""Graph to ``keras.Model``. The only package that imports Keras; everything else works without it."""
