"""Training studies: recipes, data sets, resumable trials, and the engines that run them."""
