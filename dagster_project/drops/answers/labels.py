"""What an operator reads of its journeys' labels: `feedback/signalements.csv`, made anew each night.

The label in French, its remedy, whether it sets the journey aside; no person, no other operator's journey: of
what rests on one, a single neutral reason where it sets the journey aside, and nothing where it only informs.
"""

from datetime import date

import duckdb
import polars as pl

from dagster_project.contracts.documents import GUIDE
from dagster_project.contracts.labels import DECIDED, FRAUD_TRACES, LABELS, NEUTRAL
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import csv_bytes
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

FILE = "signalements.csv"
_KEY = ["operator_id", "operator_journey_id", "rule_code"]
_SQL = statements(__file__)


def write_labels(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> int:
    """Write every operator's file: of journeys of the last six months, and of what a trace is kept of.

    Returns how many labels there are.
    """
    connection.register("traced", lake.read(FRAUD_TRACES).select(_KEY))
    given = {"cut_off": TERMS["fraud"].cut_off(business_date), "neutral": NEUTRAL.code}
    labels = connection.execute(_SQL["labels"], given).pl()
    texts = pl.DataFrame(
        {
            "rule_code": label.code,
            "signalement": label.title,
            "motif": label.sentence,
            "remede": label.remedy,
            "documentation": f"{GUIDE}#{label.code}",
        }
        for label in (*LABELS, DECIDED, NEUTRAL)
    )
    lines = labels.join(texts, on="rule_code", how="left", maintain_order="left").select(
        "operator_id",
        "operator_journey_id",
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
    for operator_id, _ in operators(lake.drops, troubles):
        mine = of_operator.get((operator_id,))
        deliver(lake, operator_id, {FILE: None if mine is None else csv_bytes(mine)}, troubles)
    return labels.height
