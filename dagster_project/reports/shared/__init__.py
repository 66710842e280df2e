"""What several documents share: French words, letters, sheets, seals, manifests, counts."""
