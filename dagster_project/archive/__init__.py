"""The anonymised archive: writing a month for good, measuring what it keeps and what it could give away.

The ladder itself is SQL (dbt/models/archive). Not here: when journeys are erased (retention).
"""
