"""What a finance department attaches to a payment order: each demand's PDF files, with size and hash.

A call that an advance pays is a piece of the advance's statement. Not here: the order itself, its number and
its line of the budget, which are the payer's (docs/factures_et_comptabilite.md).
"""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.files.csv_out import write_csv
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.proof.manifest import ManifestError
from dagster_project.reports.account.account import KINDS
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.french import slug
from dagster_project.reports.shared.signatory import Signatory

_SQL = statements(__file__)
_ISSUED = {
    **dict.fromkeys(("campaign_id", "document", "piece"), pl.String),
    **{"octets": pl.Int64, "sha256": pl.String},
}


def pieces_documents(
    lake: Lake, connection: duckdb.DuckDBPyConnection, authority_id: str, signatory: Signatory
) -> Iterator[Document]:
    """The list of an authority's pieces: a row per demand that went out and file, in their order.

    Held back where a campaign's manifest is not as the registry signed it.
    """
    demands = connection.execute(_SQL["pieces"], {"authority_id": authority_id}).pl()
    issued, held = [], ""
    for campaign_id in demands["campaign_id"].unique().sort():
        folder = lake.exports / authority_id / campaign_id
        try:
            entries = signatory.read_manifest(folder).get("files", [])
        except ManifestError:
            held = f"le manifeste de {campaign_id} n'est pas tel que le registre l'a signé"
            continue
        issued += [
            {"campaign_id": campaign_id, "document": entry["document"], "piece": entry["file"]}
            | {"octets": (folder / entry["file"]).stat().st_size, "sha256": entry["sha256"]}
            for entry in entries
            if entry["is_final"] and entry["file"].endswith(".pdf")
        ]
    if not issued and not held:
        return
    rows = (
        demands.explode("documents")
        .join(
            pl.DataFrame(issued, schema=_ISSUED),
            left_on=["campaign_id", "documents"],
            right_on=["campaign_id", "document"],
            maintain_order="left",
        )
        .with_columns(pl.col("nature").replace_strict(KINDS))
        .drop("campaign_id", "documents")
    )

    def draw(folder: Path, _: object) -> dict[str, int]:
        name = f"PIECES_{slug(authority_id)}.csv"
        write_csv(rows, folder / name)
        return {name: rows.height}

    content = hashlib.sha256(repr(rows.rows()).encode()).hexdigest()
    yield Document(id="pieces", draw=draw, content=partial(str, content), is_nightly=True, held=held)
