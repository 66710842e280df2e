"""Nouns that all share: tables, columns, codes, terms, instants, the forms of signed files.

Imports nothing of ours. Not here: how a table is made, where it is kept.
"""
