"""The zones on disk: where each table lies, how it is encrypted, its keys and their rotation."""
