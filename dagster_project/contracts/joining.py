"""What the nights have seen operators and authorities reach; no person is in it."""

import polars as pl

from dagster_project.contracts.lake_table import INSTANT, Table, column

REACHED_FACTS = Table(
    name="reached_facts",
    zone="warehouse",
    grain="One row per party and fact that a night has found: it holds, whatever its file says later.",
    columns={
        "party": column(pl.String, "operator or authority."),
        "party_id": column(pl.String, "Its id: the name of its file."),
        "fact": column(pl.String, "staging or production: a state; A, B or C: a proof class granted."),
        "since_at": column(INSTANT, "The instant since when, UTC; of a state, the start of its local day."),
        "found_on": column(pl.Date, "The business date of the night that found it."),
    },
)
