"""How long what is kept (JURIDIQUE étape 4, CONVENTION article 9): the one table of terms.

A term runs from a local day (Europe/Paris) to the same day of the month it ends in, or that month's last day
where it has none (règlement n° 1182/71, article 3): from 29 February 2024, twelve months end on 28 February
2025. The night of a business date stands for the end of that day, so it erases what ends on it. Why: D-160.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dagster_project.contracts.moments import first_instant


@dataclass(frozen=True)
class Term:
    """One row of the table: how long, counted from what, and why; French, as people read it."""

    what: str
    counted_from: str
    source: str
    months: int = 0
    days: int = 0

    def ends_on(self, day: date) -> date:
        """The last day on which what began on that day is kept."""
        month = day.month - 1 + self.months
        year, month = day.year + month // 12, month % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(days=self.days)

    def cut_off(self, business_date: date) -> date:
        """The latest day whose term has ended at the end of that business date."""
        year, month = divmod(business_date.year * 12 + business_date.month - 1 - self.months, 12)
        day = date(year, month + 1, min(business_date.day, monthrange(year, month + 1)[1]))
        day -= timedelta(days=self.days)
        while self.ends_on(day + timedelta(days=1)) <= business_date:  # the end of a longer month
            day += timedelta(days=1)
        return day

    def kept_from(self, business_date: date) -> datetime:
        """The first instant (UTC) that is still kept after the night of that business date."""
        after = self.cut_off(business_date) + timedelta(days=1)
        return first_instant(after)


# A call is paid within 30 days (CONVENTION 8.4): what `exports` would take before is never shown on it
# (reports/fund_call/journeys.py), so that the file that is paid upon stays, and no term is passed.
TERMS = {
    "journeys": Term("trajets et identités", "fin du trajet", "JURIDIQUE étape 4.1", months=12),
    "exports": Term("trajets exportés", "fin du trajet", "JURIDIQUE étape 4.1", months=12),
    "archive": Term("archive anonymisée", "premier jour du mois", "JURIDIQUE étape 4.2", months=12 + 24),
    "drops": Term("dépôts bruts et leurs noms", "date de traitement", "JURIDIQUE étape 3", days=30),
    "rejected": Term("lignes rejetées, motifs, réponses", "date de traitement", "JURIDIQUE étape 3", days=30),
    "requests": Term("réponses aux demandes d’accès", "date de la demande", "JURIDIQUE étape 1", days=30),
    "attestations": Term(
        *("attestations chez l’opérateur", "date de traitement", "JURIDIQUE étape 6"), days=30
    ),
    "copies": Term("copies de sauvegarde, chiffrées", "date de la copie", "RGPD article 17", days=30),
    "fraud": Term(
        *("trace des trajets écartés pour fraude", "date de mise à l’écart", "CONVENTION article 9"), months=6
    ),
}
