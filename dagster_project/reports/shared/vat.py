"""The VAT of a fee as an invoice says it: rate, category of EN 16931, the law's words where there is none.

Why: D-111.
"""

from dataclasses import dataclass
from decimal import Decimal

from dagster_project.reports.shared.french import french_percent

# How a campaign says it (data/campaigns), to category and code of exemption in EN 16931.
_CODES = {
    "taux": ("S", ""),
    "franchise_en_base": ("E", "VATEX-FR-FRANCHISE"),
    "exoneree": ("E", ""),
    "hors_champ": ("O", "VATEX-EU-O"),
}
_MENTIONS = {
    "franchise_en_base": "TVA non applicable, article 293 B du CGI",
    "hors_champ": "Opération hors du champ d’application de la TVA",
}


@dataclass(frozen=True)
class Vat:
    """A rate in hundredths of a percent (850 for 8.5 %), or 0 and why; `reason`: the law that exempts."""

    basis_points: int
    kind: str = "taux"
    reason: str = ""

    @property
    def percent(self) -> Decimal:
        """The rate in percent."""
        return Decimal(self.basis_points) / 100

    @property
    def category(self) -> str:
        """S, E or O."""
        return _CODES[self.kind][0]

    @property
    def exemption_code(self) -> str:
        """Of the list VATEX; empty where the law has none."""
        return _CODES[self.kind][1]

    @property
    def mention(self) -> str:
        """What the law wants on an invoice without VAT; empty on one that bears it."""
        if self.kind == "exoneree":
            return f"Exonération de TVA, {self.reason}"
        return _MENTIONS.get(self.kind, "")

    @property
    def words(self) -> str:
        """In a cell: 20 %, or none."""
        return "sans TVA" if self.mention else french_percent(self.percent)


FRANCHISE = Vat(0, "franchise_en_base")
