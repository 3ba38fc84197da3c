"""The command line: the only code that parses arguments, writes files and chooses exit codes."""
