"""Plain second readings of the rules, written apart: tests hold the real ones against them."""
