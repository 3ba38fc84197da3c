"""The command line: the only place where arguments are read, files written and exit codes chosen."""
