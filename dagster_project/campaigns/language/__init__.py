"""The shape and the words of a campaign file. Not here: its evaluation (dbt/models/campaigns)."""
