"""Attestations for carpoolers: an operator asks, the night answers with signed PDFs (JURIDIQUE étape 6).

Not here: the attestation of a fund call (reports), what a person asks of the registry itself (rights).
"""
