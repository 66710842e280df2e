"""The open data's folder, exports/public/donnees/: signed; an edition's files are written once.

A night on which nothing has changed writes nothing. Not here: what is told (editions), the page (pages).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.contracts.documents import OPEN_DATA, PUBLIC
from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.observatory import (
    CALLS_FILE,
    CORRECTIONS_FILE,
    FLOWS_FILE,
    PUBLIC_CALLS,
    PUBLIC_CORRECTIONS,
    PUBLIC_EDITIONS,
    PUBLIC_FLOWS,
    PUBLIC_TERRITORIES,
    TERRITORIES_FILE,
)
from dagster_project.files.csv_out import PROGRAMS, write_csv
from dagster_project.lake.store import Lake
from dagster_project.proof.manifest import ManifestError
from dagster_project.reports.observatory.campaigns import VERSION, PublicCampaign, PublicCampaigns, schema
from dagster_project.reports.observatory.package import CAMPAIGNS, CAMPAIGNS_SCHEMA, data_package, stem
from dagster_project.reports.shared.folder import (
    Document,
    Publication,
    made_from,
    publish_folder,
    read_me_document,
)
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.registry_folder import FOLDER as REGISTRY
from dagster_project.reports.shared.registry_folder import write_registry_files
from dagster_project.reports.shared.signatory import Signatory

FOLDER = "donnees"
PACKAGE = "datapackage.json"
_PLACE = "Données ouvertes de l’observatoire du covoiturage"


def publish_data(lake: Lake, business_date: date, campaigns: Sequence[PublicCampaign]) -> Publication | None:
    """Write the folder; None where it holds already all that there is to tell."""
    folder, signatory = lake.exports / PUBLIC / FOLDER, Signatory(lake)
    documents = _documents(lake, campaigns)
    if _is_current(folder, documents, signatory):
        return None
    write_registry_files(lake.exports / PUBLIC / REGISTRY, signatory)
    return publish_folder(folder, FOLDER, documents, business_date, signatory)


def edition(lake: Lake) -> str:
    """What tells the folder's data from any other that it has held; empty before the first."""
    try:
        entries = Signatory(lake).read_manifest(lake.exports / PUBLIC / FOLDER).get("files", [])
    except ManifestError:
        return ""
    return next((str(entry["content"]) for entry in entries if entry["file"] == PACKAGE), "")


def _documents(lake: Lake, campaigns: Sequence[PublicCampaign]) -> list[Document]:
    editions = lake.read(PUBLIC_EDITIONS).sort("month_on")
    months = editions["month_on"].to_list()
    corrections = lake.read(PUBLIC_CORRECTIONS).sort("month_on", "business_date")
    calls = lake.read(PUBLIC_CALLS).sort("campaign_id", "period_start_on")

    def list_of(folder: Path, changed_on: date) -> dict[str, int]:
        listed = PublicCampaigns(version_du_schema=VERSION, a_jour_au=changed_on, campagnes=list(campaigns))
        _write_json(folder / CAMPAIGNS, listed.model_dump(mode="json"))
        _write_json(folder / CAMPAIGNS_SCHEMA, schema())
        return {CAMPAIGNS: len(campaigns), CAMPAIGNS_SCHEMA: 0}

    def package(folder: Path, changed_on: date) -> dict[str, int]:
        _write_json(folder / PACKAGE, data_package(months, changed_on))
        return {PACKAGE: 0}

    lists = [
        _changing("corrections", partial(_write, CORRECTIONS_FILE, None, corrections), corrections.rows()),
        _changing("versements", partial(_write, CALLS_FILE, None, calls), calls.rows()),
        _changing("campagnes", list_of, [schema(), *(campaign.model_dump() for campaign in campaigns)]),
    ]
    package_content = [months, *(document.content() for document in lists), data_package(months, date.min)]
    return [
        *(
            Document(
                id=f"edition/{month_on:%Y-%m}",
                draw=partial(_draw_edition, lake, month_on),
                is_final=True,
                issued_on=told_on,
            )
            for month_on, told_on in editions.select("month_on", "business_date").iter_rows()
        ),
        *lists,
        _changing("datapackage", package, package_content),
        read_me_document(_PLACE, PACKAGE, OPEN_DATA, "public"),
    ]


def _changing(id: str, draw: Callable[[Path, date], dict[str, int]], content: object) -> Document:
    digest = hashlib.sha256(repr(content).encode()).hexdigest()
    return Document(id=id, draw=draw, content=partial(str, digest), is_nightly=True)


def _is_current(folder: Path, documents: Sequence[Document], signatory: Signatory) -> bool:
    """Whether what the registry signed there is all of the documents as they would be drawn now."""
    try:
        entries = signatory.read_manifest(folder).get("files", [])
    except ManifestError:
        return False  # publish_folder says it
    held = {entry["document"]: entry["content"] for entry in entries}
    return held == {document.id: made_from(document) for document in documents} and all(
        (folder / entry["file"]).exists() for entry in entries
    )


def _draw_edition(lake: Lake, month_on: date, folder: Path, _: date) -> dict[str, int]:
    return {
        name: rows
        for kept, table in ((PUBLIC_TERRITORIES, TERRITORIES_FILE), (PUBLIC_FLOWS, FLOWS_FILE))
        for name, rows in _write(
            table, month_on, lake.read(kept, f"{month_on:%Y-%m}"), folder, month_on
        ).items()
    }


def _write(table: Table, month_on: date | None, rows: pl.DataFrame, folder: Path, _: date) -> dict[str, int]:
    """The rows as CSV and Parquet, under the file's names."""
    shown = rows.select(pl.col(ours).alias(str(column.title)) for ours, column in table.columns.items())
    name = stem(table, month_on)
    write_csv(shown, folder / f"{name}.csv", PROGRAMS)
    as_told = Table(table.name, table.zone, table.grain, {str(c.title): c for c in table.columns.values()})
    write_parquet(folder / f"{name}.parquet", shown, as_told)
    return {f"{name}.csv": rows.height, f"{name}.parquet": rows.height}


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
