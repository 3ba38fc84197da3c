"""Studies that train models: recipes, data, trials that survive being killed, and the engines that run them."""
