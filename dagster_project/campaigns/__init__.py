"""A campaign file: its shape, its messages, and the rule rows that dbt evaluates.

Not here: the evaluation itself (dbt/models/campaigns).
"""
