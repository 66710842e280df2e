"""What an operator reads of its journeys' labels: `feedback/signalements.csv`, made anew each night.

The label in French, its remedy, whether it sets the journey aside; no person, no other operator's journey.
"""

import duckdb
import polars as pl

from dagster_project.contracts.frauds import DECIDED, LABELS
from dagster_project.drops.feedback import GUIDE, inert, write_table
from dagster_project.lake import Lake, replacing

FILE = "signalements.csv"
_LABELS = """
    select operator_id, operator_journey_id, start_on, rule_code, is_excluding, decided_on
    from fraud.fraud_labels
    where start_on >= $first_on
    order by all
"""


def write_labels(lake: Lake, connection: duckdb.DuckDBPyConnection, first_on: object) -> int:
    """Write every operator's file, of journeys since that day; returns how many labels there are."""
    labels = connection.execute(_LABELS, {"first_on": first_on}).pl()
    told = pl.DataFrame(
        {
            "rule_code": one.code,
            "signalement": one.title,
            "motif": one.sentence,
            "remede": one.remedy,
            "documentation": f"{GUIDE}#{one.code}",
        }
        for one in (*LABELS, DECIDED)
    )
    lines = labels.join(told, on="rule_code", how="left", maintain_order="left").select(
        "operator_id",
        inert(pl.col("operator_journey_id")).alias("operator_journey_id"),
        pl.col("start_on").alias("jour"),
        pl.col("rule_code").alias("code"),
        pl.when("is_excluding").then(pl.lit("écarté")).otherwise(pl.lit("information")).alias("effet"),
        pl.col("decided_on").alias("decision_du"),
        "signalement",
        "motif",
        "remede",
        "documentation",
    )
    of_operator = lines.partition_by("operator_id", as_dict=True, include_key=False)
    for folder in sorted(lake.drops.glob("*/feedback")):
        mine = of_operator.get((folder.parent.name,))
        file = folder / FILE
        if mine is None:
            file.unlink(missing_ok=True)
            continue
        with replacing(file) as beside:
            write_table(mine, beside)
    return labels.height
