"""Doors to files: safe folders, durable writes, the one writer of CSV, the one door to typst."""
