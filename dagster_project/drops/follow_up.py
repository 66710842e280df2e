"""What stands against an operator's journeys tonight, in its folder: also what a later neighbour has changed.

Beside the answers to drops (feedback): those tell of rows when they come, this of journeys as long as they
are kept. Replaced whole every night; a journey that is valid again is no longer in it.
"""

import json
from datetime import date

import duckdb
import polars as pl

from dagster_project.contracts.rules import RULES
from dagster_project.csv_out import write_csv
from dagster_project.drops.claim import operators
from dagster_project.drops.feedback import GUIDE
from dagster_project.lake import Lake, replacing

NAME = "suivi_des_trajets"
_STANDING = """
    select operator_journey_id, start_on as jour_du_depart, rule_code as code
    from active.journey_notices where operator_id = ? order by start_on, operator_journey_id, rule_code
"""
_TOLD = {"error": "refus", "warning": "avertissement"}


def follow_up(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> dict[str, int]:
    """Write every operator's list; returns how many journeys each code stands against, all operators."""
    texts = pl.DataFrame(
        [
            {
                "code": rule.code,
                "gravite": _TOLD[rule.severity],
                "motif": rule.sentence,
                "remede": rule.remedy,
                "documentation": f"{GUIDE}#{rule.code}",
            }
            for rule in RULES.values()
        ]
    )
    total: dict[str, int] = {}
    for folder in operators(lake.drops):
        standing = connection.execute(_STANDING, [folder.name]).pl()
        if standing.is_empty():
            for ending in ("csv", "json"):
                (folder / "feedback" / f"{NAME}.{ending}").unlink(missing_ok=True)
            continue
        counts = dict(standing.group_by("code").len().sort("code").iter_rows())
        total = {code: total.get(code, 0) + counts.get(code, 0) for code in sorted({*total, *counts})}
        lines = standing.join(texts, on="code", how="left", maintain_order="left")
        summary = {
            "fichier": f"{NAME}.csv",
            "date_de_traitement": business_date.isoformat(),
            "trajets": [
                {"code": code, "motif": RULES[code].sentence, "trajets": count}
                for code, count in counts.items()
            ],
        }
        with replacing(folder / "feedback" / f"{NAME}.csv") as beside:
            write_csv(lines, beside)
        with replacing(folder / "feedback" / f"{NAME}.json") as beside:
            beside.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return total
