"""From a point to its commune, and from a commune and a year to its territories. Imports nothing of ours."""
