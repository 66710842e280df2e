"""How many journeys a fund call speaks of: each count defined and named once, for all of its documents.

One unit everywhere, the convention's trajet passager: the ride of one passenger, so a line of two seats is
two of them (CONVENTION article 1). Only files have lines, which the manifest counts as rows. Why: D-099.
"""

from dataclasses import dataclass, fields

UNIT = "Trajets passagers"
STEPS = {
    "received": "reçus par le registre",
    "valid": "valides",
    "concerned": "du territoire et de la période de la campagne",
    "eligible": "éligibles à la campagne",
    "paid": "indemnisés",
}
DEFINITIONS = (
    "Trajets passagers : un trajet passager est le trajet d’un passager (article 1). Une ligne de deux "
    "places en compte deux. Tous les nombres de trajets de l’appel de fonds, du récapitulatif, du "
    "rapprochement, de l’attestation et du nom de fichier sont des trajets passagers, sans les "
    "régularisations.",
    "Reçus par le registre : envoyés par l’opérateur, avec un départ dans la période, où que ce soit. "
    "Valides : ni annulés, ni refusés, ni écartés pour fraude. Du territoire et de la période de la "
    "campagne : ceux des lignes de la feuille « Trajets ». Éligibles : conformes aux conditions de la "
    "convention. Indemnisés : d’une indemnité supérieure à zéro.",
)


@dataclass(frozen=True)
class Counts:
    """Passenger journeys of an operator's call that reach each of STEPS; adjustments are not among them."""

    received: int
    valid: int
    concerned: int
    eligible: int
    paid: int

    @property
    def lines(self) -> tuple[tuple[str, str, int], ...]:
        """Step, label and count, each one out of the one before."""
        return tuple((step.name, step_label(step.name), getattr(self, step.name)) for step in fields(self))


def step_label(step: str) -> str:
    """ "Reçus par le registre", "dont valides"."""
    words = STEPS[step]
    return words.capitalize() if step == "received" else f"dont {words}"
