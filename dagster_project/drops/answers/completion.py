"""What only the whole base can tell of a drop (duplicates, corrections), added to its answer."""

from datetime import date, timedelta
from typing import Any

import duckdb

from dagster_project.drops.answers.folder import as_json, deliver, kept
from dagster_project.drops.troubles import Troubles
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

_SQL = statements(__file__)


def complete(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> int:
    """Add to the answers of the last nights what only the whole base can tell: duplicates, corrections.

    Seven nights, so that a night that was killed before this step is made up for; an answer that its operator
    has taken away is not written again. Returns the number of answers completed.
    """
    additions = completions(connection, business_date - timedelta(days=7))
    completed = 0
    for row in kept(lake):
        if row["drop_id"] in additions and "deja_recu" not in row["answer"]:
            answer = as_json(row["answer"] | additions[row["drop_id"]])
            files = {row["answer_name"]: answer}
            completed += deliver(lake, row["operator_id"], files, troubles, where="one is")
    return completed


def completions(connection: duckdb.DuckDBPyConnection, after: date) -> dict[str, dict[str, Any]]:
    """What the whole base tells of each drop taken after a day, to be added to its answer."""
    notices: dict[str, dict[str, int]] = {}
    for drop_id, code, count in connection.execute(_SQL["notices"]).fetchall():
        notices.setdefault(drop_id, {})[code] = count
    return {
        account["drop_id"]: {
            "lignes_acceptees_dont": {
                "trajets_nouveaux": account["new_journeys"],
                "corrections": account["corrections"],
                "annulations": account["cancellations"],
                "doublons_ignores": account["duplicates"],
                "identifiants_deja_pris": account["strays"],
                "annulations_sans_trajet": account["unknown_cancellations"],
            },
            "trajets_refuses_ou_signales": notices.get(account["drop_id"], {}),
        }
        for account in connection.execute(_SQL["accounts"], {"after": after}).pl().to_dicts()
    }
