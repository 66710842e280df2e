"""Bank statements that operators lay down: which lines pay a demand; what each line and demand is answered.

Not here: what a payment is matched to (dbt/models/payments), what an account shows (reports/account).
"""
