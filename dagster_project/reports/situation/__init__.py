"""The situation of a campaign: what open calls would claim tonight, and what is left (CONVENTION 6.1)."""
