"""What is kept and shown of frauds: six months' trace, final verdicts, counts, plots.

Not here: what makes a journey suspect (dbt/models/fraud), thresholds (data/rules/fraud.yml), answers (drops).
"""
