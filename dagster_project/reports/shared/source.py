"""What the sources of documents share: the parties' files, and the warehouse's rows in French words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.registry import Registry
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.reports.shared.french import french_list, typographic

REASONS = {
    "late": "transmis après la clôture de sa période",
    "correction": "corrigé après la clôture de sa période",
    "cancellation": "annulé après la clôture de sa période",
    "refusal": "refusé après la clôture de sa période",
}

_LOSSES = {
    "cancelled": "annulés par l’opérateur",
    "elsewhere": "hors du territoire ou de la période de la campagne",
    "no_amount": "sans indemnité d’après le tarif",
    "cap": "plafond atteint",
    "budget": "budget épuisé",
}


def reason_words(reason: str) -> str:
    """A movement's reason in French, a refusal with the rule that refused; empty for an ordinary journey."""
    kind, _, code = reason.partition(":")
    return f"{REASONS[kind]} : {refusal_words(code)}" if code else REASONS.get(kind, "")


def refusal_words(code: str) -> str:
    """Why a journey is refused, within a sentence."""
    sentence = typographic(RULES[code].sentence.rstrip("."))
    return sentence[0].lower() + sentence[1:]


def loss_words(loss: str, tests: Mapping[str, str]) -> str:
    """What kept journeys from a step of a call (finance.fund_call_steps); `tests`: eligibility's names."""
    if loss.startswith("refused:"):
        return f"refusés : {refusal_words(loss.removeprefix('refused:'))}"
    return _LOSSES.get(loss) or tests.get(loss, loss)


@dataclass(frozen=True)
class Parties:
    """Who stands on documents, by id; read from their files, because the warehouse holds no account."""

    operators: Mapping[str, Operator]
    authorities: Mapping[str, Authority]
    registry: Registry

    def operator(self, operator_id: str, day: date) -> Operator:
        """The operator as a document of that day names it."""
        return self.operators[operator_id].on(day)

    def authority(self, authority_id: str, day: date) -> Authority:
        """The authority as a document of that day names it."""
        return self.authorities[authority_id].on(day)


def parties(root: Path) -> Parties:
    """Every operator and authority of the catalogue, and the registry. Raises catalogue.CatalogueError."""
    return Parties(
        {operator.id: operator for operator in catalogue.operators(root)},
        {authority.id: authority for authority in catalogue.authorities(root)},
        catalogue.registry(root),
    )


def of_campaign(connection: duckdb.DuckDBPyConnection, query: str, campaign_id: str) -> list[dict[str, Any]]:
    """The rows of a query on `$campaign_id`, each beside what the campaign's file says of itself.

    Where both have a column, the row's stands.
    """
    key = {"campaign_id": campaign_id}
    of_file = connection.execute("from catalogue.campaigns where campaign_id = $campaign_id", key).pl()
    campaign = of_file.row(0, named=True)
    return [campaign | row for row in connection.execute(query, key).pl().iter_rows(named=True)]


def article_words(article: str | None) -> str:
    """ "6.2, annexe 2" as "article 6.2 et annexe 2"; "6.1, 8.3" as "articles 6.1 et 8.3"; "" for none."""
    by_kind: dict[str, list[str]] = {}
    for reference in filter(None, (part.strip() for part in (article or "").split(","))):
        annex = reference.removeprefix("annexe ")
        by_kind.setdefault("article" if annex == reference else "annexe", []).append(annex)
    phrases = [f"{kind}{'s' if len(of) > 1 else ''} {french_list(of)}" for kind, of in by_kind.items()]
    return ", et ".join(phrases) if max(map(len, by_kind.values()), default=0) > 1 else " et ".join(phrases)
