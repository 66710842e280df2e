"""What a night keeps of month files is what it would make: all tables, against a build from nothing.

Two nights of changes in the suite; of MONTHS_HISTORIES more (`make fuzz`) they are drawn by lot.
"""

import os
import random
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster import AssetKey

from dagster_project.contracts.lake_tables import JOURNEYS
from dagster_project.contracts.rights import RESTRICTIONS
from dagster_project.lake import merging
from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache, dbt_run
from tests.conftest import copy_home, dagster_of
from tests.support.deliveries import deliver, run_models
from tests.support.workers import Share, database_of, months_by_workers, work

_TONIGHT = date(2021, 6, 30)
_MODELS = (
    *cache.EVALUATION,
    "authorities,config.materialized:by_month",
    "cost_per_km",
    "int_settled_lines",
    "ledger_lines",
    "int_call_sums",
    "int_fund_call_journeys",
    "int_campaign_terms",
    "int_settled_cap_errors",
    "compliance,config.materialized:by_month",
)
# They have a row a month of what is one row where no months are made; what is made from them is the same.
_ONCE_A_MONTH = {"active.int_drop_months", "campaigns.int_clause_masks", "campaigns.int_month_verdicts"}


def _contents(lake: Lake) -> dict[str, tuple[int, int]]:
    """Rows of every relation that was built, and a number for them in whatever order."""
    with cache.reading(lake, building=True) as connection:
        relations = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'entrepot' union "
            "select schema_name, view_name from duckdb_views() where database_name = 'entrepot' "
            "and not internal"
        ).fetchall()
        return {
            f"{schema}.{name}": connection.execute(
                f"select count(*), coalesce(sum(hash(rows)), 0) from {schema}.{name} as rows"
            ).fetchall()[0]
            for schema, name in relations
            if schema not in ("months", "lake", "catalogue")
        }


def _sent_again(lake: Lake, chance: random.Random) -> None:
    """Corrected across the edge of a month, cancelled, and come late."""
    rows = (
        lake.read(JOURNEYS).sort("drop_id", "drop_row").drop("drop_id", "drop_row", "dropped_at").to_dicts()
    )
    moved = [row | {"distance_m": row["distance_m"] + 1} for row in chance.sample(rows, 9)]
    for row in moved[:3]:
        row |= {
            "start_at": row["start_at"] + timedelta(days=31),
            "end_at": row["end_at"] + timedelta(days=31),
        }
    for row in moved[3:6]:
        row["status"] = "cancelled"
    for number, row in enumerate(moved[6:]):
        row["operator_journey_id"] = f"late-{chance.random()}-{number}"
    at = datetime.combine(_TONIGHT, datetime.min.time(), UTC) + timedelta(minutes=chance.randrange(600))
    deliver(lake, f"again-{chance.random()}", _TONIGHT, at, moved)


def _erased(lake: Lake, chance: random.Random) -> None:
    file = chance.choice(sorted(lake.folder(JOURNEYS).rglob("*.parquet")))
    rows = lake.rows(JOURNEYS, [file])
    lake.replace(JOURNEYS, rows.filter(pl.int_range(pl.len()) % 3 > 0), file)


def _limited(lake: Lake, chance: random.Random) -> None:
    key = chance.choice(sorted(lake.read(JOURNEYS)["driver_identity_key"].unique()))
    row = {name: [key] if name == "identity_key" else [None] for name in RESTRICTIONS.columns}
    folder = lake.folder(RESTRICTIONS)
    folder.mkdir(parents=True, exist_ok=True)
    lake.replace(RESTRICTIONS, pl.DataFrame(row, schema=RESTRICTIONS.empty.schema), folder / "one.parquet")


def _rules_in_force(lake: Lake, chance: random.Random) -> None:
    """The rules of 2024 hold from the start, and harder: others' trips count, and journeys are too short."""
    rules = pl.read_parquet(lake.catalogue / "acceptance_rules.parquet")
    harder = pl.col("metres") + chance.randrange(1_000, 3_000)
    lake.write_catalogue(
        {"acceptance_rules": rules.with_columns(harder, from_on=date(2019, 1, 1)).unique("rule_code")}
    )


def _around_midnight(lake: Lake, *starts: datetime) -> None:
    """One couple, each time in another car, for twenty minutes."""
    row = (
        lake.read(JOURNEYS)
        .sort("drop_id", "drop_row")
        .drop("drop_id", "drop_row", "dropped_at")
        .to_dicts()[0]
    )
    rides = [
        row
        | {"operator_journey_id": f"ride {start}", "operator_trip_id": f"car {start}", "distance_m": 20_000}
        | {"start_at": start, "end_at": start + timedelta(minutes=20)}
        for start in starts
    ]
    deliver(lake, f"midnight-{starts[0]:%H%M}", _TONIGHT, datetime(2021, 4, 1, 12, tzinfo=UTC), rides)


def _too_close_over_midnight(lake: Lake, _: random.Random) -> None:
    """The last of March and the first of April, Paris: the second is refused."""
    _around_midnight(
        lake, datetime(2021, 3, 31, 21, 39, tzinfo=UTC), datetime(2021, 3, 31, 22, 9, tzinfo=UTC)
    )


def _one_before(lake: Lake, _: random.Random) -> None:
    """Now March's last one is refused: nothing comes to April, whose first one stays."""
    _around_midnight(lake, datetime(2021, 3, 31, 21, 9, tzinfo=UTC))


def _other_territory(lake: Lake, chance: random.Random) -> None:
    """A commune is told to belong where another does: the reference of a year was corrected."""
    territories = pl.read_parquet(lake.catalogue / "territories.parquet")
    moved = chance.choice(lake.read(JOURNEYS)["start_place_code"].unique().sort().to_list())
    there = territories.filter(year=2021, place_code=chance.choice(territories["place_code"].unique().sort()))
    names = [name for name in territories.columns if name.split("_")[0] in ("epci", "aom", "departement")]
    cells = {
        name: pl.when(pl.col("place_code") == moved).then(pl.lit(there[name][0])).otherwise(name)
        for name in names
    }
    assert names
    lake.write_catalogue({"territories": territories.with_columns(**cells)})


def _merged(lake: Lake, _: random.Random) -> None:
    """Nothing is other, but the files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "MANY", 1)
        merging.merge(lake, _TONIGHT + timedelta(days=7))


def _killed(lake: Lake, _: random.Random) -> None:
    """A night dies after some of its months."""
    run_models(lake, _TONIGHT, "+int_journey_versions")


_DRAWN = (_sent_again, _erased, _limited, _rules_in_force, _other_territory, _merged, _killed)


def test_a_night_that_keeps_months_equals_one_that_makes_them_all(
    house: Lake, tmp_path: Path, large_base: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(house, tmp_path / "home")
    lake, chance = Lake(tmp_path / "home"), random.Random(16)
    nights: list[list[Callable[[Lake, random.Random], None]]] = [
        [_rules_in_force, _too_close_over_midnight],
        [_one_before, _sent_again, _merged, _erased, _limited, _other_territory, _killed],
    ]
    drawn = int(os.environ.get("MONTHS_HISTORIES", "0"))
    nights += [chance.sample(_DRAWN, chance.randrange(1, 4)) for _ in range(drawn)]
    kept = 0
    before = None
    for changes in nights:
        for change in changes:
            change(lake, chance)
        run_models(lake, _TONIGHT, *_MODELS)
        with cache.reading(lake, building=True) as connection:
            kept += len(connection.execute("from months.files where not is_made and rows > 0").fetchall())
        tonight = _contents(lake)
        lake.cache_file.unlink()
        run_models(lake, _TONIGHT, *_MODELS)
        anew = _contents(lake)
        assert {name for name in anew if anew[name] != tonight[name]} == set(), changes
        is_other = not {_sent_again, _erased}.isdisjoint(changes)
        assert before != anew["active.journeys"] or not is_other, changes  # it was a change
        before = anew["active.journeys"]
        lake.building.replace(lake.cache_file)
    assert kept
    monkeypatch.setattr(dbt_run, "SMALL_BYTES", 2**40)
    run_models(lake, _TONIGHT, *_MODELS)
    of_a_small_base = _contents(lake)
    assert {name for name in anew if anew[name] != of_a_small_base[name]} <= _ONCE_A_MONTH


def test_workers_that_share_a_folder_make_the_months_that_one_makes(
    house: Lake, tmp_path: Path, large_base: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other: the first waits for nobody, as where the second has died."""
    lake, share = _shared(house, tmp_path / "home", ["+journeys"])
    alone, files = _contents(lake), _months(lake)
    shutil.rmtree(lake.months)
    monkeypatch.setattr(dbt_run, "PATIENCE_S", 0)
    for number in range(2):
        shutil.rmtree(lake.building.parent)
        lake.building.parent.mkdir()
        told = work(share, number)
        database_of(lake, number).file.rename(lake.building)
        assert (told["taken"] > 0) == (number == 1) and told["made"] > 0
        assert _contents(lake) == alone
        assert _months(lake) == files


@pytest.mark.skipif("MONTHS_HISTORIES" not in os.environ, reason="make fuzz: two processes, all models")
def test_two_workers_side_by_side_make_the_months_that_one_makes(
    house: Lake, tmp_path: Path, large_base: None
) -> None:
    lake, share = _shared(house, tmp_path / "home", [*_MODELS])
    alone, files = _contents(lake), _months(lake)
    shutil.rmtree(lake.months)
    job = dg.reconstructable(months_by_workers)
    run_config = dg.RunConfig(ops={"numbers": share, "work": share}).to_config_dict()
    with dagster_of(lake) as instance, dg.execute_job(job, instance, run_config=run_config) as result:
        assert result.success
        told = result.output_for_node("work")
    assert told["0"]["made"] == told["1"]["taken"] > 0 and told["1"]["made"] == told["0"]["taken"] > 0
    assert _contents(lake) == alone
    assert _months(lake) == files


def _shared(house: Lake, home: Path, models: list[str]) -> tuple[Lake, Share]:
    """A home whose models one process alone has made anew, and the same as a share of two."""
    copy_home(house, home)
    lake = Lake(home)
    lake.cache_file.unlink()
    run_models(lake, _TONIGHT, *models)
    return lake, Share(home=str(home), business_date=f"{_TONIGHT}", models=models, small_bytes=0, workers=2)


def _months(lake: Lake) -> list[tuple[object, ...]]:
    """What each month file is named by, and what it holds."""
    with cache.reading(lake, building=True) as connection:
        return connection.execute(
            "select model, month_on, made_from, rows, content from months.files order by all"
        ).fetchall()


def test_a_month_keeps_no_integers_that_parquet_would_round(
    house: Lake, tmp_path: Path, large_base: None
) -> None:
    """A sum is of 128 bits in DuckDB: one of cents that nobody casts would become a float in a file."""
    copy_home(house, tmp_path / "home")
    lake = Lake(tmp_path / "home")
    model = dbt_run.manifest(lake.dbt_output).nodes["model.entrepot.int_deliveries"]
    for kept_as, refused in (("bigint", False), ("hugeint", True)):
        with pytest.MonkeyPatch.context() as patch:
            code = f"select *, cast(1 as {kept_as}) as cents from ({model.raw_code})"  # type: ignore[union-attr]
            patch.setattr(model, "raw_code", code)
            with pytest.raises(AssertionError, match="int_deliveries") if refused else nullcontext():
                run_models(lake, _TONIGHT, "+int_deliveries")


def test_a_night_says_of_each_asset_which_months_it_made_and_kept(house: Lake) -> None:
    with cache.reading(house) as connection:
        count = connection.execute(
            "select count(*) from months.files where model = 'active.journeys'"
        ).fetchall()
    with dagster_of(house) as instance:
        event = instance.get_latest_materialization_event(AssetKey(["active", "journeys"]))
    assert event and event.asset_materialization
    told = event.asset_materialization.metadata
    made, kept = told["months_made"].value, told["months_kept"].value
    assert isinstance(made, int) and isinstance(kept, int) and kept
    assert [(made + kept,)] == count
