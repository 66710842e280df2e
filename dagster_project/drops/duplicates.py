"""What a row of a file says, as read: two spellings of it are one; another content is a conflict."""

import polars as pl

from dagster_project.contracts.lake_tables import CONTENT

NO_CONTENT = pl.DataFrame(schema={"key": pl.UInt64, "content": pl.UInt64})
TELLS_CONTENT = pl.col("status") != "cancelled"
# Keys come once the journey is accepted: here persons stand for them.
_CONTENT = [name.replace("_identity_key", "_person") for name in CONTENT]


def content() -> pl.Expr:
    """What a row says, as read: two spellings of it are one (see dbt's int_journey_versions for the base)."""
    return pl.struct(pl.col("seats").fill_null(1) if name == "seats" else name for name in _CONTENT)


def conflicts(told: pl.DataFrame, seen: pl.DataFrame) -> pl.Series:
    """True where an earlier row of the file has the same key, another content, and no status explains it."""
    telling = told.filter(TELLS_CONTENT).select(seen.columns)
    earlier = seen.join(telling, on="key", how="semi", maintain_order="left")
    first = pl.concat([earlier, telling]).group_by("key", maintain_order=True).first()
    compared = told.join(first, on="key", how="left", maintain_order="left")
    is_other = compared["content"] != compared["content_right"]
    return ((told["status"] == "new") & is_other.fill_null(False)).alias("is_conflict")
