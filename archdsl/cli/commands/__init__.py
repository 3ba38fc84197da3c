"""The commands, one per module, each imported on demand."""
