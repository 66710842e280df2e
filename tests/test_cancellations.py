"""Cancellations by id alone and ids used again, over nights: what stands, what is told, what goes."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from dagster_project.contracts.lake_tables import CANCELLATIONS, DROPS, ERASED_ROWS, JOURNEYS
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.answers.follow_up import follow_up
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.retention.apply import apply
from dagster_project.retention.belongings import JOURNEY, ROW, gone_cancellations
from dagster_project.retention.plan import plan
from dagster_project.retention.strays import mark_strays
from dagster_project.rights.person import Person
from dagster_project.warehouse import cache
from tests.support.acceptance_world import furnished, journey_of
from tests.support.deliveries import deliver, run_models

LAST_OF_2024 = date(2024, 3, 20)


def _at(day: int, hour: int = 8) -> datetime:
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def _ride(jid: str, day: int, people: str = "ana bob", **given: Any) -> dict[str, Any]:
    driver, passenger = people.split()
    keys = {"driver_identity_key": driver, "passenger_identity_key": passenger}
    return journey_of("o", jid, _at(day), **keys, **given)


def _cancel(lake: Lake, drop_id: str, at: datetime, *ids: str) -> None:
    deliver(lake, drop_id, at.date(), at, [])
    rows = [(drop_id, row, at.date(), at, "o", f"o-{jid}") for row, jid in enumerate(ids, 1)]
    schema = {name: column.dtype.type for name, column in CANCELLATIONS.columns.items()}
    lake.write(CANCELLATIONS, pl.DataFrame(rows, schema=schema, orient="row"), f"{drop_id}-0")
    told = lake.read(DROPS, drop_id).with_columns(rows=pl.lit(len(ids)), accepted_rows=pl.lit(len(ids)))
    lake.write(DROPS, told.cast({"rows": pl.Int64, "accepted_rows": pl.Int64}), drop_id)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = furnished(tmp_path_factory.mktemp("cancelled"), ["o"])
    deliver(lake, "o-a", date(2024, 3, 11), _at(11), [_ride("paid", 1), _ride("off", 1), _ride("back", 10)])
    _cancel(lake, "o-b", _at(12), "off", "later", "revived", "nobody", "off")
    news = [_ride("later", 9), _ride("revived", 8, "gus hal", status="corrected")]
    deliver(lake, "o-c", date(2024, 3, 13), _at(13), news)
    strays = [_ride("paid", 5, "cyd dov", status="corrected"), _ride("back", 2, "eve fay")]
    deliver(lake, "o-d", date(2024, 3, 14), _at(14), strays)
    _cancel(lake, "o-e", _at(15), "back")
    run_models(lake, LAST_OF_2024, "+journeys", "+journey_notices", "+drop_accounts")
    return lake


def _rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    with cache.reading(lake, building=True) as connection:
        return connection.execute(query).fetchall()


def test_a_cancellation_by_id_takes_the_journeys_facts_whatever_came_first(lake: Lake) -> None:
    columns = "operator_journey_id[3:], status, start_on, drop_id"
    assert _rows(lake, f"select {columns} from active.int_accepted_journeys order by 1") == [
        ("back", "cancelled", date(2024, 3, 10), "o-e"),  # not the stranger that came in between
        ("later", "cancelled", date(2024, 3, 9), "o-c"),
        ("off", "cancelled", date(2024, 3, 1), "o-b"),
        ("paid", "new", date(2024, 3, 1), "o-a"),
        ("revived", "corrected", date(2024, 3, 8), "o-c"),
    ]


def test_what_changes_nothing_is_in_sight_and_every_row_is_accounted_for(lake: Lake) -> None:
    notices = _rows(
        lake,
        "select operator_journey_id[3:], drop_id, start_on, rule_code from active.journey_notices "
        "where rule_code in ('id_used_again', 'cancellation_unknown') order by all",
    )
    assert notices == [
        ("back", "o-d", date(2024, 3, 2), "id_used_again"),
        ("nobody", "o-b", None, "cancellation_unknown"),
        ("paid", "o-d", date(2024, 3, 5), "id_used_again"),
    ]
    (lake.drops / "o" / "incoming").mkdir(parents=True)
    with cache.reading(lake, building=True) as connection:
        told = follow_up(lake, connection, LAST_OF_2024, Troubles())
    assert (told["id_used_again"], told["cancellation_unknown"]) == (2, 1)
    text = (lake.drops / "o" / "feedback" / "suivi_des_trajets.csv").read_text("utf-8-sig")
    assert '"o-nobody";;"cancellation_unknown";"avertissement"' in text
    assert '"o-paid";"2024-03-05";"id_used_again";"refus"' in text
    accounts = _rows(
        lake,
        "select drop_id, rows, new_journeys, cancellations, duplicates, strays, unknown_cancellations "
        "from active.drop_accounts order by 1",
    )
    assert accounts == [
        ("o-a", 3, 3, 0, 0, 0, 0),
        ("o-b", 5, 0, 3, 1, 0, 1),
        ("o-c", 2, 2, 0, 0, 0, 0),
        ("o-d", 2, 0, 0, 0, 2, 0),
        ("o-e", 1, 0, 1, 0, 0, 0),
    ]


def test_lake_and_base_agree_on_what_is_a_stranger(lake: Lake) -> None:
    with lake.session() as connection:
        lake.show_files(connection, "deliveries", JOURNEYS)
        mark_strays(connection)
        found = connection.execute(
            "select drop_id, drop_row from versions where is_stray order by all"
        ).fetchall()
    assert found == _rows(
        lake, "select drop_id, drop_row from active.int_journey_versions where is_stray order by all"
    )


def test_an_erased_person_takes_what_stands_under_their_ids_and_its_cancellations(lake: Lake) -> None:
    def taken(key: str) -> tuple[set[str], set[str]]:
        rows = Person(lake, {}, (key,), ("digest",), (), frozenset()).journeys
        with lake.session() as connection:
            connection.register("gone", rows.select(ROW))
            connection.register("named", rows.select(JOURNEY))
            gone = gone_cancellations(lake, connection)
        cancelled = lake.read(CANCELLATIONS).join(gone, on=["drop_id", "drop_row"], how="semi")
        return set(_named(rows)), set(cancelled["operator_journey_id"])

    of_ana = {"o-paid 1", "o-paid 5", "o-off 1", "o-back 10", "o-back 2", "o-later 9"}
    assert taken("ana") == (of_ana, {"o-off", "o-back", "o-later"})
    assert taken("cyd") == ({"o-paid 5"}, set())  # a stranger takes nothing of the journey whose id they bear
    assert taken("gus") == ({"o-revived 8"}, {"o-revived"})


def _named(journeys: pl.DataFrame) -> pl.Series:
    return journeys.select(pl.format("{} {}", "operator_journey_id", pl.col("start_at").dt.day())).to_series()


def _left(lake: Lake, business_date: date) -> tuple[set[str], set[str]]:
    apply(lake, plan(lake, business_date, TERMS))
    assert plan(lake, business_date, TERMS).removals == ()
    return set(_named(lake.read(JOURNEYS))), set(lake.read(CANCELLATIONS)["operator_journey_id"])


def test_a_cancellation_goes_with_its_journey_and_a_stranger_by_its_own_term_at_the_latest(
    lake: Lake,
) -> None:
    others = {"o-back 10", "o-later 9", "o-revived 8"}
    journeys, cancelled = _left(lake, date(2025, 3, 1))
    assert journeys == others | {"o-back 2"}  # the stranger under `paid` goes with it, four days early
    assert cancelled == {"o-later", "o-revived", "o-nobody", "o-back"}
    journeys, cancelled = _left(lake, date(2025, 3, 2))
    assert journeys == others and "o-back" in cancelled
    journeys, cancelled = _left(lake, date(2025, 3, 10))
    assert (journeys, cancelled) == (set(), {"o-nobody"})
    assert _left(lake, date(2025, 3, 12)) == (set(), set())
    erased = dict(lake.read(ERASED_ROWS).select("drop_id", "erased_rows").iter_rows())
    assert erased == {"o-a": 3, "o-b": 5, "o-c": 2, "o-d": 2, "o-e": 1}
