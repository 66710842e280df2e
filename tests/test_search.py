"""A value is found however it was written down, and never told; what only looks like one is not."""

import gzip
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
import typst

from dagster_project.contracts.lake_tables import IDENTITIES
from dagster_project.lake.store import Lake
from dagster_project.retention import search as searching
from dagster_project.retention.needles import Needles
from dagster_project.retention.search import Hit, search

from .conftest import use

PHONE, NATIONAL, SPACED = "+33639980123", "0639980123", "06 39 98 01 23"


def _parquet(lake: Lake) -> Path:
    file = lake.home / "exports" / "x.parquet"
    pl.DataFrame({"text": ["x" * 100 + PHONE] * 1000}).write_parquet(file, compression="zstd")
    return file


def _encrypted(lake: Lake) -> Path:
    person = dict.fromkeys(IDENTITIES.columns) | {"phone": PHONE, "drop_id": "d"}
    person |= {"operator_id": "o", "identity_key": "k", "month": "2021-03"}
    lake.write(
        IDENTITIES, pl.DataFrame([person], schema=IDENTITIES.empty.schema | {"month": pl.String}), "d-0"
    )
    return next(lake.folder(IDENTITIES).rglob("*.parquet"))


def _duckdb(lake: Lake) -> Path:
    lake.cache_file.parent.mkdir()
    with lake.cache().open() as connection:
        connection.execute(f"create table t as select 'tel. {SPACED}' as text from range(10)")
    return lake.cache_file


def _gzip(lake: Lake) -> Path:
    (lake.home / "exports" / "x.gz").write_bytes(gzip.compress(f"a;{NATIONAL};b".encode()))
    return lake.home / "exports" / "x.gz"


def _xlsx(lake: Lake) -> Path:
    pl.DataFrame({"text": [PHONE]}).write_excel(lake.home / "exports" / "x.xlsx")
    return lake.home / "exports" / "x.xlsx"


def _zip(lake: Lake) -> Path:
    with zipfile.ZipFile(lake.home / "exports" / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", f"{SPACED}\n" * 100)
    return lake.home / "exports" / "x.zip"


def _pdf(lake: Lake) -> Path:
    source = lake.home / "x.typ"
    source.write_text(f"Appelez le {NATIONAL}")
    file = lake.home / "exports" / "x.pdf"
    file.write_bytes(typst.compile(str(source)))
    source.unlink()
    return file


def _sqlite(lake: Lake) -> Path:
    """A row that fills several pages, one of them freed before: the value is cut between two."""
    file = lake.home / "exports" / "runs.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table event (body text)")
        connection.execute("insert into event values (?)", ("x" * (4096 * 3 - 52) + PHONE + "x" * 5000,))
    connection.close()
    return file


def _log(lake: Lake) -> Path:
    file = lake.home / "exports" / "x.log"
    file.write_bytes(b"x" * 1020 + rb"\u00e9" + PHONE.encode() + b"x" * 1000)
    return file


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        *(
            (_parquet, "parquet"),
            (_encrypted, "parquet"),
            (_duckdb, "duckdb"),
            (_gzip, "gzip"),
            (_xlsx, "zip"),
        ),
        *((_zip, "zip"), (_pdf, "pdf"), (_sqlite, "sqlite"), (_log, "bytes")),
    ],
)
def test_a_value_is_found_in_every_kind_of_file(
    write: Callable[[Lake], Path], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_BLOCK", 1024)  # values lie across blocks
    lake = use(tmp_path)
    (lake.home / "exports").mkdir()
    file = write(lake)
    hits, files = search(lake, Needles([PHONE]))
    assert Hit(file, kind) in hits and files > 0
    assert search(lake, Needles(["+33639980124"]))[0] == []


def test_values_are_found_as_they_are_escaped_and_numbers_not_inside_longer_ones(tmp_path: Path) -> None:
    lake = use(tmp_path)
    log = tmp_path / "log"
    for written in (  # JSON, XML, a link
        '"Ren\\u00e9e O\'Neil"',
        "Ren\u00e9e O&apos;Neil Ren\u00e9e O'Neil",
        "Ren%C3%A9e%20O%27Neil",
    ):
        log.write_text(written)
        assert [hit.kind for hit in search(lake, Needles(["Ren\u00e9e O'Neil"]))[0]] == ["bytes"], written
    for longer in ("1706399801234", "0.0639980123", "06399801239"):
        log.write_text(longer)
        assert search(lake, Needles([PHONE]))[0] == []
    short = Needles(["L\u00e9a", "10423344", "104233445", PHONE])  # metres, cents and rows have eight digits
    assert (short.count, short.too_short) == (2, 2)
    assert not short.in_table(pl.DataFrame({"distance_m": [10_423_344]}))


@pytest.mark.parametrize("content", [b"id 123456789;", b"id 1234567890", b"id 0123456789", b"1.123456789 id"])
def test_where_a_file_is_cut_into_blocks_moves_no_value(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(searching, "_BLOCK", 40)
    needles = Needles(["123456789"])
    for cut in range(40):
        content = b"x" + content
        pieces = searching._pieces(BytesIO(content + b"y" * 40), needles)
        assert searching._holds(pieces, needles) == needles.in_bytes(content), cut


def test_a_line_is_found_in_any_spelling_and_a_name_or_an_address_in_any_case(tmp_path: Path) -> None:
    lake = use(tmp_path)
    log = tmp_path / "log"
    swiss, overseas = "0041 (0)63 998 09 01", "0692 12 34 56"
    for value, written in (
        *((swiss, one) for one in ("+41639980901", "+41 (0)63 998 09 01", "410639980901", "063.998.09.01")),
        *((overseas, one) for one in ("+262692123456", "+33 692 12 34 56", "0692-12-34-56")),
        ("Hélène O'Martin", "nom;HÉLÈNE O'MARTIN;"),
        ("a.Martin@exemple.example", "A.MARTIN@Exemple.example"),
    ):
        log.write_text(written)
        assert [hit.path for hit in search(lake, Needles([value]))[0]] == [log], written
    log.write_text("id;aB12cD34")  # ids that differ by their case are two
    assert search(lake, Needles(["Ab12cd34"]))[0] == []
    log.write_text("+41 63 998 09 02 06 39 98 00 77")  # lines that begin like a truncated phone
    assert search(lake, Needles(["+416399809", "+336399800"]))[0] == []


@pytest.mark.parametrize(
    ("cells", "is_found"),
    [
        ([33639980123], True),
        ([-33639980123], True),
        ([336399801234], False),  # a longer number
        ([33639980123.0], True),
        ([["x", PHONE]], True),
        ([{"a": [None, PHONE]}], True),
        ([48.85], False),
        ([True], False),
        ([date(2021, 3, 1)], False),
        (["x"] * 3_000 + [PHONE], True),
        ([None], False),
    ],
)
def test_a_value_is_found_in_a_cell_of_any_type(tmp_path: Path, cells: list[object], is_found: bool) -> None:
    lake = use(tmp_path / "home")
    lake.exports.mkdir(parents=True)
    pl.DataFrame({"cell": cells}, strict=False).write_parquet(lake.exports / "x.parquet")
    hits, _ = search(lake, Needles([PHONE], as_kept=True))
    assert [hit.kind for hit in hits if hit.kind != "bytes"] == ["parquet"] * is_found
    assert search(lake, Needles(["no number"]))[0] == []


@pytest.mark.parametrize(("cell", "value"), [(48.85341, "48.85341"), (date(2021, 3, 1), "2021-03-01")])
def test_a_place_or_a_day_that_is_asked_for_is_found_in_its_cell(
    tmp_path: Path, cell: object, value: str
) -> None:
    lake = use(tmp_path / "home")
    lake.exports.mkdir(parents=True)
    pl.DataFrame({"cell": [cell]}).write_parquet(lake.exports / "x.parquet", statistics=False)
    assert [hit.kind for hit in search(lake, Needles([value]))[0]] == ["parquet"]


def test_a_file_that_cannot_be_decoded_is_told(tmp_path: Path) -> None:
    lake = use(tmp_path)
    (tmp_path / "exports").mkdir()
    file = _parquet(lake)
    file.write_bytes(file.read_bytes()[:-10])
    assert search(lake, Needles(["+33639980124"]))[0] == [Hit(file, "parquet, unreadable")]


@pytest.mark.slow
def test_what_a_killed_build_leaves_is_ciphertext_and_is_told(tmp_path: Path) -> None:
    """There is no log to replay; a spilled block cannot be decoded alone: it may hold anything."""
    lake = use(tmp_path)
    lake.building.parent.mkdir(parents=True)
    script = f"""
import os
from pathlib import Path
from dagster_project.lake.store import Lake
with Lake(Path({str(tmp_path)!r})).cache(building=True).open() as connection:
    connection.execute("set memory_limit = '30MB'; set threads = 1; pragma disable_checkpoint_on_shutdown")
    connection.execute("create table people as select '{PHONE}' as phone")
    rows = "select '{PHONE}' || hash(range) as phone from range(500000)"
    connection.sql(f"select * from ({{rows}}) order by phone").fetchone()
    os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ)
    left = [file for file in lake.building.parent.rglob("*") if file.is_file() and file != lake.building]
    assert {file.suffix for file in left} == {".tmp"}
    assert [file for file in left if PHONE.encode() in file.read_bytes()] == []  # they are ciphertext
    hits, _ = search(lake, Needles(["+33639980124"]))
    assert {hit.path for hit in hits} == set(left) and {hit.kind for hit in hits} == {"duckdb, unreadable"}
