"""Exported journeys: rows go with their journeys, the totals and the attested paper stay.

A file that holds a row past its term goes with the workbook and CSV beside it, and out of its manifest: a
provisional one is published anew without the row; one that was issued for good stays as its PDF.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import polars as pl

from dagster_project.files.disk import replacing
from dagster_project.lake.seen import Seen, mark_of_content
from dagster_project.lake.store import Lake
from dagster_project.proof.manifest import NAME, ManifestError
from dagster_project.reports.shared.signatory import Signatory

_ENDS = ("end_slot_at", "end.datetime")  # quarters of an hour: of the same local day as the end


def due(lake: Lake, kept_from: datetime) -> Iterator[Path]:
    """The Parquet files with a row whose journey ended before that instant (UTC); nothing is written."""
    for _, ends in _first_ends(lake, kept_from.date()):
        for file, end in ends.items():
            if end and datetime.fromisoformat(end) < kept_from:
                yield file


def remember(lake: Lake, business_date: date) -> None:
    """Write down when the first journeys of files ended: the next plan need not read them. For a night."""
    for seen, _ in _first_ends(lake, business_date):
        seen.keep()


def _first_ends(lake: Lake, day: date) -> Iterator[tuple[Seen, dict[Path, str]]]:
    for folder, files in groupby(sorted(lake.exports.rglob("*.parquet")), key=lambda file: file.parent):
        seen = Seen(lake, folder, "first_end", day, mark_of_content)
        yield seen, {file: seen.of(file.name, _first_end) for file in files}


def _first_end(file: Path) -> str:
    """When the first journey ended that a file has a row of; nothing of a file without one."""
    names = [name for name in _ENDS if name in pl.read_parquet_schema(file)]
    first = pl.read_parquet(file, columns=names[:1])[names[0]].min() if names else None
    return first.isoformat() if isinstance(first, datetime) else ""


def remove(signatory: Signatory, file: Path) -> None:
    """Remove a file of journeys and what shows the same rows; the Parquet last, as it tells what is left.

    A manifest that the registry did not sign stays as it is, for the night to find.
    """
    gone = [view for view in file.parent.glob(f"{file.stem}.*") if view.suffix in (".xlsx", ".csv")]
    try:
        content = signatory.read_manifest(file.parent)
    except ManifestError:
        content = {}
    if content:
        names = {path.name for path in (*gone, file)}
        content["files"] = [entry for entry in content["files"] if entry["file"] not in names]
        with replacing(file.with_name(NAME), durable=True) as beside:
            beside.write_text(signatory.manifest(content, file.parent), "utf-8")
    for path in (*gone, file):
        path.unlink()
