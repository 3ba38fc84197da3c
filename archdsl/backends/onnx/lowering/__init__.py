"""One function per op, in a file named after the op's. A file is imported when one of its ops is lowered."""
