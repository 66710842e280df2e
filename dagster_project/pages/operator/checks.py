"""Whether the figures that an operator's page prints are those of the ledger and of the answers."""

from collections.abc import Mapping
from decimal import Decimal

import duckdb
from lxml import html

from dagster_project.drops.answers.folder import kept
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.pages.checks import sums

_SQL = statements(__file__)
# Of each table: what a column's rows, and its total, come to.
_AMOUNTS = {
    ("appels", "Indemnité"): "incentive_cents",
    ("appels", "Commission TTC"): "fee_cents",
    ("demandes", "Reste"): "rest_cents",
}
_ROWS = {("depots", "Lignes"): "lignes_lues", ("depots", "Rejetées"): "lignes_rejetees"}


def differing(lake: Lake, connection: duckdb.DuckDBPyConnection, pages: Mapping[str, str]) -> list[str]:
    """Columns of pages, by operator, that sum to something else than ledger, accounts and answers say."""
    amounts = {row["operator_id"]: row for row in connection.execute(_SQL["amounts"]).pl().to_dicts()}
    answers: dict[str, dict[str, Mapping[str, int]]] = {}
    for row in kept(lake):  # a drop that came under two names has two answers, which say the same
        if row["answer"].keys() >= {*_ROWS.values()}:  # what answers a request for attestations has no rows
            answers.setdefault(row["operator_id"], {})[row["drop_id"]] = row["answer"]
    differing_columns = []
    for operator_id, text in pages.items():
        page, operator_answers = html.fromstring(text), answers.get(operator_id, {}).values()
        wanted = {
            column: Decimal(amounts.get(operator_id, {}).get(name, 0)).scaleb(-2)
            for column, name in _AMOUNTS.items()
        } | {
            column: Decimal(sum(answer[name] for answer in operator_answers))
            for column, name in _ROWS.items()
        }
        differing_columns += [
            f"{operator_id} : {id}, {head}"
            for (id, head), number in wanted.items()
            if sums(page, id, head) != {number}
        ]
    return differing_columns
