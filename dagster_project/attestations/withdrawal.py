"""What was given of a person, and how it leaves operators' folders again: erased, limited, past its term."""

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.attestations.paper import pdf_name
from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.lake.store import Lake


def of_person(lake: Lake, digests: Collection[str]) -> pl.DataFrame:
    """The rows of attestations of whom these digests name."""
    return lake.read(ATTESTATIONS).filter(pl.col("person_digest").is_in(list(digests)))


def pdfs(lake: Lake, rows: pl.DataFrame) -> Iterator[Path]:
    """The PDFs of attestations that still lie in operators' folders."""
    for operator_id, own_code in rows.select("operator_id", "code").unique().sort(pl.all()).iter_rows():
        file = lake.drops / operator_id / "feedback" / pdf_name(own_code)
        if file.is_symlink() or file.exists():
            yield file


def past(lake: Lake, cut_off: date) -> Iterator[Path]:
    """PDFs that were laid into feedback/ for the last time by that night."""
    given = lake.read(ATTESTATIONS).group_by("operator_id", "code").agg(pl.col("delivered_on").max())
    return pdfs(lake, given.filter(pl.col("delivered_on") <= cut_off))


def ended(lake: Lake, cut_off: date) -> pl.DataFrame:
    """Codes of attestations whose last journey had ended by that day: the base holds none any more."""
    rows = lake.read(ATTESTATIONS).filter(pl.col("last_ended_on") <= cut_off)
    return rows.select("code").unique().sort("code")


def issued(lake: Lake) -> frozenset[str]:
    """SHA-256 of every PDF that was given and is still on record: what the registry made, it may open."""
    return frozenset(lake.read(ATTESTATIONS)["pdf_sha256"])
