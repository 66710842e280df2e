"""What proves to others that closed money stands: Merkle trees, signed checkpoints, their witness, manifests.

Not here: closings themselves (ledger), what documents say (reports).
"""
