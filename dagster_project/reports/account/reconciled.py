"""What a reconciliation tells of a campaign: months, reasons, what is declared outside; reasons in French."""

from dataclasses import dataclass

import polars as pl

from dagster_project.reports.shared.source import refusal_words

_REASONS = {
    "equal": "déclaré et calculé sont égaux",
    "elsewhere": "hors du territoire ou de la période de la campagne",
    "budget": "enveloppe épuisée",
    "cap": "plafond atteint",
    "not_declared": "calculé, et non déclaré par l’opérateur",
    "other_siren": "déclaré sous un autre SIREN que celui de l’autorité",
    "amount": "montant déclaré différent du montant calculé",
}
Step = tuple[str, int, int]  # words, cents declared, cents computed


@dataclass(frozen=True)
class Reconciled:
    """A campaign's months and reasons; `outside`: what is declared of its authority and is of no campaign.

    `others` are the authority's other campaigns with their months' sums.
    """

    campaign: str
    months: pl.DataFrame
    reasons: pl.DataFrame
    outside: pl.DataFrame
    others: tuple[Step, ...]

    @property
    def own(self) -> tuple[Step, ...]:
        """What the months' sums are made of: borne by journeys, by journeys of past terms, by nothing."""
        forgotten, unexplained = (
            int(self.months[name].sum()) for name in ("forgotten_cents", "unexplained_cents")
        )
        return (
            ("Feuille « Motifs », trajets de la campagne", *_sums(self.reasons)),
            ("Trajets effacés à leur terme, que le grand livre tient encore", 0, forgotten),
            ("Non expliqué", 0, unexplained),
        )

    @property
    def beyond(self) -> tuple[Step, ...]:
        """What is declared and computed of the authority besides."""
        return (
            ("Déclaré hors de toute campagne, à part dans « Motifs »", *_sums(self.outside)),
            *((f"{name}, à son propre rapprochement", said, given) for name, said, given in self.others),
        )

    @property
    def whose(self) -> str:
        """Of whom the rows of no campaign are, and where else they stand."""
        words = "Ces trajets ne sont d’aucune campagne : le total d’aucune ne les compte."
        names = ", ".join(name for name, *_ in self.others)
        return f"{words} Les mêmes lignes sont aux rapprochements de : {names}." if names else words


def _sums(rows: pl.DataFrame) -> tuple[int, int]:
    return int(rows["declared_cents"].sum()), int(rows["computed_cents"].sum())


def reason_words(reason: str) -> str:
    """Why declared and computed differ (`reconciliation_reasons`), in French."""
    kind, _, code = reason.partition(":")
    if kind == "refused":
        return f"refusé par le registre : {refusal_words(code)}"
    return f"test « {code} » de la campagne" if kind == "test" else _REASONS[reason]
