"""What annexe 3 makes accessible to an authority: its journeys month by month in Parquet, CSV and Excel.

`exports/<authority>/trajets/<territoire or campaign>/<month>.*`, a legend and a manifest. A file whose rows
have not changed stays as it is, one whose journeys have all expired goes; all go while access is closed.
Beside them, alike, what breaks the limits of shared costs. Not here: which journeys an authority sees, and
how precisely (dbt/models/authorities).
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import polars as pl
from pandera.errors import SchemaError

from dagster_project.contracts.authority import AUTHORITY_JOURNEYS, AUTHORITY_SHARED_COSTS
from dagster_project.contracts.documents import JOURNEYS, READ_ME, read_me
from dagster_project.contracts.terms import TERMS
from dagster_project.files.disk import replacing
from dagster_project.files.statements import statements
from dagster_project.identity.keys import pseudonyms
from dagster_project.lake.register import digest_of
from dagster_project.lake.seen import DIGEST, Seen
from dagster_project.lake.store import Lake
from dagster_project.proof.manifest import NAME, ManifestError
from dagster_project.reports.authority import shared_costs
from dagster_project.reports.authority.files import WRITERS, legend
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.signatory import Signatory

FOLDER = "trajets"
_REMEDY = "compléter le dossier, puis faire ouvrir l’accès (rejoindre le registre, étapes 1 à 3)"
_SQL = statements(__file__)


class ExportError(Exception):
    """Rows that do not keep to the contract; the message names the column and the rule, never a value."""


@dataclass(frozen=True)
class Extract:
    """What an authority sees of a month: journeys by its territory or by one of its campaigns; breaches."""

    authority_id: str
    authority_name: str
    selection_id: str
    campaign_name: str | None
    month_on: date
    rows: int
    content: int  # another one when a row changes

    @property
    def stem(self) -> str:
        """What its files are called in the folder, before their form."""
        return f"{self.selection_id}/{self.month_on:%Y-%m}"


@dataclass(frozen=True)
class Exported:
    """One file that is out: its rows, its hash, and a keyed digest of what it was made from."""

    file: str
    rows: int
    sha256: str
    content: str


@dataclass
class Exports:
    """The files that are out, by authority; what was not as the registry signed it and was made anew.

    `closed`: authorities without access, and why in French.
    """

    closed: Mapping[str, str]
    files: dict[str, list[Exported]] = field(default_factory=dict)
    forged: list[str] = field(default_factory=list)


def export(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    closed: Mapping[str, str] = MappingProxyType({}),
) -> Exports:
    """Bring every authority's folder up to date with the cache; a month has its workbook while it is whole.

    Grain of a file: one row per journey of the authority's territory or campaign in a month (Europe/Paris).
    `closed`: authorities without access, and why in French (REJOINDRE): their folder holds that only.
    A folder whose manifest is not as the registry signed it is written anew, whole; so is an altered file.
    Raises ExportError.
    """
    key, signatory = lake.secret("pseudonyms"), Signatory(lake)
    exports = Exports(closed)
    extracts = extracts_of(connection) + [
        Extract(*row) for row in connection.sql(_SQL["shared_costs"]).fetchall()
    ]
    extracts.sort(key=lambda extract: extract.authority_id)
    ours = {
        authority_id: list(group)
        for authority_id, group in groupby(extracts, key=lambda extract: extract.authority_id)
        if authority_id not in closed
    }

    def brought_up_to_date(
        authority_id: str, own: duckdb.DuckDBPyConnection
    ) -> tuple[list[Exported], list[str]]:
        folder, forged = lake.exports / authority_id / FOLDER, list[str]()
        seen = Seen(lake, folder, DIGEST, business_date)
        try:
            known = _known(folder, signatory, forged, seen)
        except ManifestError as error:
            forged.append(str(error))
            known = {}
        updated = [*_updated(folder, known, ours[authority_id], own, key, business_date), _read_me(folder)]
        for exported in updated:
            seen.tell(exported.file, exported.sha256, folder / exported.file)
        seen.keep()
        return updated, forged

    for authority_id, (files, forged) in side_by_side(brought_up_to_date, ours, connection):
        exports.files[authority_id] = files
        exports.forged += forged
    folders = {lake.exports / extract.authority_id / FOLDER for extract in extracts}
    for folder in sorted(folders | set(lake.exports.glob(f"*/{FOLDER}"))):
        authority_id = folder.parent.name
        _keep_only(folder, exports.files.get(authority_id, []), closed.get(authority_id), signatory)
    return exports


def extracts_of(connection: duckdb.DuckDBPyConnection) -> list[Extract]:
    """The months that authorities see, by authority and selection."""
    return [Extract(*row) for row in connection.sql(_SQL["extracts"]).fetchall()]


def write_month(
    folder: Path,
    extract: Extract,
    text: str,
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    forms: Iterable[str],
) -> Iterator[tuple[str, int, str]]:
    """Write a month in some forms (`forms_of`), `text` its legend; yields file, rows, SHA-256.

    Raises ExportError.
    """
    table, sheet = AUTHORITY_JOURNEYS, "Trajets"
    if extract.selection_id == shared_costs.SELECTION:
        table, sheet = AUTHORITY_SHARED_COSTS, shared_costs.SHEET
        rows = shared_costs.rows(connection, extract.authority_id, extract.month_on)
    else:
        selected = {name: getattr(extract, name) for name in ("authority_id", "selection_id", "month_on")}
        rows = journeys(connection.execute(_SQL["views"], selected).pl(), extract.authority_id, key)
    for form in forms:
        file = f"{extract.stem}.{form}"
        with replacing(folder / file) as beside:
            WRITERS[form](beside, rows, text, extract.month_on, sheet, table)
            digest = digest_of(beside)
        yield file, rows.height, digest


def forms_of(extract: Extract, business_date: date) -> list[str]:
    """The forms of a month on a day: a workbook from its end until its first day expires (D-191)."""
    is_whole = extract.month_on < business_date.replace(day=1) and business_date < TERMS["exports"].ends_on(
        extract.month_on
    )
    return [form for form in WRITERS if is_whole or form != "xlsx"]


def journeys(views: pl.DataFrame, authority_id: str, key: bytes) -> pl.DataFrame:
    """Rows of dbt's authority_views as the authority gets them (CONVENTION annexe 3). Raises ExportError.

    The operator's ids are for journeys that the authority's campaigns pay; of others the authority gets ids
    of its own, so that two authorities that see the same journey cannot join their pseudonyms by it.
    """
    named = views.with_columns(
        pseudonyms(views["passenger_identity_key"], authority_id, key).alias("passenger_id"),
        pseudonyms(views["driver_identity_key"], authority_id, key).alias("driver_id"),
        _journey_ids(views, "operator_journey_id", authority_id, key).alias("journey_id"),
        _journey_ids(views, "operator_trip_id", authority_id, key).alias("operator_journey_id"),
    )
    rows = named.select(pl.col(name.replace(".", "_")).alias(name) for name in AUTHORITY_JOURNEYS.columns)
    try:
        return AUTHORITY_JOURNEYS.schema.validate(rows).sort("start.datetime", "journey_id")
    except SchemaError as error:
        raise ExportError(f"{authority_id}: {error.schema.name} breaks {error.reason_code}") from None


def _journey_ids(views: pl.DataFrame, column: str, authority_id: str, key: bytes) -> pl.Series:
    of_others = pl.when(~pl.col("is_of_own_campaign")).then(
        pl.concat_str("operator_id", pl.lit("\0"), column)
    )
    own = pseudonyms(views.select(of_others).to_series(), authority_id, key)
    return views.select(pl.when("is_of_own_campaign").then(column).otherwise(own)).to_series()


def _updated(
    folder: Path,
    known: dict[str, Exported],
    extracts: Iterable[Extract],
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    business_date: date,
) -> Iterator[Exported]:
    for extract in extracts:
        forms = forms_of(extract, business_date)
        if extract.selection_id == shared_costs.SELECTION:
            named = (extract.authority_id, extract.authority_name, extract.month_on)
            text = shared_costs.legend(connection, *named)
        else:
            text = legend(extract.authority_name, extract.campaign_name, extract.month_on)
        content = hmac.digest(key, repr((extract, text)).encode(), "sha256").hex()
        out = [known.get(f"{extract.stem}.{form}") for form in forms]
        if all(exported and exported.content == content for exported in out):
            yield from (exported for exported in out if exported)
            continue
        for file, rows, digest in write_month(folder, extract, text, connection, key, forms):
            yield Exported(file, rows, digest, content)


def _read_me(folder: Path) -> Exported:
    text = read_me("Trajets de covoiturage", "le classeur (.xlsx) du mois", JOURNEYS, "authority").encode()
    with replacing(folder / READ_ME) as beside:
        beside.write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    return Exported(READ_ME, 0, digest, digest)


def _known(folder: Path, signatory: Signatory, forged: list[str], seen: Seen) -> dict[str, Exported]:
    """What the manifest lists and the folder holds as it went out; what was altered is told in `forged`.

    Raises ManifestError.
    """
    known = {}
    for entry in signatory.read_manifest(folder).get("files", []):
        exported = Exported(**entry)
        if not (folder / exported.file).exists():
            continue
        if seen.of(exported.file, digest_of) == exported.sha256:
            known[exported.file] = exported
        else:
            forged.append(f"exports/{folder.parent.name}/{FOLDER}/{exported.file} is not as it was issued")
    return known


def _keep_only(folder: Path, exports: list[Exported], closed: str | None, signatory: Signatory) -> None:
    """List the files in the manifest, or say why there are none; delete whatever else lies in the folder."""
    manifest: dict[str, Any] = {
        "authority_id": folder.parent.name,
        "files": [asdict(exported) for exported in exports],
    }
    if closed:
        manifest["held_back"] = f"{closed} ; {_REMEDY}"
    with replacing(folder / NAME, durable=True) as beside:
        beside.write_text(signatory.manifest(manifest, folder), "utf-8")
    kept = {folder / exported.file for exported in exports} | {folder / NAME}
    for file in sorted(folder.rglob("*"), reverse=True):
        if file.is_file() and file not in kept:
            file.unlink()
        elif file.is_dir() and not any(file.iterdir()):
            file.rmdir()
