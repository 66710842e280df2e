"""The hash chain over closings: how a closing is hashed, and the check that nothing was changed since.

Hashes need no key, so whoever holds a fund call can check its closing's hash against the ledger.
"""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dagster_project.contracts.ledger import CAMPAIGN_CAP_USES, CHECKPOINTS, CLOSINGS, LEDGER_ENTRIES, part_of
from dagster_project.lake.store import Lake

_SEPARATOR = "\x1f"  # no value holds it
# What a closing's hashes say, directly or by its checkpoint.
SIGNED = (CLOSINGS, LEDGER_ENTRIES, CAMPAIGN_CAP_USES)
AMOUNTS = ("incentive_cents", "fee_ex_vat_cents", "vat_cents")
# What reading a damaged file raises.
UNREADABLE = (duckdb.Error, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


def entries_hash(entries: pl.DataFrame) -> str:
    """SHA-256 over the entries of one closing, by their number."""
    return _hash(entries.sort("entry_number").select(LEDGER_ENTRIES.columns.keys()))


def closing_hash(closing: pl.DataFrame) -> str:
    """SHA-256 over a closing's row, which names the hash of the one before it."""
    return _hash(closing.select(name for name in CLOSINGS.columns if name != "closing_sha256"))


def damaged(lake: Lake) -> Iterator[str]:
    """Files of the ledger whose content cannot be read, by their place: of such a one no hash can be told."""
    for table in (*SIGNED, CHECKPOINTS):
        for file in sorted(lake.folder(table).glob("*.parquet")):
            try:
                duckdb.execute("select sum(hash(rows)) from read_parquet(?) as rows", [str(file)]).fetchall()
                pl.read_parquet(file).select(table.columns.keys()).cast(table.empty.schema)
            except UNREADABLE:
                yield f"{file.relative_to(lake.home)} cannot be read: its content is damaged"


def problems(lake: Lake, head: str | None = None, *, but: Collection[int] = ()) -> Iterator[str]:
    """What is wrong with the ledger: place and rule, one sentence each. None: it is as it was closed.

    `head` is a closing's hash known from elsewhere (a fund call, an attestation): without it, the last
    closings could be missing unnoticed. `but`: closings whose entries need not be read (ledger.untouched).
    """
    closings = lake.read(CLOSINGS).sort("closing_number")
    previous = ""
    for place, closing in enumerate(closings.iter_slices(1), 1):
        row = closing.row(0, named=True)
        if row["closing_number"] != place:
            yield f"closing {place} is missing: {row['closing_number']} follows {place - 1}"
            return
        yield from _closing(closing, previous)
        if place not in but:
            yield from _entries(row, lake.read(LEDGER_ENTRIES, part_of(place)))
        previous = row["closing_sha256"]
    yield from _reversals(lake, but)
    yield from _strays(lake, {part_of(number) for number in but})
    if head and head not in closings["closing_sha256"]:
        yield f"no closing has the hash {head}: closings were removed or rewritten since it was issued"


def _named(row: dict[str, Any]) -> str:
    return f"closing {row['closing_number']} ({row['campaign_id']}, {row['kind']}, {row['period_start_on']})"


def _closing(closing: pl.DataFrame, previous: str) -> Iterator[str]:
    row = closing.row(0, named=True)
    if row["previous_sha256"] != previous:
        yield f"{_named(row)}: previous_sha256 is not the hash of the closing before it"
    if row["closing_sha256"] != closing_hash(closing):
        yield f"{_named(row)}: its row was changed"


def _entries(row: dict[str, Any], entries: pl.DataFrame) -> Iterator[str]:
    named = _named(row)
    if entries.height != row["entries"]:
        yield f"{named}: {entries.height} entries, {row['entries']} when it was closed"
    elif row["entries_sha256"] != entries_hash(entries):
        yield f"{named}: an entry was changed"
    for amount in AMOUNTS:
        if (total := int(entries[amount].sum())) != row[amount]:
            yield f"{named}: {amount} sums to {total}, {row[amount]} when it was closed"


def _reversals(lake: Lake, but: Collection[int]) -> Iterator[str]:
    """Each reversal takes back one entry, whole and once."""
    files = sorted(lake.folder(LEDGER_ENTRIES).glob("*.parquet"))
    scanned = pl.scan_parquet(files) if files else LEDGER_ENTRIES.empty.lazy()
    every = scanned.filter(pl.col("movement") == "reversal").collect()
    reversals = every.filter(~pl.col("closing_number").is_in(list(but)))
    parts = [part_of(number) for number in reversals["original_closing"].unique().sort().drop_nulls()]
    entries = [lake.read(LEDGER_ENTRIES, part).filter(movement="entry") for part in parts]
    originals = reversals.join(
        pl.concat([LEDGER_ENTRIES.empty, *entries]),
        left_on=["original_closing", "original_entry"],
        right_on=["closing_number", "entry_number"],
        how="left",
        suffix="_of_original",
    )
    opposite = pl.all_horizontal(
        pl.col("journey_digest") == pl.col("journey_digest_of_original"),
        *(pl.col(amount) == -pl.col(f"{amount}_of_original") for amount in AMOUNTS),
    )
    for row in originals.filter(~opposite.fill_null(False)).to_dicts():
        yield (
            f"closing {row['closing_number']}, entry {row['entry_number']}: "
            "a reversal that is not the opposite of its original"
        )
    twice = every.group_by("original_closing", "original_entry").len().filter(pl.col("len") > 1)
    for row in twice.sort(pl.all()).to_dicts():
        yield f"closing {row['original_closing']}, entry {row['original_entry']}: reversed {row['len']} times"


def _strays(lake: Lake, but: Collection[str]) -> Iterator[str]:
    """Rows that are not in their closing's file: models would read them, and its hash does not."""
    for table in SIGNED:
        files = sorted(file for file in lake.folder(table).glob("*.parquet") if file.stem not in but)
        if files:
            rows = pl.scan_parquet(files, include_file_paths="file").select("closing_number", "file")
            for number, file in rows.unique().sort(pl.all()).collect().rows():
                if Path(file).stem != part_of(number):
                    yield f"{table.name}/{Path(file).name} holds rows of closing {number}: they were added"


def _hash(rows: pl.DataFrame) -> str:
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in rows.columns]
    lines = rows.select(pl.concat_str(texts, separator=_SEPARATOR))
    return hashlib.sha256("\n".join(lines.to_series()).encode()).hexdigest()
