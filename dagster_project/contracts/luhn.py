"""The check digit of SIREN and SIRET numbers."""

_LA_POSTE = "356000000"  # its establishments follow another rule: digits sum to a multiple of five


def is_siret(text: str) -> bool:
    """Fourteen digits whose check digit is right."""
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return False
    if text.startswith(_LA_POSTE) and sum(map(int, text)) % 5 == 0:
        return True
    doubled = (int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(text)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
