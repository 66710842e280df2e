"""The half-yearly report (CONVENTION 13, annexe 4)."""
