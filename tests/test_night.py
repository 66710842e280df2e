"""The real job on real files: every row where the truth says, every cent where the convention says."""

import base64
import json
import re
import stat
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest

from dagster_project.contracts.documents import DOCUMENTS
from dagster_project.contracts.lake_tables import DROPS, FINDINGS, IDENTITIES
from dagster_project.definitions import definitions
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest_all
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.french import french_euros
from dagster_project.retention.needles import Needles
from dagster_project.retention.search import search
from dagster_project.runner.night import run_night
from dagster_project.sample import Drop, demo, faulty_files, write
from dagster_project.warehouse.cache import reading
from tests.reference.convention import by_the_convention

from .conftest import SPEC, dagster_of, make_known, use

Sample = tuple[list[Drop], pl.DataFrame]


@pytest.fixture
def warehouse(house: Lake) -> duckdb.DuckDBPyConnection:
    with reading(house) as connection:
        yield connection


def test_every_table_of_the_lake_and_of_a_step_says_on_its_page_how_many_rows_it_has(house: Lake) -> None:
    graph, untold = definitions().resolve_asset_graph(), []
    with dagster_of(house) as storage:
        for key in graph.materializable_asset_keys:
            event = storage.get_latest_materialization_event(key)
            is_ours = "dbt" not in graph.get(key).kinds and key.path[0] not in ("exports", "feedback")
            if is_ours and not {"dagster/row_count", "rows"} & event.asset_materialization.metadata.keys():
                untold.append(key)
        kept = [key for key in graph.external_asset_keys if key.path[0] == "lake"]
        untold += [key for key in kept if not storage.fetch_observations(key, limit=1).records]
    names = sorted(key.to_user_string() for key in untold)
    assert kept and names == ["fraud/overview", "retention/removals"], "these write none"


@pytest.mark.slow
def test_every_wrong_row_is_rejected_for_its_own_reason_and_no_other_row_is(
    sample: Sample, nights: list[date], tmp_path: Path
) -> None:
    lake = use(tmp_path)  # without retention, which takes them after thirty days
    for night in nights:
        write([drop for drop in sample[0] if drop.business_date == night], lake.drops)
        known = make_known(frozenset(SPEC.operators))
        list(ingest_all(claim(lake.drops, Troubles()), lake, known, night, Troubles()))
    found = (
        lake.read(FINDINGS)
        .filter(severity="error")
        .join(lake.read(DROPS), on=["drop_id", "operator_id"])
        .rename({"file_name": "file", "drop_row": "row"})
    )
    expected = sample[1].filter(pl.col("expected") == "rejected")
    keys = ["operator_id", "file", "row", "column", "rule_code"]
    assert found.select(keys).sort(keys).rows() == expected.select(keys).sort(keys).rows()


def test_every_living_journey_is_in_the_active_base_as_it_was_last_sent(
    sample: Sample, warehouse: duckdb.DuckDBPyConnection
) -> None:
    found = warehouse.sql(
        "select operator_id, operator_journey_id, distance_m, seats, start_at, "
        "start_place_code, end_place_code from active.journeys where outcome = 'valid'"
    ).pl()
    expected = (
        sample[1]
        .filter("is_current")
        .select(
            "operator_id",
            "operator_journey_id",
            pl.col("final_distance_m").cast(pl.Int64).alias("distance_m"),
            pl.col("seats").cast(pl.Int64).alias("seats"),
            "start_at",
            pl.col("start_commune").alias("start_place_code"),
            pl.col("end_commune").alias("end_place_code"),
        )
    )
    assert found.sort(pl.all()).rows() == expected.sort(pl.all()).rows()


def test_totals_equal_an_independent_recomputation_from_the_convention(
    sample: Sample, warehouse: duckdb.DuckDBPyConnection
) -> None:
    rows = warehouse.sql(
        "select operator_id, sum(incentive_cents), sum(fee_ex_vat_cents + vat_cents) "
        "from campaigns.campaign_incentives group by all"
    ).fetchall()
    incentives, fees = by_the_convention(sample[1])
    assert {row[0]: row[1] for row in rows} == incentives
    assert {row[0]: row[2] for row in rows} == fees


def test_workbooks_and_parquet_files_hold_what_the_warehouse_grants(
    house: Lake, warehouse: duckdb.DuckDBPyConnection
) -> None:
    granted = warehouse.sql("select sum(incentive_cents) from campaigns.campaign_incentives").fetchall()[0][0]
    files = sorted(house.exports.rglob("*APDF_*.xlsx"))
    assert len(files) == warehouse.sql("select count(*) from finance.fund_calls").fetchall()[0][0] > 0
    total = 0
    recap = dict.fromkeys("ABD", 0)
    for file in files:
        book = openpyxl.load_workbook(file, data_only=True)
        shown = {row[0].value: row[3].value for row in book.worksheets[0].iter_rows(max_col=4)}
        counted = {row[2].value: row[3].value for row in book["Récapitulatif"].iter_rows(max_col=4)}
        recap = {letter: count + counted[letter] for letter, count in recap.items()}
        in_parquet = pl.read_parquet(file.with_suffix(".parquet"))["incentive_cents"].sum()
        assert round(shown["Indemnité de l’Opération"] * 100) == in_parquet
        total += in_parquet
    assert total == granted
    bands = warehouse.sql("select sum(seats) from finance.fund_call_bands group by band order by band")
    assert list(recap.values()) == [row[0] for row in bands.fetchall()]


@pytest.mark.parametrize(("name", "content", "code"), faulty_files(), ids=lambda value: str(value)[:20])
def test_a_file_that_is_none_is_refused_with_a_reason_and_the_night_goes_on(
    house: Lake, name: str, content: bytes, code: str
) -> None:
    answer = house.drops / "alpimob" / "feedback" / f"{name}.{sha256(content).hexdigest()[:16]}.json"
    refusal = json.loads(answer.read_text("utf-8"))["refus"]
    assert refusal["code"] == code
    assert refusal["motif"] and refusal["remede"] and "{" not in refusal["motif"]


def test_an_operators_traps_stop_no_night_and_nothing_of_ours_is_open_to_others(house: Lake) -> None:
    operator = house.drops / "alpimob"
    assert not list(operator.glob("processed/2020-*")) and not list(operator.glob("feedback/.*"))
    answers = {file.name: stat.S_ISREG(file.lstat().st_mode) for file in operator.glob("feedback/*")}
    assert answers and [name for name, is_file in answers.items() if not is_file] == []
    theirs = {house.drops, house.payments}  # operators come and fetch there
    ours = [path for path in house.home.rglob("*") if theirs.isdisjoint({path, *path.parents})]
    assert ours and not [path for path in ours if path.stat().st_mode & 0o077]
    assert not [path for path in house.drops.glob("*") if path.stat().st_mode & 0o007 and path.is_dir()]


def test_a_folder_of_no_known_operator_is_refused(house: Lake) -> None:
    (answer,) = (house.drops / "inconnu" / "feedback").glob("*.json")
    assert json.loads(answer.read_text("utf-8"))["refus"]["code"] == "operator_unknown"


# One side is a few rows: months, corners of territories, thresholds.
_HELD_AGAINST_A_FEW = {"archive_accounts", "int_selector_positions", "int_fraud_legs"}


def test_no_model_holds_each_row_against_each(house: Lake, warehouse: duckdb.DuckDBPyConnection) -> None:
    """A join whose condition is no equation: of two million rows each, DuckDB would never end."""
    models = sorted((house.dbt_output / "target" / "compiled").glob("*/models/**/*.sql"))
    plans = {file.stem: warehouse.execute(f"explain {file.read_text('utf-8')}").fetchall() for file in models}
    assert len(plans) > 150
    found = {name for name, plan in plans.items() if "BLOCKWISE_NL_JOIN" in str(plan)}
    assert found == _HELD_AGAINST_A_FEW


def test_nothing_rests_on_an_index_a_key_or_a_log_of_duckdb(house: Lake) -> None:
    """DuckDB 1.4 to 1.5.6 may lose rows of an index when it replays a log: no cache has one."""
    with reading(house) as connection:
        assert connection.execute("from duckdb_indexes()").fetchall() == []
        kinds = connection.execute("select distinct constraint_type from duckdb_constraints()").fetchall()
    assert set(kinds) <= {("NOT NULL",), ("CHECK",)}
    files = {file for file in house.cache_file.parent.glob("*") if file.is_file()}
    assert files == {house.cache_file, house.found_whole}
    assert not house.building.exists()


def test_a_second_run_leaves_with_a_clear_message(tmp_path: Path) -> None:
    lake = use(tmp_path)
    with lake.lock():
        assert "Another run is at work" in "".join(run_night(date(2021, 3, 1)).failures)


# Where personal data may be read without a key: in the drops themselves, which are the operators' folders.
_READABLE = ("drops/*/incoming", "drops/*/processed", "keys")


def test_the_nights_page_counts_what_it_has_issued(house: Lake, nights: list[date]) -> None:
    night = str(nights[-1])
    of_campaigns = house.exports.glob("pmgf/pmgf_*/manifest.json")
    manifests = [json.loads(file.read_text("utf-8")) for file in of_campaigns]
    issued = {
        (manifest["campaign_id"], file["document"])
        for manifest in manifests
        for file in manifest["files"]
        if file["is_final"] and file["issued_on"] == night
    }
    titles = Counter(DOCUMENTS[document.partition("/")[0]].title for _, document in issued)
    report = json.loads((house.nights / f"{night}.json").read_text("utf-8"))
    assert titles and report["figures"]["exports/fund_calls"]["issued"] == titles
    page = (house.nights / f"{night}.html").read_text("utf-8")
    assert [title for title in titles if f"{title} : " not in page] == []


def test_no_phone_no_name_no_key_can_be_read_in_any_file(house: Lake) -> None:
    use(house.home)
    identities = house.read(IDENTITIES)
    persons = {
        value
        for column in ("phone", "phone_trunc", "email", "lastname", "travel_pass_user_id")
        for value in identities[column].drop_nulls().unique()
    }
    keys = {key.stem: bytes.fromhex(key.read_text()) for key in house.keys.glob("*.key")}
    assert keys.keys() >= {"identity", "pseudonyms", "ledger", "active"} and len(persons) > 300
    secrets = {text for key in keys.values() for text in (key.hex(), base64.b64encode(key).decode())}
    private = [pem.read_text().partition("-----END")[0].splitlines() for pem in house.keys.glob("*.pem")]
    assert len(private) == 2
    # The last lines: the first of an RSA key hold what its certificate tells, too.
    secrets |= {line for lines in private for line in lines[-2:] if len(line) == 64 and "BEGIN" not in line}
    readable = [folder for glob in _READABLE for folder in house.home.glob(glob)]

    def found(values: set[str]) -> set[tuple[str, str]]:
        """How and where, by the folder below the house."""
        hits, searched = search(house, Needles(values, as_kept=True))
        assert searched > 50
        outside = [hit for hit in hits if not any(hit.path.is_relative_to(one) for one in readable)]
        return {(hit.kind, "/".join(hit.path.relative_to(house.home).parts[:3])) for hit in outside}

    # Behind the active zone's key, and nowhere else: not in the cache, where identity keys stand for persons.
    decrypted = {("parquet", f"lake/active/{name}") for name in ("identities", "rejected_rows")}
    assert ("parquet", "lake/active/identities") in found(persons | secrets) <= decrypted
    pseudonyms = found(set(identities["identity_key"].unique()))
    assert {kind for kind, _ in pseudonyms} == {"parquet", "duckdb"}
    assert {place.split("/")[1] for _, place in pseudonyms} == {"active", "entrepot.duckdb", "months"}
    for file in house.home.rglob("*"):
        assert not (file.is_file() and any(key in file.read_bytes() for key in keys.values())), file


def test_the_demonstration_says_what_happened_and_one_page_to_open(house: Lake, nights: list[date]) -> None:
    told, line = demo.summary(house), demo.night_line(house, nights[0], "1/3", 2)
    with reading(house) as connection:
        (own, fees), (received,) = (
            connection.execute(query).fetchall()[0]
            for query in (
                "select sum(incentive_cents), sum(fee_ex_vat_cents + vat_cents) from finance.fund_calls",
                "select count(*) from staging.stg_drops",
            )
        )
        pots = connection.execute(
            "select min(start_at at time zone 'Europe/Paris') from campaigns.campaign_incentives "
            "where is_cut_by_budget"
        ).fetchall()
    assert f"{received} dépôts" in told and f"{house.exports / 'pmgf' / 'index.html'}" in told
    assert re.search(f"Ensemble +{french_euros(own)} +{french_euros(fees)}", told)
    at = pots[0][0]
    assert (f"épuisée le {at:%d/%m/%Y} à {at:%H} h {at:%M}" if at else "il en reste") in told
    assert line.startswith("Nuit 1/3, ") and line.endswith(f"; 2 alertes, dans nights/{nights[0]}.html.")
    assert "\n" not in line and told.count(".xlsx") == 0
