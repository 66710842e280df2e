"""Dagster's pages behind a door: who opens them (accounts), what passes (gate), how all starts (server)."""
