"""Dagster wiring only: the night's assets, its job, and what they share. Not here: any rule, any path."""
