"""What outlives its neighbours keeps its verdict: nothing is paid because what stood against it was erased.

A journey that is kept one more night may stand beside one that goes: over midnight, or late on the same day.
One whose other person is erased, or limited for a time, may stand beside that person's journeys.
Why: D-047, D-172.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.labels import FRAUD_COUNTS
from dagster_project.contracts.lake_tables import JOURNEYS, KEPT_VERDICTS
from dagster_project.contracts.terms import TERMS
from dagster_project.files.statements import statements
from dagster_project.fraud.trace import add_final
from dagster_project.lake.store import Lake
from dagster_project.retention.belongings import JOURNEY
from dagster_project.retention.plan import Plan

_SQL = statements(__file__)


def keep_verdicts(lake: Lake, connection: duckdb.DuckDBPyConnection, due: Plan) -> None:
    """Write down the verdicts of what stays within a day of what goes, from a base that holds both.

    To be called before the plan is applied; replaces what was written for an earlier night.
    """
    connection.register("gone", due.named)
    until = TERMS["journeys"].kept_from(due.business_date) + timedelta(days=1)
    lake.write(KEPT_VERDICTS, connection.execute(_SQL["beside"], {"until": until}).pl(), "kept")


def keep_refusals(
    lake: Lake, connection: duckdb.DuckDBPyConnection, journeys: pl.DataFrame, part: str
) -> None:
    """Write down what others are refused for beside these rows of journeys, of a person who is erased.

    To be called before they go; an erasure that was killed adds to what it had written.
    """
    refused = _refused(lake, connection, journeys, part).join(journeys, on=JOURNEY, how="anti")
    _write(lake, refused, part)


def keep_while_limited(
    lake: Lake, connection: duckdb.DuckDBPyConnection, journeys: pl.DataFrame, digest: str
) -> None:
    """Write down what is refused beside these rows of a person who is limited, and which of them are.

    To be called before they are hidden.
    """
    part = f"restricted-{digest}"
    _write(lake, _refused(lake, connection, journeys, part), part)


def release(lake: Lake, digests: Iterable[str]) -> None:
    """Forget what was kept while a person was limited; what a final month found a fraud stays one."""
    for digest in digests:
        file = kept_while_limited(lake, digest)
        if not file.exists():
            continue
        with lake.session() as connection:
            connection.register("kept", lake.rows(KEPT_VERDICTS, [file]))
            lake.show(connection, JOURNEYS, FRAUD_COUNTS)
            add_final(lake, connection.execute(_SQL["final"]).pl())
        file.unlink()


def kept_while_limited(lake: Lake, digest: str) -> Path:
    """The file of verdicts that are kept while the person of this digest is limited."""
    return lake.folder(KEPT_VERDICTS) / f"restricted-{digest}.parquet"


def _refused(
    lake: Lake, connection: duckdb.DuckDBPyConnection, journeys: pl.DataFrame, part: str
) -> pl.DataFrame:
    connection.register("of_person", journeys)
    return pl.concat([lake.read(KEPT_VERDICTS, part), connection.execute(_SQL["beside_a_person"]).pl()])


def _write(lake: Lake, refused: pl.DataFrame, part: str) -> None:
    if not refused.is_empty():
        lake.write(KEPT_VERDICTS, refused.unique().sort(pl.all()), part)
