"""What strangers' specs may do: nothing to the machine, to its files, or to the time of its owner."""
