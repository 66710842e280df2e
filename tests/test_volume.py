"""An operator that is silent, sends much more than usual or much more that is wrong is told, and no other."""

from datetime import date, timedelta

import polars as pl
import pytest

from dagster_project.contracts.lake_tables import DROPS
from dagster_project.drops.volume import rows_and_usual, unusual

MONDAY = date(2021, 5, 31)


def _register(sent: dict[date, list[tuple[int, int]]]) -> pl.DataFrame:
    """The register of one operator: rows and rejected rows of each drop, by date."""
    rows = [
        {
            "drop_id": f"{day}-{number}", "operator_id": "alpimob", "business_date": day,
            "rows": of_drop, "accepted_rows": of_drop - rejected, "rejected_rows": rejected,
        }
        for day, drops in sent.items()
        for number, (of_drop, rejected) in enumerate(drops)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={name: DROPS.empty.schema[name] for name in rows[0]})


def _usual(*but: date) -> dict[date, list[tuple[int, int]]]:
    """Two drops of 200 rows on every working day of four weeks, one in a hundred rejected."""
    days = [MONDAY - timedelta(days=back) for back in range(1, 29)]
    return {day: [(100, 1), (100, 1)] for day in days if day.weekday() < 5 and day not in but}


@pytest.mark.parametrize(
    ("tonight", "told"),
    [
        ([(100, 1), (90, 1)], {}),
        ([(799, 7)], {}),
        ([(800, 8)], {"volume": "800 rows, where 200 are usual in 3 days"}),
        ([], {"silence": "nothing, where 200 rows are usual in 3 days; last drop 2021-05-28"}),
        ([(100, 6)], {"rejections": "6 % of rows rejected, where 1 % are usual"}),
        ([(99, 50)], {}),
        (
            [(900, 90)],
            {
                "volume": "900 rows, where 200 are usual in 3 days",
                "rejections": "10 % of rows rejected, where 1 % are usual",
            },
        ),
    ],
)
def test_what_is_out_of_the_ordinary_is_told_with_what_is_usual(
    tonight: list[tuple[int, int]], told: dict[str, str]
) -> None:
    register = _register(_usual() | {MONDAY: tonight})
    assert unusual(register, MONDAY) == {("alpimob", kind): what for kind, what in told.items()}


def test_double_volume_is_no_surprise_and_is_counted_beside_what_is_usual() -> None:
    register = _register(_usual() | {MONDAY: [(400, 4)]})
    assert unusual(register, MONDAY) == {}
    assert rows_and_usual(register, MONDAY) == {"alpimob": (400, 200)}
    assert rows_and_usual(register, MONDAY + timedelta(days=1)) == {"alpimob": (0, 200)}
    assert rows_and_usual(_register(_usual()), date(2021, 5, 30)) == {}, "a Sunday"


def test_what_is_usual_of_few_rows_points_at_nobody() -> None:
    few = {day: [(3, 0)] for day in _usual()}
    assert unusual(_register(few | {MONDAY: []}), MONDAY)["alpimob", "silence"].startswith(
        "nothing, where fewer than 6 rows are usual in 3 days"
    )


def test_of_one_day_the_weekday_is_named() -> None:
    told = unusual(_register(_usual() | {date(2021, 5, 28): [(800, 8)]}), date(2021, 5, 28))
    assert told == {("alpimob", "volume"): "800 rows, where 200 are usual on a Friday"}


def test_what_came_in_days_without_a_night_is_held_against_all_of_them() -> None:
    off = [MONDAY - timedelta(days=back) for back in (3, 4, 5, 6)]
    assert unusual(_register(_usual(*off) | {MONDAY: [(1_000, 10)]}), MONDAY) == {}
    told = unusual(_register(_usual(*off) | {MONDAY: [(4_000, 40)]}), MONDAY)
    assert told == {("alpimob", "volume"): "4000 rows, where 1000 are usual in 7 days"}


def test_a_weekday_without_drops_is_no_silence_and_two_holidays_make_no_rule() -> None:
    assert unusual(_register(_usual()), date(2021, 5, 30)) == {}  # a Sunday
    holidays = [MONDAY - timedelta(weeks=week) for week in (1, 2)]
    assert "200 rows are usual" in unusual(_register(_usual(*holidays)), MONDAY)[("alpimob", "silence")]
    assert unusual(_register(_usual(*holidays, MONDAY - timedelta(weeks=3))), MONDAY) == {}
    assert unusual(_register({MONDAY - timedelta(days=3): [(100, 1)], MONDAY: [(5_000, 1)]}), MONDAY) == {}


def test_who_stays_silent_is_told_of_for_three_months_and_who_sends_once_a_month_is_not_silent() -> None:
    register, last_on = _register(_usual()), date(2021, 5, 28)
    told = {
        days: unusual(register, last_on + timedelta(days=days)).get(("alpimob", "silence"))
        for days in (7, 21, 90, 91)
    }
    assert told == dict.fromkeys((7, 21, 90), "nothing since 2021-05-28") | {91: None}
    after_a_pause = _register(_usual() | {date(2021, 1, 4): [(100, 1)]})
    assert ("alpimob", "silence") in unusual(after_a_pause, last_on + timedelta(days=7)), (
        "one pause is no rhythm"
    )
    once = _register({last_on: [(100, 1)]})
    assert unusual(once, last_on + timedelta(days=55)) == {}
    assert unusual(once, last_on + timedelta(days=56)) == {("alpimob", "silence"): "nothing since 2021-05-28"}
    monthly = _register({date(2021, month, 1): [(100, 1)] for month in (3, 4, 5)})
    assert unusual(monthly, date(2021, 6, 15)) == {}
    assert unusual(monthly, date(2021, 7, 2)) == {("alpimob", "silence"): "nothing since 2021-05-01"}
