"""Results of experiments on models as values, with their statistics and tables. Models run in the backends."""
