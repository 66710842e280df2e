"""Who a person is: phone → E.164, identity keys, pseudonyms per authority.

Not here: where identities are kept (contracts, lake).
"""
