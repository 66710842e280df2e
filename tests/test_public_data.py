"""What everybody may read, as written: page, open data and fund calls agree; nothing is small."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
import yaml
from lxml import html
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from dagster_project import outputs
from dagster_project.catalogue.parties import Authority
from dagster_project.contracts.documents import PUBLIC
from dagster_project.contracts.observatory import (
    FLOWS_FILE,
    OBSERVATORY,
    PUBLIC_EDITIONS,
    TERRITORIES_FILE,
)
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.pages.checks import is_too_large, printed, reaches_out
from dagster_project.pages.observatory.checks import differing_files, differing_pages, read, small_rows
from dagster_project.reports.issued import PAGE, problems
from dagster_project.reports.observatory.data_set import FOLDER
from dagster_project.reports.observatory.editions import keep_due
from dagster_project.settings import PROJECT
from dagster_project.warehouse.cache import reading
from tests.conftest import copy_home, kill_at, use
from tests.support.public_adversary import check

SCHEMAS = Path(__file__).with_name("vectors") / "datapackage"  # of the PyPI package datapackage 1.15.4 (MIT)
LAST_NIGHT, LAST_MONTH = date(2021, 7, 31), date(2021, 5, 1)


@pytest.fixture
def data(house: Lake) -> Path:
    """The open data of the house."""
    return house.exports / PUBLIC / FOLDER


@pytest.fixture
def copy(house: Lake, tmp_path: Path) -> Iterator[Lake]:
    """A house to change."""
    copy_home(house, tmp_path / "home")
    yield use(tmp_path / "home")
    use(house.home)


def _schema(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((SCHEMAS / f"{name}.json.gz").read_bytes()))


def test_page_open_data_and_fund_calls_say_the_same(house: Lake, data: Path) -> None:
    text = html.fromstring((data.parent / PAGE).read_text("utf-8"))
    told = pl.read_csv(data / "versements.csv")
    shown, _ = printed(text, "versements", "Indemnité")
    called = [
        pl.read_parquet(file)["incentive_cents"].sum()
        for file in sorted(house.exports.glob("pmgf/pmgf_2021/APDF_2021-T1_*.parquet"))
    ]
    assert len(called) > 1 and told["indemnite_centimes"].drop_nulls().len() == 2
    assert told.row(0, named=True)["indemnite_centimes"] == sum(called)
    assert [int(100 * euros) for euros in reversed(shown)] == told["indemnite_centimes"].to_list()
    months = sorted(data.glob("territoires_*.csv"), reverse=True)
    wholes = [
        read(house, file.name).filter(pl.col("niveau").eq("ensemble") & ~pl.col("reste")).row(0, named=True)
        for file in months
    ]
    assert [one["mois"] for one in wholes] == [date(2021, 5, 1), date(2021, 4, 1), date(2021, 3, 1)]
    for head, name in (("Trajets", "trajets"), ("Trajets passagers", "trajets_passagers")):
        assert printed(text, "mois", head)[0] == [one[name] for one in wholes]
    assert [1000 * km for km in printed(text, "mois", "Kilomètres passagers")[0]] == [
        one["metres_passagers"] for one in wholes
    ]


def test_what_was_written_equals_the_base_is_not_small_and_reaches_nowhere(house: Lake) -> None:
    pages = sorted((house.exports / PUBLIC).glob("*.html"))
    assert {page.name for page in pages} == {PAGE, "departement-74.html"}
    with reading(house) as connection:
        assert differing_files(house, connection, [LAST_MONTH]) == []
    assert differing_pages(house, pages) == []
    assert small_rows(house, house.read(PUBLIC_EDITIONS)["month_on"].to_list()) == []
    assert [page.name for page in pages if reaches_out(page) or is_too_large(page)] == []
    assert list(problems(house)) == []


def test_no_subtraction_of_what_was_written_tells_of_a_few(house: Lake) -> None:
    with reading(house) as connection:
        journeys = connection.execute(
            "from observatory.int_public_ends where month_on = ?", [LAST_MONTH]
        ).pl()
    frames = []
    for table in (TERRITORIES_FILE, FLOWS_FILE):
        rows = read(house, f"{table.name}_{LAST_MONTH:%Y-%m}.csv")
        frames.append(rows.rename({str(column.title): ours for ours, column in table.columns.items()}))
    check(journeys.to_dicts(), *frames)


def test_the_open_data_is_what_its_descriptor_says(data: Path) -> None:
    package = json.loads((data / "datapackage.json").read_text("utf-8"))
    jsonschema.Draft4Validator(_schema("data-package")).validate(package)
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)
    listed = {resource["path"] for resource in package["resources"]}
    assert listed | {"datapackage.json", "manifest.json", "LISEZ-MOI.txt"} == {
        file.name for file in data.iterdir()
    }
    tables = [resource for resource in package["resources"] if resource["format"] == "csv"]
    assert len(tables) == 2 * 3 + 2
    types = {"date": pl.Date, "integer": pl.Int64, "boolean": pl.Boolean, "number": pl.Decimal(9, 4)}
    for table in tables:
        jsonschema.Draft4Validator(_schema("tabular-data-resource")).validate(table)
        fields = table["schema"]["fields"]
        kinds = {field["name"]: types.get(field["type"], pl.String) for field in fields}
        rows = pl.read_csv(data / table["path"], schema=kinds)
        assert not rows.select(table["schema"]["primaryKey"]).is_duplicated().any()
        for field in fields:
            assert not field["constraints"]["required"] or rows[field["name"]].null_count() == 0
        parquet = (data / table["path"]).with_suffix(".parquet")
        assert_frame_equal(rows, pl.read_parquet(parquet), check_dtypes=False, check_exact=True)


def test_the_list_of_campaigns_is_what_its_schema_says(data: Path) -> None:
    listed = json.loads((data / "campagnes.json").read_text("utf-8"))
    schema = json.loads((data / "campagnes.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(listed)
    (campaign,) = listed["campagnes"]
    assert campaign["autorite"]["siren"] == "200075372"
    assert [campaign["du"], campaign["au"]] == ["2021-02-23", "2021-12-31"]
    steps = [
        (step["de_m"], step["centimes"], step["dixiemes_de_centime_par_km"]) for step in campaign["tarif"]
    ]
    assert steps == [(2_000, 200, None), (20_000, None, 100), (50_001, 500, None)]
    assert "acompte" not in json.dumps(listed) and "iban" not in json.dumps(listed).lower()
    assert listed["a_jour_au"] == "2021-04-16"


def test_no_authority_takes_the_publics_folder() -> None:
    told = yaml.safe_load((PROJECT / "data" / "authorities" / "pmgf.yml").read_text("utf-8"))
    assert Authority.model_validate(told)
    with pytest.raises(ValidationError, match="dossier de l'observatoire public"):
        Authority.model_validate(told | {"id": PUBLIC})


def _publish(lake: Lake, night: date) -> outputs.Observatory:
    with reading(lake) as connection:
        return outputs.observatory(lake, connection, night, Troubles())


def _bytes(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_an_edition_never_changes_and_nothing_is_written_where_nothing_is_new(copy: Lake) -> None:
    folder = copy.exports / PUBLIC
    before = _bytes(folder)
    again = _publish(copy, date(2021, 8, 1))
    assert (again.new_editions.months, again.publication, again.pages) == ([], None, [])
    for file in (folder / FOLDER).iterdir():
        file.unlink()
    for page in folder.glob("*.html"):
        page.unlink()
    _publish(copy, date(2021, 8, 1))
    after = _bytes(folder)
    dated = {"manifest.json", "campagnes.json", "datapackage.json", PAGE}
    assert {name for name in before if before[name] != after[name]} <= dated
    assert f"territoires_{LAST_MONTH:%Y-%m}.csv" in after


def test_an_edition_that_was_killed_half_way_is_made_the_same(
    copy: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [copy.folder(table) for table in OBSERVATORY]
    before = [_bytes(folder) for folder in folders]
    part = f"{LAST_MONTH:%Y-%m}.parquet"
    for call in range(1, 4):
        for folder in folders:
            (folder / part).unlink(missing_ok=True)
        with reading(copy) as connection:
            with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
                kill_at(patch, call)
                keep_due(copy, connection, LAST_NIGHT)
            assert not (copy.folder(PUBLIC_EDITIONS) / part).exists()
            assert keep_due(copy, connection, LAST_NIGHT).months == [LAST_MONTH]
        assert [_bytes(folder) for folder in folders] == before
