"""Advances: statements, payment requests, alerts, the mid-term review (CONVENTION 8.1)."""
