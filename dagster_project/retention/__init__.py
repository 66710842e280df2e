"""How long personal data is kept, how it goes, the proof that it is gone.

Not here: what a table holds (contracts), the anonymised archive (dbt/models/archive).
"""
