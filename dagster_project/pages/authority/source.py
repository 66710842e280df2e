"""Each authority's page, out of the warehouse and the signed manifests: exports/<authority>/index.html."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dagster_project.campaigns.language.model import Campaign
from dagster_project.contracts.documents import AUTHORITY, READ_ME, read_me
from dagster_project.contracts.terms import TERMS
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.pages.authority import activity, brief, declared, flows, months, pot, quality
from dagster_project.pages.authority.documents import held_back, papers, to_pay
from dagster_project.pages.page import publish, render
from dagster_project.pages.rules import rules
from dagster_project.proof.manifest import ManifestError
from dagster_project.reports.account.source import FOLDER
from dagster_project.reports.fund_call.journeys import tests_of
from dagster_project.reports.issued import PAGE
from dagster_project.reports.shared.pot_end import ASSUMES, end_words, is_forecast
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.reports.shared.source import Parties

AUTHORITY_PLACE = "Registre de preuve de covoiturage : dossier de l’autorité"
_SQL = statements(__file__)


def publish_pages(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    parties: Parties,
    campaigns: Sequence[Campaign],
    reference: Path,
) -> list[Path]:
    """Write the page of every authority that has a campaign; returns where they lie."""
    signatory = Signatory(lake)
    known = {campaign.id: campaign for campaign in campaigns}
    authorities = connection.execute(
        "select distinct authority_id from catalogue.campaigns order by all"
    ).fetchall()

    def published(authority: tuple[str], own: duckdb.DuckDBPyConnection) -> Path:
        (authority_id,) = authority
        rows = _rows(own, "campaigns", authority_id=authority_id)
        folder = lake.exports / authority_id
        manifests = {
            name: _manifest(signatory, folder / name)
            for name in (*(row["campaign_id"] for row in rows), FOLDER)
        }
        content = authority_page(own, authority_id, business_date, parties, known, manifests, reference)
        publish(folder / PAGE, content)
        publish(folder / READ_ME, read_me(AUTHORITY_PLACE, PAGE, AUTHORITY, "authority"))
        return folder / PAGE

    return [page for _, page in side_by_side(published, authorities, connection)]


def authority_page(
    connection: duckdb.DuckDBPyConnection,
    authority_id: str,
    business_date: date,
    parties: Parties,
    campaigns: Mapping[str, Campaign],
    manifests: Mapping[str, Mapping[str, Any]],
    reference: Path,
) -> str:
    """The page as of a night; amounts and counts are the warehouse's, cents and passenger journeys."""
    names = {operator.id: operator.name for operator in parties.operators.values()}
    gone_until_on = TERMS["journeys"].cut_off(business_date)
    demands = _rows(connection, "demands", authority_id=authority_id)
    due = brief.due_cards(demands, business_date)
    figures = _frame(connection, "figures", authority_id=authority_id, gone_until_on=gone_until_on)
    members = _frame(connection, "communes", authority_id=authority_id, today=business_date)
    places = flows.shown(figures, business_date, reference, dict(members.iter_rows()))
    fates = _rows(connection, "fates", authority_id=authority_id, gone_until_on=gone_until_on)
    shown = [
        _campaign(connection, status, gone_until_on, campaigns, names)
        for status in _rows(connection, "campaigns", authority_id=authority_id)
    ]
    grown = next(iter(places["grown"]), None)
    return render(
        "authority/index.html.jinja",
        authority=parties.authority(authority_id, business_date).name,
        day=business_date,
        asked=list(brief.asked(due, shown, grown, names)),
        due=due,
        to_pay=to_pay(demands, manifests, names),
        held=held_back(manifests, names),
        papers=papers(manifests, names),
        activity=activity.shown(figures, names),
        flows=places,
        fates=quality.fates(fates),
        campaigns=shown,
    )


def _campaign(
    connection: duckdb.DuckDBPyConnection,
    status: Mapping[str, Any],
    gone_until_on: date,
    campaigns: Mapping[str, Campaign],
    names: dict[str, str],
) -> dict[str, Any]:
    """What the page shows of one campaign."""
    campaign_id = status["campaign_id"]
    steps = _rows(connection, "steps", campaign_id=campaign_id)
    calls = _rows(connection, "calls", campaign_id=campaign_id)
    days = list(pot.told_days(_rows(connection, "days", campaign_id=campaign_id)))
    paid = _rows(connection, "months", campaign_id=campaign_id)
    sides = _rows(connection, "sides", campaign_id=campaign_id)
    reasons = _rows(connection, "reasons", campaign_id=campaign_id, authority_id=status["authority_id"])
    new = _rows(connection, "newcomers", campaign_id=campaign_id, gone_until_on=gone_until_on)
    return {
        "id": campaign_id,
        "name": status["campaign_name"],
        "status": status,
        "cards": pot.cards(status),
        "end": end_words(status),
        "assumes": ASSUMES if is_forecast(status) else "",
        "picture": pot.picture(status, days),
        "days": pot.days(campaign_id, days),
        "calls": pot.calls(campaign_id, calls, names),
        "operators": months.operators_choice(paid, names),
        "paid": months.paid(campaign_id, paid, names),
        "paid_picture": months.paid_picture(campaign_id, paid, names),
        "newcomers": months.newcomers(campaign_id, new),
        "choice": quality.calls_choice(steps),
        "steps": quality.steps(campaign_id, steps, tests_of(connection, campaign_id), names),
        "declarers": declared.choice(sides, names),
        "gaps": reasons,
        "sides": declared.sides(campaign_id, sides, names),
        "reasons": declared.reasons(campaign_id, reasons, names),
        "rules": rules(campaigns[campaign_id], names),
    }


def _manifest(signatory: Signatory, folder: Path) -> Mapping[str, Any]:
    """What the registry signed; a folder that it did not sign is not told of (the night's check names it)."""
    try:
        return signatory.read_manifest(folder)
    except ManifestError:
        return {}


def _frame(connection: duckdb.DuckDBPyConnection, query: str, **key: Any) -> pl.DataFrame:
    return connection.execute(_SQL[query], key).pl()


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **key: Any) -> list[dict[str, Any]]:
    return _frame(connection, query, **key).to_dicts()
