"""Each operator's page, out of the warehouse and its own answers: drops/<operator>/feedback/index.html.

It reads rows of one operator alone. Why: D-272, D-273.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from dagster_project.catalogue.conventions import Convention
from dagster_project.catalogue.dossier import STATES
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.standing import remembered
from dagster_project.contracts.documents import ANSWERS, GUIDE
from dagster_project.contracts.labels import NEUTRAL
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.answers.folder import deliver, kept
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.pages.operator import money, tables
from dagster_project.pages.page import Link, render
from dagster_project.reports.account.account import Demand
from dagster_project.reports.fund_call.journeys import tests_of
from dagster_project.reports.issued import PAGE
from dagster_project.reports.shared.french import french_day, french_euros, french_number
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.source import Parties

_SQL = statements(__file__)
_Rows = list[dict[str, Any]]


def publish_operator_pages(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    parties: Parties,
    troubles: Troubles,
) -> dict[str, str]:
    """Lay its page into the folder of every operator of the catalogue; returns the pages by operator."""
    answers: dict[str, dict[str, str]] = {}
    for row in kept(lake):
        answers.setdefault(row["operator_id"], {})[row["drop_id"]] = row["answer_name"]
    known = {operator.id: operator for operator in remembered(lake, list(parties.operators.values()))}
    lying: dict[str, list[str]] = {}
    for operator_id, folder in operators(lake.drops, troubles):
        if operator_id in known:
            lying[operator_id] = []
            if folder.status("feedback"):
                with troubles.telling(operator_id, "feedback/"), folder.below("feedback") as feedback:
                    lying[operator_id] = feedback.names()

    def page(operator_id: str, own: duckdb.DuckDBPyConnection) -> str:
        given = answers.get(operator_id, {})
        return operator_page(own, known[operator_id], business_date, parties, given, lying[operator_id])

    pages = dict(side_by_side(page, lying, connection))
    for operator_id, text in pages.items():
        deliver(lake, operator_id, {PAGE: text.encode()}, troubles)
    return pages


def operator_page(
    connection: duckdb.DuckDBPyConnection,
    operator: Operator,
    day: date,
    parties: Parties,
    answers: Mapping[str, str],
    there: Sequence[str],
) -> str:
    """The page as of a night: counts of rows, journeys and passenger journeys, amounts in cents."""
    since, labels_since = (TERMS[term].cut_off(day) for term in ("rejected", "fraud"))

    def rows(query: str, **given: Any) -> _Rows:
        return connection.execute(_SQL[query], {"operator_id": operator.id, **given}).pl().to_dicts()

    drops = rows("drops", since=since)
    demands, money_tables = money.of_operator(connection, operator.id)
    refusals, labels = (
        rows("refusals", day=day),
        rows("labels", day=day, neutral=NEUTRAL.code, labels_since=labels_since),
    )
    asked = [*operator.asked(), *_of_conventions(parties.authorities.values(), operator.id, day)]
    campaigns = []
    for campaign in rows("campaigns"):
        campaign_id = campaign["campaign_id"]
        steps = rows("steps", campaign_id=campaign_id)
        table = tables.journeys(campaign_id, steps, tests_of(connection, campaign_id))
        campaigns.append({"name": campaign["campaign_name"], "table": table})
    return render(
        "operator/index.html.jinja",
        operator=operator.on(day).name,
        day=day,
        cards=_cards(drops, refusals, labels, demands, operator.missing(day)),
        state=_state_words(operator, day),
        drops=tables.drops(drops, answers, there),
        rejections=tables.rejections(rows("rejections", day=day, since=since)),
        refusals=tables.refusals(refusals),
        labels=tables.labels(labels),
        campaigns=campaigns,
        money=money_tables,
        dossier=tables.dossier(operator.pieces(), asked, day),
        files=[
            (Link(paper.files.split(",")[0], paper.title), paper.what)
            for paper in ANSWERS.values()
            if paper.files.split(",")[0] in there and paper.files != PAGE
        ],
        guide=GUIDE if GUIDE in there else "",
    )


def _of_conventions(
    authorities: Sequence[Authority] | Any, operator_id: str, day: date
) -> list[tuple[str, date | None]]:
    """What the conventions that an operator has signed ask of it."""
    signed: list[tuple[Authority, Convention]] = [
        (authority, convention)
        for authority in authorities
        for convention in authority.conventions
        if convention.operator == operator_id
        and convention.signed_on <= day < (convention.end_on or date.max)
    ]
    return [
        (f"{what} ({authority.name_genitive})", came)
        for authority, convention in signed
        for what, came in convention.asked()
    ]


def _state_words(operator: Operator, day: date) -> str:
    state, since = operator.state(day), operator.since(day)
    when = "" if since == date.min else f" depuis le {french_day(since)}"
    return f"État du dossier : {STATES[state]}{when}."


def _cards(
    drops: _Rows, refusals: _Rows, labels: _Rows, demands: Sequence[Demand], missing: Sequence[str]
) -> list[tuple[str, str, str]]:
    """The first look: what came, what stands against journeys, what is unpaid, what lacks."""
    rows, rejected = (sum(drop[name] for drop in drops) for name in ("rows", "rejected_rows"))
    last = f"dernier : {french_day(drops[0]['business_date'])}" if drops else ""
    excluded = sum(row["found"] for row in labels if row["is_excluding"])
    rest = sum(demand.rest_cents for demand in demands if demand.sent_on)
    late = sum(demand.rest_cents for demand in demands if demand.sent_on and demand.days_late)
    return [
        ("Dépôts en trente jours", french_number(len(drops)), last),
        ("Lignes rejetées", french_number(rejected), f"sur {french_number(rows)}"),
        ("Refus et avertissements", french_number(sum(row["found"] for row in refusals)), "en cours"),
        ("Signalements qui écartent", french_number(excluded), "six derniers mois"),
        ("Reste à recevoir", french_euros(rest), f"dont en retard {french_euros(late)}"),
        ("Pièces qui manquent", french_number(len(missing)), ", ".join(missing)),
    ]
