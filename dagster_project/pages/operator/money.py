"""Calls, advances, demands and payments of an operator, as the warehouse has them, in cents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from dagster_project.contracts.payments import PAYMENT_VERDICTS
from dagster_project.files.statements import statements
from dagster_project.pages.page import Column, Row, Table
from dagster_project.reports.account.account import Demand
from dagster_project.reports.shared.french import french_period

_Rows = Sequence[Mapping[str, Any]]
_SQL = statements(__file__)


def of_operator(connection: duckdb.DuckDBPyConnection, operator_id: str) -> tuple[list[Demand], list[Table]]:
    """Its demands; the tables of calls, advances, demands and payments."""
    given = {"operator_id": operator_id}
    rows_by_query = {name: connection.execute(query, given).pl().to_dicts() for name, query in _SQL.items()}
    asked = [Demand.of(row) for row in rows_by_query["demands"]]
    return asked, [
        calls(rows_by_query["calls"]),
        advances(rows_by_query["advances"]),
        demands(asked),
        payments(rows_by_query["payments"]),
    ]


def calls(rows: _Rows) -> Table:
    """Why each call is what it is."""
    names = ("tariff_cents", "cap_cut_cents", "budget_cut_cents", "adjustment_cents", "incentive_cents")
    amounts = (*names, "fee_cents")
    lines = [
        Row((_period(row), row["campaign_name"], "clos" if row["is_closed"] else "en cours",
             *(row[name] for name in amounts)))
        for row in rows
    ]  # fmt: skip
    if len(rows) > 1:
        sums = (sum(row[name] for row in rows) for name in amounts)
        lines.append(Row(("Total", "", "", *sums), is_total=True))
    heads = ("Selon le tarif", "Retiré par les plafonds", "Retiré faute d’enveloppe", "Régularisations")
    return Table(
        "appels",
        "Appels de fonds : du tarif à l’indemnité appelée",
        (
            *(Column("Période"), Column("Campagne"), Column("État")),
            *(Column(head, "euros") for head in (*heads, "Indemnité", "Commission TTC")),
        ),
        lines,
        empty="Aucun appel de fonds.",
    )


def advances(rows: _Rows) -> Table:
    """What is left of each advance, and what its revision asks for."""
    names = ("opening_cents", "consumed_cents", "left_cents", "revision_cents")
    return Table(
        "acomptes",
        "États d’acompte",
        (
            *(Column("Période"), Column("Campagne")),
            *(Column(head, "euros") for head in ("Au début", "Consommé", "Reste", "À verser, ou à rendre")),
        ),
        [Row((_period(row), row["campaign_name"], *(row[name] for name in names))) for row in rows],
        empty="Aucun acompte.",
    )


def demands(rows: Iterable[Demand]) -> Table:
    """Every demand: advances, calls, invoices; what was paid of it and what is left."""
    return Table(
        "demandes",
        "Demandes (acomptes, appels, factures) et paiements",
        (
            *(Column("Demande"), Column("Référence du virement"), Column("Envoyée le", "day")),
            *(Column("Échéance", "day"), Column("État"), Column("Demandé", "euros"), Column("Payé", "euros")),
            *(Column("Reste", "euros"), Column("Trop-perçu", "euros")),
        ),
        [
            Row((demand.title, demand.reference, demand.sent_on, demand.due_on, demand.state,
                 demand.asked_cents, demand.paid_cents, demand.rest_cents, demand.surplus_cents))
            for demand in rows
        ],
        empty="Aucune demande.",
    )  # fmt: skip


def payments(rows: _Rows) -> Table:
    """Each line of the bank that was kept."""
    return Table(
        "paiements",
        "Paiements lus sur les relevés bancaires",
        (
            *(Column("Jour", "day"), Column("Référence"), Column("Montant", "euros")),
            *(Column("Non rapproché", "euros"), Column("Suite"), Column("Remède")),
        ),
        [
            Row((row["booked_on"], row["named"], row["amount_cents"], row["unmatched_cents"],
                 PAYMENT_VERDICTS[row["verdict"]].title, PAYMENT_VERDICTS[row["verdict"]].remedy))
            for row in rows
        ],
        empty="Aucun relevé n’a été lu.",
    )  # fmt: skip


def _period(row: Mapping[str, Any]) -> str:
    return french_period(row["period_start_on"], row["period_end_on"])
