"""What the sources of documents share: the parties' files, and the warehouse's rows in French words."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.campaigns import catalogue
from dagster_project.campaigns.parties import Authority, Operator
from dagster_project.contracts.rules import RULES

REASONS = {
    "late": "transmis après la clôture de sa période",
    "correction": "corrigé après la clôture de sa période",
    "cancellation": "annulé après la clôture de sa période",
    "refusal": "refusé après la clôture de sa période",
}


def reason_words(reason: str) -> str:
    """A movement's reason in French, a refusal with the rule that refused; empty for an ordinary journey."""
    kind, _, code = reason.partition(":")
    return f"{REASONS[kind]} : {refusal_words(code)}" if code else REASONS.get(kind, "")


def refusal_words(code: str) -> str:
    """Why a journey is refused, within a sentence."""
    sentence = RULES[code].sentence.rstrip(".")
    return sentence[0].lower() + sentence[1:]


@dataclass(frozen=True)
class Parties:
    """Who stands on documents, by id; read from their files, because the warehouse holds no account."""

    operators: Mapping[str, Operator]
    authorities: Mapping[str, Authority]


def parties(root: Path) -> Parties:
    """Every operator and authority of the catalogue. Raises catalogue.CatalogueError."""
    return Parties(
        {one.id: one for one in catalogue.operators(root)},
        {one.id: one for one in catalogue.authorities(root)},
    )


def article_words(article: str | None) -> str:
    """ "6.2" as "article 6.2"; "6.1, 8.3" as "articles 6.1, 8.3"; nothing where the file cites none."""
    if not article:
        return ""
    return f"{'articles' if ',' in article else 'article'} {article}"
