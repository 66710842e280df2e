"""A delivered file → accepted rows, rejected rows with reasons, an answer to the operator.

Not here: what the columns mean (contracts), which journeys are valid (dbt).
"""
