"""Workbooks are packed and unpacked by another library than the standard one: to the same content."""

import random
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from dagster_project.files.zip_files import FastZipFile
from dagster_project.retention.needles import Needles
from dagster_project.retention.search import Hit, search

from .conftest import use

_TEXT = "".join(random.Random(1).choices("<row r=01>", k=3_000_000)).encode()


@pytest.mark.parametrize("compression", [ZIP_DEFLATED, ZIP_STORED])
@pytest.mark.parametrize(("packs", "unpacks"), [(FastZipFile, ZipFile), (ZipFile, FastZipFile)])
def test_what_one_packs_the_other_unpacks(
    packs: type[ZipFile], unpacks: type[ZipFile], compression: int, tmp_path: Path
) -> None:
    (tmp_path / "sheet.xml").write_bytes(_TEXT)
    with packs(tmp_path / "book.xlsx", "w", compression) as book:
        book.write(tmp_path / "sheet.xml", "sheet.xml")
        book.writestr("empty.xml", b"")
    with unpacks(tmp_path / "book.xlsx") as book:
        assert book.testzip() is None
        assert book.read("sheet.xml") == _TEXT
        with book.open("sheet.xml") as member:
            assert b"".join(iter(lambda: member.read(4_096), b"")) == _TEXT
            member.seek(1_000_000)
            assert member.read(100) == _TEXT[1_000_000:1_000_100]


def test_a_workbook_is_hardly_larger_than_zlib_makes_it(tmp_path: Path) -> None:
    for packs, options in ((FastZipFile, {}), (ZipFile, {"compresslevel": 1})):
        with packs(tmp_path / packs.__name__, "w", ZIP_DEFLATED, **options) as book:
            book.writestr("sheet.xml", _TEXT)
    # Which bytes ISA-L makes depends on the processor.
    assert (tmp_path / "FastZipFile").stat().st_size < 1.2 * (tmp_path / "ZipFile").stat().st_size


def test_a_member_that_is_no_deflate_stream_is_told(tmp_path: Path) -> None:
    lake = use(tmp_path)
    book = lake.home / "exports" / "spoilt.xlsx"
    book.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(book, "w", ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", _TEXT)
    content = bytearray(book.read_bytes())
    content[200:300] = b"\xff" * 100
    book.write_bytes(content)
    assert search(lake, Needles(["+33639980001"]))[0] == [Hit(book, "zip, unreadable")]
