"""The register of what retention has removed: it names no person, so it stays, and stays plain."""

import polars as pl

from dagster_project.contracts.lake_table import Table, column

RETENTIONS = Table(
    name="retentions",
    zone="warehouse",
    grain="One row per run that removed something, rule and kind of file.",
    columns={
        "run": column(pl.String, "The business date, and the run's number on it."),
        "business_date": column(pl.Date, "The night that removed it."),
        "rule": column(pl.String, "The row of the table of terms; uncommitted: left by a night killed."),
        "kind": column(pl.String, "Table of the lake, or files of the drop folders."),
        "cut_off_on": column(pl.Date, "Latest day whose term has ended.", null=True),
        "rows": column(pl.Int64, "Rows removed; 0 for files that are not counted in rows."),
        "files": column(pl.Int64, "Files and folders removed, or written anew without these rows."),
        "values_searched": column(pl.Int64, "Removed values searched for; empty: no proof yet.", null=True),
        "files_searched": column(pl.Int64, "Files of the warehouse that were searched.", null=True),
        "files_found": column(pl.Int64, "Files that still held a value; 0 is the proof.", null=True),
    },
)
