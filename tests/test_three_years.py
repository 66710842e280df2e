"""What `make years` sees of whole nights over three years, for the suite: plans alone, around every edge."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from dagster_project.contracts.archive import ARCHIVED_JOURNEYS
from dagster_project.contracts.lake_tables import DROPS, JOURNEYS
from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.terms import TERMS
from dagster_project.lake.keys import secret
from dagster_project.lake.store import Lake
from dagster_project.reports.publish import publish
from dagster_project.reports.shared import attestation
from dagster_project.reports.shared.source import parties
from dagster_project.retention import exports
from dagster_project.retention.apply import apply
from dagster_project.retention.plan import plan
from dagster_project.retention.search import Needles, search
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading
from tests.support.three_years import past_their_term

from .conftest import copy_home, use

# Journeys by their end in Paris: across midnight, on the nights of summer and winter time, over a leap day.
ENDS = {
    "before_midnight": datetime(2022, 2, 28, 23, 59, 59),
    "across_midnight": datetime(2022, 3, 1, 0, 0, 0),
    "summer_time": datetime(2022, 3, 27, 3, 0, 0),
    "winter_time": datetime(2022, 10, 30, 2, 30, 0, fold=1),
    "leap_day": datetime(2024, 2, 29, 12, 0, 0),
}
AMOUNTS = ("tariff_cents", "capped_cents", "incentive_cents", "fee_ex_vat_cents", "vat_cents")
GONE_ON = {
    "before_midnight": date(2023, 2, 28),
    "across_midnight": date(2023, 3, 1),
    "summer_time": date(2023, 3, 27),
    "winter_time": date(2023, 10, 30),
    "leap_day": date(2025, 2, 28),
}


def _copy(house: Lake, home: Path) -> Lake:
    copy_home(house, home)
    return use(home)


def _plant(lake: Lake) -> None:
    """One journey for each of these ends, which began twenty minutes before; an archived month of 2021."""
    like = lake.read(JOURNEYS).head(1).with_columns(pl.col(pl.Datetime).dt.convert_time_zone("UTC"))
    for row_number, (name, ended) in enumerate(ENDS.items(), 1_000_000):
        end_at = ended.replace(tzinfo=PARIS).astimezone(UTC)
        row = like.with_columns(
            drop_row=pl.lit(row_number, pl.Int64),
            operator_journey_id=pl.lit(name),
            start_at=pl.lit(end_at - timedelta(minutes=20)).dt.cast_time_unit("us"),
            end_at=pl.lit(end_at).dt.cast_time_unit("us"),
            month=pl.lit(f"{end_at - timedelta(minutes=20):%Y-%m}"),
        )
        lake.write(JOURNEYS, row, f"{like['drop_id'][0]}-{name}")
    group = dict.fromkeys(ARCHIVED_JOURNEYS.columns) | {
        "month_on": date(2021, 3, 1),
        "step": 7,
        "journeys": 6,
    }
    group |= {"origin_code": "a", "destination_code": "b", "month": "2021-03"}
    schema = ARCHIVED_JOURNEYS.empty.schema | {"month": pl.String}
    lake.write(ARCHIVED_JOURNEYS, pl.DataFrame([group], schema=schema), "2021-03")


def test_both_sides_of_every_term_are_told_by_the_plan_and_by_a_count_of_the_files(
    house: Lake, tmp_path: Path
) -> None:
    lake = _copy(house, tmp_path / "house")
    _plant(lake)
    drop_days = lake.read(DROPS)["business_date"].unique().sort().to_list()
    edges = [TERMS["drops"].ends_on(drop_days[0]), TERMS["drops"].ends_on(drop_days[-1])]
    edges += [date(2022, 4, 10), *GONE_ON.values(), date(2024, 3, 1)]
    for edge in sorted(edges):
        for day in (edge - timedelta(days=1), edge):
            due = plan(lake, day, TERMS)
            assert bool(past_their_term(lake, day)) == bool(due.removals), day
            apply(lake, due)
            assert past_their_term(lake, day) == []
            known = set(lake.read(JOURNEYS)["operator_journey_id"])
            assert set(GONE_ON) & known == {name for name, last in GONE_ON.items() if day < last}
    assert lake.read(JOURNEYS).is_empty() and lake.read(ARCHIVED_JOURNEYS).is_empty()


def test_a_call_stays_readable_until_it_is_paid_and_shows_no_journey_past_its_term(
    house: Lake, tmp_path: Path
) -> None:
    """Drawn eleven months after its journeys: half of them reach their term before the thirty days end."""
    use(house.home)
    folder = next(house.exports.glob("*/pmgf_2021"))
    whole = {file.stem: pl.read_parquet(file) for file in folder.glob("APDF*.parquet")}
    last_days = pl.col("end.datetime").dt.convert_time_zone("Europe/Paris").dt.date()
    ends = pl.concat(whole.values()).select(last_days).to_series().sort()
    middle = ends[ends.len() // 2]
    due_on = TERMS["exports"].ends_on(middle)
    late = Lake(tmp_path / "late")
    for part in (Path("keys"), Path("lake/warehouse")):
        shutil.copytree(house.home / part, late.home / part)
    with reading(house) as connection:
        night = due_on - timedelta(days=30)
        publish(late, connection, night, parties(settings().catalogue))
    assert list(exports.due(late, TERMS["exports"].kept_from(due_on))) == []
    reduced, key = 0, secret(late.keys, "attestation", None)
    for file in late.exports.rglob("APDF*.parquet"):
        before, after = whole[file.stem], pl.read_parquet(file)
        amounts = ["passenger.seats", "billed_m", "band", *AMOUNTS, "is_adjustment"]
        assert_frame_equal(after[amounts], before[amounts], check_exact=True)  # line by line
        past, kept = (last_days <= middle), (last_days > middle)
        assert_frame_equal(after.filter(kept), before.filter(kept), check_exact=True)
        hidden = after.filter(pl.col("start.datetime").is_null())
        assert hidden.height == before.filter(past).height
        assert hidden["journey_id"].str.contains("^[0-9a-f]{64}$").all()
        shown = {name for name in hidden.columns if hidden[name].null_count() < hidden.height}
        assert not shown & {*("driver.id", "passenger.id", "operator_journey_id", "start.lat", "end.town")}
        assert attestation.verify(file.with_suffix(".pdf"), key, journeys=file) == []
        reduced += hidden.height
    assert reduced > 20
    of_calls = pl.concat(whole.values())
    gone, stay = of_calls.filter(last_days <= middle), of_calls.filter(last_days > middle)
    assert search(late, Needles(gone["journey_id"]), late.exports.rglob("*"))[0] == []
    assert search(late, Needles(stay["journey_id"]), late.exports.rglob("*"))[0]  # the search does find


def test_a_closed_call_loses_its_rows_with_its_first_journey_and_keeps_its_paper(
    house: Lake, tmp_path: Path
) -> None:
    lake = _copy(house, tmp_path / "house")
    folder = next(lake.exports.glob("*/pmgf_2021"))
    calls = {
        entry["file"]
        for entry in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        if entry["is_final"] and entry["file"].startswith("APDF") and entry["file"].endswith("parquet")
    }
    assert len(calls) >= 4
    for name in calls:
        rows = pl.read_parquet(folder / name)
        # An operator's call holds its own journeys only.
        (operator_id,) = (
            one for one in ("alpimob", "covoit_leman", "karavane", "troisplaces") if one in name
        )
        ours = lake.read(JOURNEYS).filter(operator_id=operator_id)["operator_journey_id"]
        assert rows.height and rows["journey_id"].is_in(ours.implode()).all()
    last_days: dict[date, list[Path]] = {}
    for name in calls:
        first = (
            pl.read_parquet(folder / name)["end.datetime"]
            .dt.convert_time_zone("Europe/Paris")
            .dt.date()
            .min()
        )
        assert isinstance(first, date)
        last_days.setdefault(TERMS["exports"].ends_on(first), []).append(folder / name)
    for last_day in sorted(last_days):
        sheets = [sheet for file in last_days[last_day] for sheet in (file, file.with_suffix(".xlsx"))]
        apply(lake, plan(lake, last_day - timedelta(days=1), TERMS))
        assert [sheet for sheet in sheets if not sheet.exists()] == []
        apply(lake, plan(lake, last_day, TERMS))
        assert [sheet for sheet in sheets if sheet.exists()] == []
        papers = [file.with_suffix(".pdf") for file in last_days[last_day]]
        assert [paper for paper in papers if not paper.exists()] == []
        listed = {
            entry["file"] for entry in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        }
        assert not {sheet.name for sheet in sheets} & listed
