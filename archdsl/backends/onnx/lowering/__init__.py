"""One function per op, in the file that is called as the file of the op. It is imported when an op of it is lowered."""
