"""What goes out: per campaign a folder of fund calls (Excel), their journeys (Parquet), half-yearly reports
and a manifest.

A folder is written whole beside the old one and takes its place. A call whose content has not
changed keeps its date of issue and its bytes.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from pydantic import SecretStr

from dagster_project.campaigns.parties import Bank
from dagster_project.identity.keys import pseudonyms, secret
from dagster_project.lake import Lake
from dagster_project.reports.fund_call import FundCall, file_name, write_fund_call
from dagster_project.reports.fund_call_source import CallSource, calls
from dagster_project.reports.half_yearly import file_name as report_name
from dagster_project.reports.half_yearly import write_half_yearly
from dagster_project.reports.half_yearly_source import HalfYearlyReport, is_countable, reports

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Export:
    """One file that went out: its rows, its hash, and the digest of what it was made from."""

    file: str
    rows: int
    sha256: str
    content: str
    issued_on: str


def publish(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    pseudonym_key: SecretStr | None,
    banks: Mapping[str, Bank],
) -> list[Export]:
    """Write the exports of every campaign; returns the manifest's entries.

    Grain: one workbook and one Parquet file per campaign, operator and period.
    """
    key = secret(lake.keys, "pseudonyms", pseudonym_key)
    exports: list[Export] = []
    for (authority_id, campaign_id), sources in calls(connection, banks).items():
        folder = lake.exports / authority_id / campaign_id
        _restore(folder)
        known = _known(folder)
        with _replacing(folder) as beside:
            entries = [
                entry
                for source in sources
                for entry in _write(source, authority_id, business_date, key, beside, known)
            ]
            entries += _keep(folder, beside, business_date)
            entries += [
                _write_report(report, business_date, beside, known)
                for report in reports(connection, campaign_id, business_date)
            ]
            manifest = {"campaign_id": campaign_id, "files": [asdict(entry) for entry in entries]}
            (beside / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        exports += entries
    return exports


def _write(
    source: CallSource,
    authority_id: str,
    business_date: date,
    key: bytes,
    folder: Path,
    known: dict[str, str],
) -> Iterator[Export]:
    journeys = source.journeys.with_columns(
        pseudonyms(source.journeys[f"{role}_identity_key"], authority_id, key).alias(f"{role}_id")
        for role in ("driver", "passenger")
    ).drop("driver_identity_key", "passenger_identity_key")
    content = _digest(source.call(date.min), journeys)
    issued_on = date.fromisoformat(known.get(content, business_date.isoformat()))
    call = source.call(issued_on)
    workbook = folder / file_name(call)
    parquet = workbook.with_suffix(".parquet")
    write_fund_call(workbook, call, journeys)
    journeys.write_parquet(parquet, compression="zstd")
    for file in (workbook, parquet):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        yield Export(file.name, journeys.height, digest, content, issued_on.isoformat())


def _write_report(
    report: HalfYearlyReport, business_date: date, folder: Path, known: dict[str, str]
) -> Export:
    content = hashlib.sha256(repr(report).encode()).hexdigest()
    issued_on = date.fromisoformat(known.get(content, business_date.isoformat()))
    file = folder / report_name(report)
    write_half_yearly(file, report, issued_on)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Export(file.name, len(report.months), digest, content, issued_on.isoformat())


def _keep(folder: Path, beside: Path, business_date: date) -> Iterator[Export]:
    """Half-yearly reports whose journeys and persons are no longer all known: they stay as they went out."""
    for entry in _manifest(folder):
        if found := re.match(r"BILAN_(\d{4})-S([12])_", entry["file"]):
            half_start_on = date(int(found[1]), 1 if found[2] == "1" else 7, 1)
            if not is_countable(half_start_on, business_date):
                shutil.copyfile(folder / entry["file"], beside / entry["file"])
                yield Export(**entry)


def _known(folder: Path) -> dict[str, str]:
    """Date of issue of each content that the folder holds."""
    return {entry["content"]: entry["issued_on"] for entry in _manifest(folder)}


def _manifest(folder: Path) -> list[dict[str, Any]]:
    file = folder / _MANIFEST
    return json.loads(file.read_text("utf-8"))["files"] if file.exists() else []


def _digest(call: FundCall, journeys: pl.DataFrame) -> str:
    digest = hashlib.sha256(repr(call).encode())
    digest.update(journeys.write_ndjson().encode())
    return digest.hexdigest()


def _restore(folder: Path) -> None:
    """Put back what a publication that was killed between its two renames has moved aside."""
    before = folder.with_name(f".{folder.name}.before")
    if before.exists() and not folder.exists():
        os.replace(before, folder)


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    beside, before = folder.with_name(f".{folder.name}.writing"), folder.with_name(f".{folder.name}.before")
    for leftover in (beside, before):
        shutil.rmtree(leftover, ignore_errors=True)
    beside.mkdir(parents=True)
    yield beside
    if folder.exists():
        os.replace(folder, before)
    os.replace(beside, folder)
    shutil.rmtree(before, ignore_errors=True)
