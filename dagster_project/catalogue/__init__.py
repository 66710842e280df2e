"""What people sign and edit: parties, dossiers, campaigns' files, rules, law; read, and written to the lake.

Not here: the language of campaigns (campaigns).
"""
