"""Exported journeys: rows go with their journeys, the totals and the attested paper stay.

A file that holds a row past its term goes with the workbook and CSV beside it, and out of its manifest: a
provisional one is published anew without the row; one that was issued for good stays as its PDF.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl

from dagster_project.lake import Lake, replacing

_ENDS = ("end_slot_at", "end.datetime")  # quarters of an hour: of the same local day as the end


def due(lake: Lake, kept_from: datetime) -> Iterator[Path]:
    """The Parquet files with a row whose journey ended before that instant (UTC)."""
    for file in sorted(lake.exports.rglob("*.parquet")):
        ends = [name for name in _ENDS if name in pl.read_parquet_schema(file)]
        if ends and (pl.read_parquet(file, columns=ends)[ends[0]] < kept_from).any():
            yield file


def remove(file: Path) -> None:
    """Remove a file of journeys and what shows the same rows; the Parquet last, as it tells what is left."""
    gone = [one for one in file.parent.glob(f"{file.stem}.*") if one.suffix in (".xlsx", ".csv")]
    manifest = file.with_name("manifest.json")
    if manifest.exists():
        content = json.loads(manifest.read_text("utf-8"))
        names = {one.name for one in (*gone, file)}
        content["files"] = [entry for entry in content["files"] if entry["file"] not in names]
        with replacing(manifest) as beside:
            beside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for one in (*gone, file):
        one.unlink()
