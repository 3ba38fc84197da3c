"""What developers run: pages that are made from the code."""
