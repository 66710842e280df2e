"""The statement of account of an operator with an authority: due, paid, late, interest, rest."""
