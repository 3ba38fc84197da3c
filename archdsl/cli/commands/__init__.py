"""The commands, one a module, each imported when it is asked for."""
