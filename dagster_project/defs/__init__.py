"""Dagster wiring only, one file per step of the night. Not here: any rule, any path."""
