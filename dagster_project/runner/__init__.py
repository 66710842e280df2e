"""How a night is run outside Dagster's pages: its instance, its event log, what it says of itself."""
