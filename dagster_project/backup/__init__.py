"""Encrypted copies of the home, and how one is brought back with what was asked and what expired since."""
