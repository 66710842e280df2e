"""What a night decides of advances, alerts and reviews, written down once: documents tell it from then on.

Amounts are read, none is computed here (dbt/models/finance). Killed before its file is renamed into the lake,
the next run decides the same again; after it, nothing is left to decide. Why: D-119.
"""

import duckdb

from dagster_project.contracts.advances import ADVANCE_ALERTS, ADVANCES, POT_REVIEWS
from dagster_project.lake.store import Lake
from dagster_project.ledger import records

# Each table with the model that decides it, and what says that a row of it was decided.
_DECIDED = (
    (ADVANCES, "advances_due", ("campaign_id", "operator_id", "statement_number")),
    (ADVANCE_ALERTS, "advance_alerts_due", ("campaign_id", "operator_id", "period_start_on")),
    (POT_REVIEWS, "pot_reviews_due", ("campaign_id", "operator_id", "review_on")),
)


def record_decisions(lake: Lake, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Append what the published cache decided to the lake; rows by table.

    A cache whose decisions are in the lake already adds none. Raises KeyFileError.
    """
    written, files = {}, []
    for table, model, key in _DECIDED:
        columns = ", ".join(table.columns)
        rows = connection.execute(f"select {columns} from finance.{model} order by all").pl()
        rows = rows.cast(table.empty.schema).join(lake.read(table), on=key, how="anti")
        if rows.height:
            parts = len(list(lake.folder(table).glob("*.parquet")))
            files.append((table, rows, f"decided-{parts + 1:06d}-0"))
        written[table.name] = rows.height
    records.write(lake, files)
    return written
