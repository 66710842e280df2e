"""The money ledger: which periods are due, their closing, the chain that proves them unchanged.

Not here: amounts (dbt/models/campaigns), what adjusts a closed one (dbt/models/ledger), documents (reports).
"""
