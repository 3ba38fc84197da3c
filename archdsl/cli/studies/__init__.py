"""``archdsl study``: its commands that train."""
