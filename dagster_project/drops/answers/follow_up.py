"""What stands against an operator's journeys tonight, in its folder: also what a later neighbour has changed.

Beside the answers to drops (feedback): those tell of rows when they come, this of journeys as long as they
are kept. Replaced whole every night; a journey that is valid again is no longer in it.
"""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.documents import GUIDE
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.drops.answers.folder import as_json, deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import csv_bytes
from dagster_project.lake.store import Lake

NAME = "suivi_des_trajets"
_STANDING = """
    select operator_journey_id, start_on as jour_du_depart, rule_code as code
    from active.journey_notices where operator_id = ? order by start_on, operator_journey_id, rule_code
"""
_SEVERITIES = {"error": "refus", "warning": "avertissement"}


def follow_up(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> dict[str, int]:
    """Write every operator's list; returns how many journeys each code stands against, all operators."""
    texts = pl.DataFrame(
        [
            {
                "code": rule.code,
                "gravite": _SEVERITIES[rule.severity],
                "motif": rule.sentence,
                "remede": rule.remedy,
                "documentation": f"{GUIDE}#{rule.code}",
            }
            for rule in RULES.values()
        ]
    )
    total: dict[str, int] = {}
    for operator_id, _ in operators(lake.drops, troubles):
        standing = connection.execute(_STANDING, [operator_id]).pl()
        counts = dict(standing.group_by("code").len().sort("code").iter_rows())
        total = {code: total.get(code, 0) + counts.get(code, 0) for code in sorted({*total, *counts})}
        files: dict[str, bytes | Path | None] = dict.fromkeys((f"{NAME}.csv", f"{NAME}.json"))
        if counts:
            lines = standing.join(texts, on="code", how="left", maintain_order="left")
            summary = {
                "fichier": f"{NAME}.csv",
                "date_de_traitement": business_date.isoformat(),
                "trajets": [
                    {"code": code, "motif": RULES[code].sentence, "trajets": count}
                    for code, count in counts.items()
                ],
            }
            files = {f"{NAME}.csv": csv_bytes(lines), f"{NAME}.json": as_json(summary)}
        deliver(lake, operator_id, files, troubles)
    return total
