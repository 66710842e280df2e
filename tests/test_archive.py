"""What leaves the active base: the archive, which names nobody, and the exports that authorities may see."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations

import duckdb
import openpyxl
import polars as pl
import polars.selectors as cs
import pyarrow.parquet as pq
import pytest
import yaml
from dagster import AssetKey
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dagster_project.archive.write import ArchiveError, archive_due, archive_month
from dagster_project.catalogue import catalogue
from dagster_project.contracts.archive import (
    ARCHIVED_CARPOOLERS,
    ARCHIVED_JOURNEYS,
    ARCHIVED_MONTHS,
    STEPS,
    K,
)
from dagster_project.contracts.authority import AUTHORITY_JOURNEYS
from dagster_project.contracts.documents import READ_ME
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest_all
from dagster_project.drops.known import known_of
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import PEOPLE
from dagster_project.lake.store import Lake
from dagster_project.reports.authority.export import export
from dagster_project.reports.authority.files import shown_cells
from dagster_project.reports.authority.shared_costs import SELECTION
from dagster_project.retention.plan import Plan, plan
from dagster_project.retention.run import remove
from dagster_project.runner.night import run_night
from dagster_project.sample import Spec, generate, write
from dagster_project.settings import PROJECT
from dagster_project.settings import settings as installation
from dagster_project.warehouse import cache
from tests.support.deliveries import run_models

from .conftest import REFERENCE, dagster_of, use

MARCH, APRIL = date(2021, 3, 1), date(2021, 4, 1)
YOUNG = date(2021, 4, 30)  # no month is over long enough for its persons to be counted
OLD = date(2022, 3, 31)  # the night before April's first journeys reach their term
NEIGHBOURS = ("247400583", "247400690", "247400724")
SPEC = Spec(journeys=6_000, first_day=MARCH, last_day=date(2021, 4, 30), nights=1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Two months of journeys of two authorities, both due for the archive on one night."""
    home = tmp_path_factory.mktemp("archive")
    for name in ("campaigns", "operators", "authorities", "rules"):
        shutil.copytree(PROJECT / "data" / name, home / "catalogue" / name)
    (home / "catalogue" / "reference").symlink_to(REFERENCE)
    file = home / "catalogue" / "authorities" / "pmgf.yml"
    pmgf = yaml.safe_load(file.read_text("utf-8"))
    epcis = [epci for epci in pmgf["epci"] if epci not in NEIGHBOURS]
    voisine = pmgf | {"id": "voisine", "name": "Autorité voisine", "siret": "20002340600016"}
    file.write_text(yaml.safe_dump(pmgf | {"epci": epcis}), "utf-8")
    file.with_name("voisine.yml").write_text(yaml.safe_dump(voisine | {"epci": list(NEIGHBOURS)}), "utf-8")
    os.environ["ENTREPOT_CATALOGUE"] = str(home / "catalogue")
    drops = [replace(drop, business_date=YOUNG) for drop in generate(SPEC, REFERENCE)[0]]
    with (
        pytest.MonkeyPatch.context() as patch
    ):  # whom the archive hides is known as long as nothing is erased
        patch.setattr("dagster_project.defs.retention.plan", lambda *_: Plan(OLD, (), *[pl.DataFrame()] * 7))
        lake = use(home)
        write(drops, lake.drops)
        known = known_of(catalogue.operators(home / "catalogue"), lake.secret("identity"))
        assert len(list(ingest_all(claim(lake.drops, Troubles()), lake, known, YOUNG, Troubles()))) == 4
        assert not run_night(OLD).failures
    yield lake
    del os.environ["ENTREPOT_CATALOGUE"]
    installation.cache_clear()


@pytest.fixture
def built(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    with cache.reading(lake) as connection:
        yield connection


@pytest.fixture(scope="module")
def archived(lake: Lake) -> pl.DataFrame:
    with cache.reading(lake) as connection:
        return connection.sql("select * from archive.archived_journeys").pl()


def _metadata(lake: Lake, *key: str) -> dict[str, object]:
    with dagster_of(lake) as instance:
        event = instance.get_latest_materialization_event(AssetKey(key))
        assert event and event.asset_materialization
        return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_dbt_and_contracts_agree_on_k_and_on_the_ladder(archived: pl.DataFrame) -> None:
    assert yaml.safe_load((PROJECT / "dbt/dbt_project.yml").read_text())["vars"]["archive_k"] == K
    assert archived["step"].is_between(1, len(STEPS)).all()
    assert archived["step"].n_unique() >= 3
    assert ARCHIVED_JOURNEYS.schema.validate(archived).height > 50


def test_every_valid_journey_is_archived_once_or_counted_as_suppressed(
    lake: Lake, built: duckdb.DuckDBPyConnection, archived: pl.DataFrame
) -> None:
    valid = built.sql(
        "select cast(date_trunc('month', start_on) as date), count(*) from active.journeys "
        "where outcome = 'valid' group by all"
    ).fetchall()
    register = {
        row["month_on"]: row for row in lake.read(ARCHIVED_MONTHS).to_dicts() if row["subject"] == "journeys"
    }
    kept = dict(archived.group_by("month_on").agg(pl.col("journeys").sum()).rows())
    assert dict(valid).keys() == register.keys() == kept.keys() == {MARCH, APRIL}
    for month_on, journeys in valid:
        assert register[month_on]["published"] == kept[month_on] > 0
        assert register[month_on]["suppressed"] == journeys - kept[month_on] > 0


def test_the_night_measures_utility_and_risk_and_the_attacker_is_right_once_in_k(lake: Lake) -> None:
    measured = _metadata(lake, "archive", "months")
    assert measured["k"] >= K
    assert 0.02 < measured["archive_same_row_mean"] <= measured["archive_worst"] <= 1 / K
    assert measured["archive_not_in_exports_worst"] <= 1 / K
    assert sum(value for name, value in measured.items() if name.startswith("share_step_")) == pytest.approx(
        1
    )
    assert 0 < measured["share_person_km_kept"] < 1
    # What étape 5 itself says: who knows one journey recognises its person in an export.
    assert measured["export_person_named"] > 0.9
    assert measured["persons_of_two_authorities"] > 50
    # So do lines of calls, by place and time; what annexe 3 asks for beside them leaves few alike.
    assert 0.5 < measured["call_lines_alone_by_places"] <= measured["call_lines_alone_by_figures"] <= 1
    assert 0 < measured["call_lines_of_two_authorities"] < 1
    assert measured["share_of_them_linked_by_places"] <= measured["share_of_them_linked_by_figures"] <= 1


# What a step shows, by its number: written down here a second time.
_ALL = ["day_kind", "distance_band_km", "operator_class"]
_SHOWN = {
    1: ["start_commune_code", "end_commune_code", "start_cell", "end_cell", "quarter_hour", *_ALL],
    2: ["start_commune_code", "end_commune_code", "hour", *_ALL],
    3: ["start_commune_code", "end_commune_code", "day_part", *_ALL],
    4: ["start_commune_code", "end_commune_code", *_ALL],
    5: ["start_epci_code", "end_epci_code", "day_part", *_ALL],
    6: ["start_epci_code", "end_epci_code", "distance_band_km", "operator_class"],
    7: ["start_epci_code", "end_epci_code"],
}


def _climb(lake: Lake, journeys: pl.DataFrame) -> dict[int, int | None]:
    """The step at which dbt's own SQL puts each of these journeys."""
    query = (lake.dbt_output / "target/compiled/entrepot/models/archive/int_archive_ladder.sql").read_text()
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as entrepot; create schema entrepot.archive")
        connection.register("given", journeys)
        connection.execute("create table entrepot.archive.int_archive_journeys as select * from given")
        return dict(connection.sql(query).fetchall())


def _journeys(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Journeys that are alike but for what a row says: its driver, passenger and what it changes."""
    alike = {column: "same" for columns in _SHOWN.values() for column in columns}
    return pl.DataFrame(
        [
            alike
            | {"journey_number": number, "month_on": MARCH, "seen_by": ""}
            | {"driver_identity_key": row["driver"], "passenger_identity_key": row["passenger"]}
            | {name: value for name, value in row.items() if name not in ("driver", "passenger")}
            for number, row in enumerate(rows)
        ]
    )


def test_journeys_of_k_pairs_are_kept_exact_and_those_of_one_pair_never(lake: Lake) -> None:
    six = [{"driver": f"d{n}", "passenger": f"p{n}"} for n in range(6)]
    assert set(_climb(lake, _journeys(six)).values()) == {1}
    assert set(_climb(lake, _journeys(six[:5])).values()) == {None}
    assert set(_climb(lake, _journeys(six[:1] * 20)).values()) == {None}
    # One driver for all: the passengers do not hide the driver.
    assert set(_climb(lake, _journeys([row | {"driver": "d"} for row in six])).values()) == {None}
    # A colleague who drives one day and rides the next is one person.
    swapped = [{"driver": row["passenger"], "passenger": row["driver"]} for row in six[:3]]
    assert set(_climb(lake, _journeys(six[:3] + swapped)).values()) == {None}
    # An authority that sees three of the six would find three left.
    half_seen = [row | {"seen_by": "pmgf" if n < 3 else ""} for n, row in enumerate(six)]
    assert set(_climb(lake, _journeys(half_seen)).values()) == {None}
    # The commuter's journeys past a sixth of the group go on to a step where there are more of others.
    others = [{"driver": f"d{n}", "passenger": f"p{n}", "quarter_hour": f"{n}"} for n in range(6, 18)]
    steps = _climb(lake, _journeys(six + six[:1] * 2 + others))
    assert sorted(steps.values()) == [1] * 6 + [2] * 14


_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "driver": st.sampled_from("abcdefghij"),
            "passenger": st.sampled_from("ijklmnopqr"),
            "seen_by": st.sampled_from(["", "pmgf"]),
            **{
                name: st.sampled_from("xy")
                for name in ("start_cell", "hour", "end_commune_code", "operator_class")
            },
        }
    ),
    min_size=1,
    max_size=120,
)


@settings(max_examples=40)
@given(rows=_ROWS)
def test_no_set_of_journeys_breaks_k_nor_loses_one(lake: Lake, rows: list[dict[str, object]]) -> None:
    journeys = _journeys(rows)
    steps = _climb(lake, journeys)
    assert sorted(steps) == journeys["journey_number"].to_list()
    for step, shown in _SHOWN.items():
        placed = journeys.filter(pl.col("journey_number").is_in([n for n, at in steps.items() if at == step]))
        for group in placed.partition_by("seen_by", *shown):
            persons = pl.concat([group["driver_identity_key"], group["passenger_identity_key"]])
            assert group.height >= K
            assert persons.value_counts()["count"].max() * K <= group.height


def test_counts_of_persons_have_k_behind_each_part_and_none_can_be_subtracted(
    built: duckdb.DuckDBPyConnection,
) -> None:
    rows = built.sql("select * from archive.archived_carpoolers").pl()
    ARCHIVED_CARPOOLERS.schema.validate(rows.select(*ARCHIVED_CARPOOLERS.columns))
    counted = built.sql(
        "select count(distinct driver_identity_key) from active.journeys join catalogue.territories on "
        "place_code = start_place_code and year = territory_year where outcome = 'valid' "
        "and epci_code = '200011773' and date_trunc('month', start_on) = date '2021-04-01'"
    ).fetchall()
    cell = rows.filter(month_on=APRIL, epci_code="200011773", member="driver").to_dicts()[0]
    assert cell["members"] == counted[0][0]
    breakdowns = (["newcomers", "known_before"], [name for name in rows.columns if name.startswith("with_")])
    for parts in breakdowns:
        whole = rows.filter(pl.sum_horizontal(pl.col(parts).is_not_null()) > 0)
        assert (whole.select(pl.sum_horizontal(parts)).to_series() == whole["members"]).all()  # all or none
        assert whole.height > 3
    assert (
        rows.filter(month_on=MARCH)["newcomers"].is_null().all()
    )  # all of them are: known_before has nobody


def test_a_month_is_archived_once_whatever_comes_later(lake: Lake, built: duckdb.DuckDBPyConnection) -> None:
    files = set((lake.home / "lake").glob("*/archived_*/**/*.parquet"))
    tables = (ARCHIVED_MONTHS, ARCHIVED_JOURNEYS, ARCHIVED_CARPOOLERS)
    before = [lake.read(table) for table in tables]
    assert len(files) == 8
    assert archive_due(lake, built, date(2022, 4, 20)) == []
    assert archive_month(lake, built, MARCH, date(2022, 4, 20)) is None
    with pytest.raises(ArchiveError, match="2021-05"):
        archive_month(lake, built, date(2021, 5, 1), date(2022, 4, 20))
    # Killed before the register was written, the night writes the same again.
    register = lake.folder(ARCHIVED_MONTHS) / "2021-03-journeys.parquet"
    register.unlink()
    (one,) = archive_due(lake, built, OLD)
    assert (one.month_on, one.subject) == (MARCH, "journeys")
    assert set((lake.home / "lake").glob("*/archived_*/**/*.parquet")) == files
    for table, rows in zip(tables, before, strict=True):
        assert_frame_equal(lake.read(table).sort(pl.all()), rows.sort(pl.all()), check_exact=True)


def _exported(lake: Lake, authority_id: str, selection: str = "territoire") -> pl.DataFrame:
    return pl.read_parquet(sorted((lake.exports / authority_id / "trajets" / selection).glob("*.parquet")))


def test_an_export_is_the_same_in_three_forms_and_keeps_to_the_contract(lake: Lake) -> None:
    for file in sorted(lake.exports.glob("*/trajets/*/*.parquet")):
        if file.parent.name == SELECTION:
            continue
        rows = pl.read_parquet(file)
        AUTHORITY_JOURNEYS.schema.validate(rows)
        assert (rows["start.datetime"].dt.epoch("s") % 900 == 0).all()
        texts = rows.with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        form = {"separator": PEOPLE.separator, "decimal_comma": PEOPLE.has_decimal_comma}
        csv = pl.read_csv(file.with_suffix(".csv"), schema=texts.schema, **form)
        assert_frame_equal(csv, texts, check_exact=True)
        workbook = file.with_suffix(".xlsx")
        assert workbook.exists() == (file.stem == "2021-04")  # March's first journeys are past their term
        if not workbook.exists():
            continue
        book = openpyxl.load_workbook(workbook, read_only=True)
        technical, header, *cells = book["Trajets"].iter_rows(values_only=True)
        shown = shown_cells(rows, AUTHORITY_JOURNEYS)
        assert list(technical) == rows.columns and list(header) == shown.columns
        found = pl.DataFrame(cells, schema=shown.schema, orient="row")
        assert_frame_equal(found, shown.with_columns(cs.string().replace("", None)), check_exact=True)
        for field in pq.read_schema(file):
            assert (
                field.metadata[b"description"].decode() == AUTHORITY_JOURNEYS.columns[field.name].description
            )
        said = [row[0] for row in book["Légende"].iter_rows(values_only=True)]
        legend = "\n".join(said)
        assert legend == pl.read_parquet_metadata(file)["legende"]
        assert [line for line in said if "40 habitants au km²" in line and "3 décimales" in line], legend
        assert [line for line in said if "INSEE" in line and "EPSG:6933" in line], legend
    for manifest in lake.exports.glob("*/trajets/manifest.json"):
        listed = json.loads(manifest.read_text())["files"]
        found = {str(file.relative_to(manifest.parent)) for file in manifest.parent.glob("*/*")}
        assert {entry["file"] for entry in listed} == found | ({READ_ME} if found else set())
        for entry in listed:
            content = (manifest.parent / entry["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]


def test_an_authority_sees_its_own_territory_and_coordinates_as_coarse_as_density_asks(lake: Lake) -> None:
    places = pl.read_parquet(REFERENCE / "territories.parquet").filter(year=2021).unique("commune_code")
    dense = places.filter(pl.col("population") > 40 * pl.col("area_km2"))["commune_code"]
    for authority_id, epcis in (("voisine", NEIGHBOURS), ("pmgf", None)):
        rows = _exported(lake, authority_id)
        assert rows.height > 100
        ours = places.filter(pl.col("epci_code").is_in(epcis))["commune_code"] if epcis else None
        if ours is not None:
            assert (rows["start.insee"].is_in(ours.implode()) | rows["end.insee"].is_in(ours.implode())).all()
        for end in ("start", "end"):
            places_kept = pl.when(pl.col(f"{end}.insee").is_in(dense.implode())).then(3).otherwise(2)
            for axis in ("lat", "lon"):
                shift = (pl.col(f"{end}.{axis}") * 10**places_kept).round(6)
                assert rows.select((shift == shift.round()).all()).item()
    assert _exported(lake, "pmgf", "pmgf_2021").height > 100
    assert not (lake.exports / "voisine" / "trajets" / "pmgf_2021").exists()


def test_an_end_abroad_bears_the_name_of_its_locality_and_the_code_of_its_country(lake: Lake) -> None:
    rows = _exported(lake, "pmgf").filter(pl.col("end.insee") == "99140")
    assert rows.height > 50 and "Genève" in rows["end.town"] and "Suisse" not in rows["end.town"]


def test_two_authorities_cannot_join_their_pseudonyms_nor_the_ids_of_a_journey(lake: Lake) -> None:
    ours, theirs = _exported(lake, "pmgf"), _exported(lake, "voisine")
    content = [name for name in ours.columns if "id" not in name.split(".")[-1]]
    assert ours.select(content).join(theirs.select(content), on=content, nulls_equal=True).height > 20
    names = ("journey_id", "operator_journey_id", "passenger.id", "driver.id")
    for one, other in [*combinations(names, 2), *((name, name) for name in names)]:
        assert not set(ours[one]) & set(theirs[other])
    # Within an authority a person keeps the pseudonym, month after month, in territory and campaign.
    campaign = _exported(lake, "pmgf", "pmgf_2021")
    joined = campaign.join(ours, on=["operator", "journey_id"], suffix=".again")
    assert joined.height > 100
    assert (joined["driver.id"] == joined["driver.id.again"]).all()
    by_month = ours.group_by("driver.id").agg(pl.col("start.datetime").dt.month().n_unique())
    assert by_month["start.datetime"].max() == 2


def test_an_operator_gets_answers_on_its_own_rows_only(lake: Lake, built: duckdb.DuckDBPyConnection) -> None:
    sent = built.sql("from lake.journeys select distinct operator_id, operator_journey_id").pl()
    for operator_id in SPEC.operators:
        files = sorted((lake.drops / operator_id / "feedback").glob("*.csv"))
        lines = [pl.read_csv(file, separator=";", infer_schema=False) for file in files]
        answered = pl.concat([of_file["operator_journey_id"] for of_file in lines])
        others = sent.filter(pl.col("operator_id") != operator_id)["operator_journey_id"]
        assert files and not set(answered.drop_nulls()) & set(others)


def test_an_authority_without_access_finds_the_reason_in_its_folder_and_nothing_else(lake: Lake) -> None:
    folder = lake.exports / "voisine" / "trajets"
    before = sorted(file.name for file in folder.rglob("*"))
    with cache.reading(lake) as connection:
        made = export(lake, connection, OLD, {"voisine": "candidature ; il manque : logo"})
        assert set(made.files) == {"pmgf"} and made.forged == []
        (manifest,) = folder.rglob("*")
        told = json.loads(manifest.read_text("utf-8"))
        assert not told["files"] and told["held_back"].startswith(
            "candidature ; il manque : logo ; compléter"
        )
        export(lake, connection, OLD)
    assert sorted(file.name for file in folder.rglob("*")) == before
    assert "held_back" not in json.loads((folder / "manifest.json").read_text("utf-8"))


def test_a_month_has_its_workbook_while_it_is_whole(lake: Lake) -> None:
    """Before, its rows grow every night, after, they go every night: Parquet and CSV say them."""

    def months(suffix: str) -> set[str]:
        return {file.stem for file in (lake.exports / "voisine" / "trajets").glob(f"*/*.{suffix}")}

    with cache.reading(lake) as connection:
        export(lake, connection, date(2021, 4, 30))
        assert months("xlsx") < months("csv") == months("parquet")
        assert max(months("xlsx")) == "2021-03" and "2021-04" in months("csv")
        export(lake, connection, OLD)
    assert months("csv") - months("xlsx") == {"2021-03"} and "2021-04" in months("xlsx")


def test_an_export_is_rewritten_only_when_its_rows_change_and_goes_with_its_journeys(lake: Lake) -> None:
    folder = lake.exports / "voisine" / "trajets"
    before = {file: file.stat().st_mtime_ns for file in folder.glob("*/*")}
    with cache.reading(lake) as connection:
        export(lake, connection, OLD)
    assert {file: file.stat().st_mtime_ns for file in folder.glob("*/*")} == before
    with cache.reading(lake) as connection:
        left = {
            name: connection.sql(f"from authorities.{name} where month_on = '2021-04-01'").pl()
            for name in ("authority_views", "authority_extracts", "authority_shared_costs")
        }
        names = ("authorities", "campaigns")
        of_catalogue = {name: connection.sql(f"from catalogue.{name}").pl() for name in names}
    with duckdb.connect() as connection:
        cache.load(connection, {"authorities": left, "catalogue": of_catalogue})
        export(lake, connection, OLD)
    april = {file: at for file, at in before.items() if file.name.startswith("2021-04")}
    assert {file: file.stat().st_mtime_ns for file in folder.glob("*/*")} == april


def test_an_export_that_was_altered_is_told_and_made_anew(lake: Lake) -> None:
    (file, *_) = sorted((lake.exports / "voisine" / "trajets").glob("*/*.csv"))
    before = file.read_bytes()
    file.write_bytes(before.replace(b";", b",", 1))
    with cache.reading(lake) as connection:
        (told,) = export(lake, connection, OLD).forged
    assert told.endswith(f"{file.name} is not as it was issued") and file.read_bytes() == before


def test_what_is_erased_stays_in_the_archive(lake: Lake) -> None:
    archived = lake.read(ARCHIVED_JOURNEYS).sort(pl.all())
    assert set(archived["month_on"]) == {MARCH, APRIL}
    remove(lake, plan(lake, OLD, TERMS), TERMS)
    run_models(lake, OLD, "+archive")
    with cache.reading(lake, building=True) as connection:
        first = connection.sql(
            "select min(cast(end_at at time zone 'Europe/Paris' as date)) from active.journeys"
        )
        assert first.fetchall() == [(APRIL,)]
        assert archive_due(lake, connection, OLD) == []
    assert_frame_equal(lake.read(ARCHIVED_JOURNEYS).sort(pl.all()), archived, check_exact=True)
