"""What a person may ask: access, rectification, limitation, erasure; the register of processing.

Not here: what goes by its term (retention).
"""
