"""What no page may hold: the network's addresses, too many bytes, other amounts than the warehouse's."""

import re
from decimal import Decimal
from pathlib import Path

import duckdb
from lxml import html

from dagster_project.files.statements import statements

MOST_BYTES = 2_000_000
_SQL = statements(__file__)
_NETWORK = re.compile(r"""(?:src|href|action)\s*=\s*["']?\s*(?:[a-z]+:)?//|\bfetch\(|https?://""")
# Of each table of a campaign: the columns whose rows, and whose last total, are these sums.
_SUMS = {
    "appels": {"Indemnité": "incentive_cents", "Commission TTC": "fee_cents"},
    "mois": {"Indemnité": "incentive_cents", "Commission TTC": "fee_cents"},
    "declare": {"Calculé": "incentive_cents"},
}
# Columns whose last row is one.
_LAST = {"jours": {"Consommé par les trajets": "drawn_cents", "Reste": "left_cents"}}


def reaches_out(file: Path) -> bool:
    """Whether the page names something of the network."""
    return names_the_network(file.read_text("utf-8"))


def names_the_network(page: str) -> bool:
    """Whether a page's text names something of the network."""
    lower = page.lower()
    if "url(" in page or "@import" in lower:
        return True
    return ("//" in lower or "fetch(" in lower) and bool(_NETWORK.search(lower))  # which takes longer


def is_too_large(file: Path) -> bool:
    """Whether the page is of 2 MB or more."""
    return file.stat().st_size >= MOST_BYTES


def differing(connection: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    """Columns of an authority's page (its folder's) whose printed amounts are not the warehouse's."""
    page, key = html.fromstring(file.read_text("utf-8")), {"authority_id": file.parent.name}
    ((owed,),) = connection.execute(_SQL["owed"], key).fetchall()
    comparisons = [("a_payer", "Reste à payer", owed, sums(page, "a_payer", "Reste à payer"))]
    for pot in connection.execute(_SQL["pots"], key).pl().to_dicts():
        for name, columns in (*_SUMS.items(), *_LAST.items()):
            id = f"{name}_{pot['campaign_id']}"
            for head, cents in columns.items():
                shown = sums(page, id, head) if name in _SUMS else {*printed(page, id, head)[0][-1:]}
                comparisons.append((id, head, pot[cents], shown))
    return [
        f"{id} : {head}"
        for id, head, cents, shown in comparisons
        if cents is not None and shown != {Decimal(cents).scaleb(-2)}
    ]


def sums(page: html.HtmlElement, id: str, head: str) -> set[Decimal]:
    """What a table's rows sum to under a head, and what its last total says: one number where they agree."""
    parts, totals = printed(page, id, head)
    return {sum(parts, Decimal()), *totals[-1:]}


def printed(page: html.HtmlElement, id: str, head: str) -> tuple[list[Decimal], list[Decimal]]:
    """The numbers that a table shows under a head: of its rows, and of rows that sum some of them."""
    heads = [head.text_content() for head in page.xpath(f"id('{id}')/thead//th")]
    parts, totals = list[Decimal](), list[Decimal]()
    for row in page.xpath(f"id('{id}')/tbody/tr"):
        value = row[heads.index(head)].get("data-v")
        if value is not None:
            (totals if row.get("class") == "total" else parts).append(Decimal(value.replace(",", ".")))
    return parts, totals
