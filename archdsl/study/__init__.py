"""Experiments on models, and what came of them as values. Those that run a model do so in a backend."""
