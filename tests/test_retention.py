"""What is past its term goes, wholly and only that; money stays; nothing of it is left in any file."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from dagster import AssetKey

from dagster_project.cli import main as cli
from dagster_project.contracts.labels import FRAUD_UNJUDGED
from dagster_project.contracts.lake_tables import CANCELLATIONS, JOURNEYS, TABLES
from dagster_project.contracts.retention import RETENTIONS
from dagster_project.contracts.terms import TERMS
from dagster_project.files.folders import files_below
from dagster_project.lake.seen import mark
from dagster_project.lake.store import Lake
from dagster_project.retention.apply import apply
from dagster_project.retention.belongings import GOING, JOURNEY
from dagster_project.retention.plan import Plan, plan
from dagster_project.retention.run import prove, remove, unfinished
from dagster_project.retention.surprise import SurprisingNightError, refuse, refuse_leap
from dagster_project.runner.night import execute_night, run_night
from dagster_project.warehouse.cache import reading

from .conftest import copy_home, kill_at, use
from .support.nights import run_steps

NIGHT = date(2022, 4, 10)
_JOURNEYS = AssetKey(["active", "journeys"])
_CLAIMED = "select sum(total_cents), count(*) from finance.fund_calls"


def _copy(house: Lake, home: Path) -> Lake:
    copy_home(house, home)
    return use(home)


def _rows(lake: Lake) -> dict[str, pl.DataFrame]:
    return {name: lake.read(table).sort(pl.all()) for name, table in TABLES.items()}


def _differ(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> list[str]:
    return [name for name in one if not one[name].equals(other[name])]


def _last_sent(journeys: pl.DataFrame) -> pl.DataFrame:
    """Each journey with the local day of its end, as its version delivered last tells it."""
    newest = journeys.sort("dropped_at", "drop_id", "drop_row").group_by(JOURNEY).last()
    return newest.with_columns(end_on=pl.col("end_at").dt.convert_time_zone("Europe/Paris").dt.date())


def test_a_journey_past_its_term_leaves_no_byte_on_disk_and_no_cent_moves(
    house: Lake, tmp_path: Path, large_base: None
) -> None:
    lake = _copy(house, tmp_path / "house")
    with reading(lake) as connection:
        claimed = connection.sql(_CLAIMED).fetchall()
    before = _rows(lake)
    ends = _last_sent(before["journeys"])
    gone = ends.filter(pl.col("end_on") <= date(2021, 4, 10))
    stay = ends.filter(pl.col("end_on") > date(2021, 4, 10))
    assert gone.height and stay.height
    run_steps(NIGHT)
    after = _rows(lake)
    assert set(after["journeys"].select(JOURNEY).rows()) == set(stay.select(JOURNEY).rows())
    for ledger in ("closings", "ledger_entries"):  # the night closed what was due, and changed nothing closed
        assert set(before[ledger].rows()) <= set(after[ledger].rows())
    with reading(lake) as connection:
        assert connection.sql(_CLAIMED).fetchall() == claimed
        known = connection.sql("select count(*) from active.journeys").fetchall()[0][0]
    assert known == stay.height
    assert "as they were closed" in CliRunner().invoke(cli.main, ["ledger", "verify"]).output
    kept_keys = set(after["journeys"]["driver_identity_key"]) | set(
        after["journeys"]["passenger_identity_key"]
    )
    assert set(after["identities"]["identity_key"]) == kept_keys
    people = before["identities"].filter(~pl.col("identity_key").is_in(list(kept_keys)))
    values = {*gone["operator_journey_id"], *people["identity_key"], *people["phone"].drop_nulls()}
    values |= {*people["email"].drop_nulls(), *people["travel_pass_user_id"].drop_nulls()}
    (tmp_path / "values").write_text("\n".join(values))
    assert _prove(tmp_path / "values") == 0
    (tmp_path / "values").write_text(stay["operator_journey_id"][0])
    assert _prove(tmp_path / "values") == 1  # the search does find what is there
    assert list(lake.exports.rglob("*.pdf"))  # what was claimed stays on paper
    raw = {file: file.read_bytes() for file in lake.home.rglob("*") if file.is_file()}
    phones = [value.encode() for value in people["phone"].drop_nulls()]
    assert [file for file, content in raw.items() if any(phone in content for phone in phones)] == []
    register = after["retentions"].filter(business_date=NIGHT)
    assert set(register["rule"]) == {"journeys", "exports", "rejected", "drops"}
    assert register["files_found"].to_list() == [0] * register.height
    assert register["values_searched"].min() > 100
    assert not list(lake.drops.glob("*/processed/*"))
    assert after["answers"].is_empty()
    # Entries are sums of documents; the registry's own files name no person; the page tells counts alone.
    answers = {file.stem for file in lake.drops.glob("*/feedback/*") if "FEC" not in file.stem}
    answers = {name for name in answers if not name.startswith("registre_")}
    kept = {
        *("LISEZ-MOI", "motifs_de_rejet", "index"),
        "suivi_des_trajets",
        "signalements",
        "frais_partages",
        "indemnites_des_trajets",
        "fin_des_enveloppes",
    }  # of journeys that stay
    assert answers <= kept
    assert set(after["drops"]["file_name"]) == {""} and after["drops"].height == before["drops"].height
    assert plan(lake, NIGHT, TERMS).removals == ()
    _removes_first_where_the_archive_is_written(lake)


def _removes_first_where_the_archive_is_written(lake: Lake) -> None:
    """Then all is built once, and the proof is as good."""
    later = plan(lake, NIGHT + timedelta(days=60), TERMS)
    assert unfinished(lake, later) == [date(2021, 5, 1), date(2021, 6, 1)]
    nights = (NIGHT + timedelta(days=days) for days in range(1, 20))
    night, ends = next(
        (night, ends) for night in nights if (ends := set(plan(lake, night, TERMS).named.rows()))
    )
    result = execute_night(night)
    assert result.success
    built = [event for event in result.get_asset_materialization_events() if event.asset_key == _JOURNEYS]
    assert len(built) == 1
    (first,) = result.asset_materializations_for_node("retention__removals")
    assert "journeys: journeys" in first.metadata["removed"].value
    (calls,) = result.asset_materializations_for_node("exports__fund_calls")
    assert [name for name in calls.metadata if name.startswith("plot/pot left of ")]
    assert not ends & set(_rows(lake)["journeys"].select(JOURNEY).rows())
    register = lake.read(RETENTIONS).filter(business_date=night)
    assert register["run"].n_unique() == 1 and register["values_searched"].min() > 6
    assert register["files_found"].to_list() == [0] * register.height


def _prove(values: Path) -> int:
    outcome = CliRunner().invoke(cli.main, ["prove", "--values-file", str(values)])
    assert values.read_text().splitlines()[0] not in outcome.output
    return outcome.exit_code


def test_a_job_that_was_down_or_killed_removes_what_one_that_ran_meanwhile_does(
    house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly = _copy(house, tmp_path / "nightly")
    for days in range(20, -1, -4):
        apply(nightly, plan(nightly, NIGHT - timedelta(days=days), TERMS))
    wanted = _rows(nightly)
    late = _copy(house, tmp_path / "late")
    for _ in range(4):  # each time after a quarter of what is left
        due = plan(late, NIGHT, TERMS)
        with monkeypatch.context() as patch:
            kill_at(patch, len(due.removals) // 4)
            with pytest.raises(KeyboardInterrupt):
                apply(late, due)
    apply(late, plan(late, NIGHT, TERMS))
    assert _differ(_rows(late), wanted) == []
    assert plan(late, NIGHT, TERMS).removals == plan(nightly, NIGHT, TERMS).removals == ()


def test_what_a_killed_night_removed_is_proven_gone_by_the_next(house: Lake, tmp_path: Path) -> None:
    lake = _copy(house, tmp_path / "house")
    with lake.lock():
        remove(lake, plan(lake, NIGHT, TERMS), TERMS)
    with lake.lock():  # the next night takes hold, whose cache still stands for what it replaces
        hits, needles = prove(lake)
    register = lake.read(RETENTIONS).filter(business_date=NIGHT)
    assert register["values_searched"].unique().to_list() == [needles.count] and needles.count
    assert {hit.path.is_relative_to(lake.cache_file.parent) for hit in hits} == {True}
    hits, needles = prove(lake)
    assert (hits, needles.count) == ([], 0)


def test_what_a_killed_night_left_beside_removed_journeys_goes_with_the_next(
    house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(lake: Lake) -> dict[str, pl.DataFrame]:
        remove(lake, plan(lake, NIGHT, TERMS), TERMS)
        return {name: rows for name, rows in _rows(lake).items() if name != RETENTIONS.name}

    def killed(lake: Lake, due: Plan) -> None:
        last = max(place for place, one in enumerate(due.removals) if one.table == JOURNEYS)
        apply(lake, replace(due, removals=due.removals[: last + 1]))
        raise KeyboardInterrupt

    undisturbed, late = (_copy(house, tmp_path / name) for name in ("undisturbed", "late"))
    for lake in (undisturbed, late):  # each journey was cancelled yesterday, and judged by nobody
        of_journeys = lake.read(JOURNEYS).unique(JOURNEY, maintain_order=True)
        yesterday = datetime(NIGHT.year, NIGHT.month, NIGHT.day - 1, tzinfo=UTC)
        cancelled = of_journeys.with_columns(drop_row=pl.col("drop_row") + 1_000_000, dropped_at=yesterday)
        part = f"{cancelled['drop_id'][0]}-99"  # of a drop that nights have taken
        lake.write(CANCELLATIONS, cancelled.select(CANCELLATIONS.empty.columns), part)
        unjudged = of_journeys.select(*JOURNEY, start_on=date(2021, 3, 1), month=pl.lit("2021-03"))
        lake.write(FRAUD_UNJUDGED, unjudged, "unjudged")
    wanted = gone(undisturbed)
    assert 0 < wanted["fraud_unjudged"].height < house.read(JOURNEYS).height
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("dagster_project.retention.run.apply", killed)
        gone(late)
    assert late.read(FRAUD_UNJUDGED).height > wanted["fraud_unjudged"].height
    assert _differ(gone(late), wanted) == []
    assert plan(late, NIGHT, TERMS).named.is_empty() and not list(late.folder(GOING).iterdir())


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_night_killed_as_it_begins_to_remove_leaves_nothing_unproven(
    house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    lake = _copy(house, tmp_path / "house")
    with monkeypatch.context() as patch, lake.lock():
        kill_at(patch, call)
        with pytest.raises(KeyboardInterrupt):
            remove(lake, plan(lake, NIGHT, TERMS), TERMS)
    with lake.lock():
        remove(lake, plan(lake, NIGHT, TERMS), TERMS)
        prove(lake)
    register = lake.read(RETENTIONS).filter(business_date=NIGHT)
    assert register.height and not register["values_searched"].null_count()


def test_a_night_that_would_empty_the_base_stops_until_its_figures_are_confirmed(
    house: Lake, tmp_path: Path, configure: Callable[..., None]
) -> None:
    lake, day = _copy(house, tmp_path / "house"), date(2023, 1, 1)
    configure(most_days_ahead=31, most_removed_percent=20)
    waiting = lake.drops / "alpimob" / "incoming" / "late.csv"
    waiting.write_text("not a drop; judged, it would move\n")
    before = _rows(lake)
    (failure, *_) = run_night(day).failures
    assert "days after the last one (2021-07-31)" in failure and "(100 %)" in failure
    assert _differ(_rows(lake), before) == [] and waiting.exists(), "what waits is not judged by a wrong date"
    rows = re.search(r"entrepot retention confirm --date 2023-01-01 --rows (\d+)`", failure)
    assert rows and int(rows[1]) == before["journeys"].height
    few = CliRunner().invoke(
        cli.main, ["retention", "confirm", "--date", str(day), "--rows", str(int(rows[1]) - 1)]
    )
    assert few.exit_code == 0
    due = plan(lake, day, TERMS)
    for refused in (partial(refuse, lake, due), partial(refuse_leap, lake, day)):
        with pytest.raises(SurprisingNightError):
            refused()
    assert CliRunner().invoke(cli.main, rows[0].strip("`").split()[1:]).exit_code == 0
    refuse(lake, due)
    refuse_leap(lake, day)
    lake.cache_file.unlink()
    with pytest.raises(SurprisingNightError, match="after the last one"):  # the register knows it, too
        refuse_leap(lake, date(2022, 12, 31))


def test_a_plan_names_the_day_on_both_sides_and_touches_nothing(house: Lake) -> None:
    use(house.home)
    before, lie = _rows(house), {file: mark(file) for file in files_below(house.home)}
    ends = _last_sent(before["journeys"])
    end_on = ends["end_on"].sort()[ends.height // 3]
    last_kept = TERMS["journeys"].ends_on(end_on)
    of_the_day = set(ends.filter(end_on=end_on).select(JOURNEY).rows())
    kept = set(plan(house, last_kept - timedelta(days=1), TERMS).named.rows())
    assert not of_the_day & kept and of_the_day <= set(plan(house, last_kept, TERMS).named.rows())
    told = CliRunner().invoke(cli.main, ["retention", "plan", "--date", last_kept.isoformat()]).output
    assert f"trajets et identités, until {end_on}: journeys" in told
    assert _differ(_rows(house), before) == []
    assert {file: mark(file) for file in files_below(house.home)} == lie
