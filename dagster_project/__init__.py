"""The warehouse of the carpooling proof registry."""
