"""Doors to files: safe folders, durable writes, CSV, YAML that people sign, SQL beside its module, typst."""
