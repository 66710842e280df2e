"""Tells people how a night went: a page, a JSON and a message, from what Dagster wrote down."""
