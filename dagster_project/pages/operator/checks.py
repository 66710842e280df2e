"""Whether an operator's page says what the ledger and the answers say."""

import duckdb

from dagster_project.drops.answers.folder import kept
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

_SQL = statements(__file__)


def differing(lake: Lake, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What pages say otherwise than the ledger (operators), or than an answer (drops)."""
    found = [operator_id for (operator_id,) in connection.execute(_SQL["differing"]).fetchall()]
    delivered = {drop_id: counts for drop_id, *counts in connection.execute(_SQL["delivered"]).fetchall()}
    for row in kept(lake):
        answer, counts = row["answer"], delivered.get(row["drop_id"])
        if counts and "lignes_lues" in answer:
            said = [answer["lignes_lues"], answer["lignes_rejetees"]]
            found += [row["drop_id"]] if said != counts else []
    return found
