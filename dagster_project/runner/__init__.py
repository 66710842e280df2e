"""How a night is started outside Dagster's pages: its instance and its event log."""
