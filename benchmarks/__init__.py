"""What archdsl costs, as ratios against named alternatives measured in the same run: ``python -m benchmarks``."""
