"""What each table is: columns, types, units, personal or not. Imports nothing of ours.

Not here: how a table is made, where it is kept.
"""
