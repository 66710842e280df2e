"""The one list of what is made from a published cache: the night, retention and a person's rights read it.

The night makes each output in the asset of its name under `exports`; what retention or a person's request has
changed is made anew whole. Not here: the answer to a drop, which is completed once (drops/answers).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.standing import without_access
from dagster_project.drops.answers.amounts import write_amounts
from dagster_project.drops.answers.entries import write_entries
from dagster_project.drops.answers.follow_up import follow_up
from dagster_project.drops.answers.guides import write_guides
from dagster_project.drops.answers.labels import write_labels
from dagster_project.drops.answers.pot_ends import write_pot_ends
from dagster_project.drops.answers.shared_costs import write_shared_costs
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.pages.authority.source import publish_pages
from dagster_project.pages.observatory.source import publish_observatory
from dagster_project.pages.operator.source import publish_operator_pages
from dagster_project.payments.follow_ups import write_follow_ups
from dagster_project.reports.account.source import publish_accounts
from dagster_project.reports.authority.export import Exports, export
from dagster_project.reports.observatory.campaigns import public_campaigns
from dagster_project.reports.observatory.data_set import publish_data
from dagster_project.reports.observatory.editions import NewEditions, keep_due
from dagster_project.reports.publish import publish
from dagster_project.reports.shared.folder import Publication
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.source import parties
from dagster_project.settings import settings
from dagster_project.warehouse import cache


@dataclass(frozen=True)
class OperatorLists:
    """What operators' folders hold beside answers, counted: journeys by code, lines of the other lists."""

    standing: Mapping[str, int]
    labels: int
    shared_costs: int
    amounts: int
    pot_ends: int
    accounting_lines: int


@dataclass(frozen=True)
class Observatory:
    """What a night told the public for the first time, and what it wrote; none: nothing had changed."""

    new_editions: NewEditions
    publication: Publication | None
    pages: list[Path]


def fund_calls(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, _: Troubles
) -> Publication:
    """Every campaign's folder: calls, invoices, advance statements, reports."""
    return publish(lake, connection, business_date, parties(settings().catalogue))


def accounts(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> Publication:
    """Every authority's statements of account; every operator's lists of payments, demands and invoices."""
    known = parties(settings().catalogue)
    write_follow_ups(lake, connection, business_date, known, troubles)
    return publish_accounts(lake, connection, business_date, known)


def pages(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, _: Troubles) -> list[Path]:
    """Every authority's page; after the documents that it lists. Raises catalogue.CatalogueError."""
    root = settings().catalogue
    return publish_pages(
        lake, connection, business_date, parties(root), catalogue.campaigns(root), root / "reference"
    )


def observatory(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, _: Troubles
) -> Observatory:
    """What the public is told: new editions kept, open data, pages. Raises catalogue.CatalogueError."""
    root = settings().catalogue
    listed = public_campaigns(catalogue.campaigns(root), parties(root))
    new_editions = keep_due(lake, connection, business_date)
    publication = publish_data(lake, business_date, listed)
    return Observatory(new_editions, publication, publish_observatory(lake, listed, root / "reference"))


def operator_pages(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> dict[str, str]:
    """Every operator's page; after the lists that it links to. Raises catalogue.CatalogueError."""
    return publish_operator_pages(lake, connection, business_date, parties(settings().catalogue), troubles)


def authority_journeys(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, _: Troubles
) -> Exports:
    """Every authority's journeys, or why it gets none. Raises ExportError."""
    closed = without_access(lake, settings().catalogue, business_date)
    return export(lake, connection, business_date, closed)


def feedback(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> OperatorLists:
    """Every operator's lists; what in a folder was in the way is told in `troubles`."""
    write_guides(lake, troubles)
    lists: dict[str, Callable[..., Any]] = {
        "standing": follow_up,
        "labels": write_labels,
        "shared_costs": write_shared_costs,
        "amounts": write_amounts,
        "pot_ends": write_pot_ends,
        "accounting_lines": write_entries,
    }

    def written(name: str, own: duckdb.DuckDBPyConnection) -> tuple[Any, Troubles]:
        met = Troubles()
        return lists[name](lake, own, business_date, met), met

    counts = dict(side_by_side(written, lists, connection))
    troubles.extend(trouble for _, met in counts.values() for trouble in met)
    return OperatorLists(**{name: count for name, (count, _) in counts.items()})


_Output = Callable[[Lake, duckdb.DuckDBPyConnection, date, Troubles], object]
OUTPUTS: dict[str, _Output] = {
    make.__name__: make
    for make in (
        *(fund_calls, accounts, pages, authority_journeys, feedback, operator_pages),
        observatory,
    )
}


def rebuild(lake: Lake, business_date: date) -> Troubles:
    """`make_all`; before any night, there is nothing to make."""
    return make_all(lake, business_date) if lake.cache_file.exists() else Troubles()


def make_all(lake: Lake, business_date: date) -> Troubles:
    """Build the cache beside the old one and publish from it.

    Returns what in operators' folders was in the way. Raises BuildError, ExportError.
    """
    troubles = Troubles()
    cache.build(lake, business_date)
    with cache.reading(lake) as connection:
        for make in OUTPUTS.values():
            make(lake, connection, business_date, troubles)
    return troubles
