"""``archdsl study``: the commands that train models and show results."""
