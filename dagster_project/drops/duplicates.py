"""What a row of a file says, as read: two spellings of it are one; another content is a conflict."""

import polars as pl

from dagster_project.contracts.lake_tables import CONTENT

NO_CONTENT = pl.DataFrame(schema={"key": pl.UInt64, "content": pl.UInt64})
# Keys come once the journey is accepted: here persons stand for them.
_CONTENT = [name.replace("_identity_key", "_person") for name in CONTENT]


def contents(rows: pl.DataFrame) -> pl.DataFrame:
    """What each row says, as two numbers: `key`, its file's and journey's, and `content`; and its status.

    Two spellings of a content are one (see dbt's macro with_cancellations for the base).
    """
    content = pl.struct(pl.col("seats").fill_null(1) if name == "seats" else name for name in _CONTENT)
    journey = pl.col("operator_journey_id").fill_null("")  # which no cell says
    key = pl.concat_str("drop_id", pl.lit("\0"), journey)
    return rows.select("status", key=key.hash(), content=content.hash())


def conflicts(says: pl.DataFrame, seen: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """True where an earlier row of the file has the same key, another content, and no status explains it.

    `seen`: what earlier rows say; given back with these.
    """
    telling = says.filter(pl.col("status") != "cancelled").select(seen.columns)
    earlier = seen.join(telling, on="key", how="semi", maintain_order="left")
    first = pl.concat([earlier, telling]).unique("key", keep="first", maintain_order=True)
    compared = says.join(first, on="key", how="left", maintain_order="left")
    is_other = compared["content"] != compared["content_right"]
    return ((says["status"] == "new") & is_other.fill_null(False)).alias("is_conflict"), pl.concat(
        [seen, telling]
    )
