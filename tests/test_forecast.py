"""When a pot is expected to be empty: the models, the words. The whole measure: tests/bench/forecast.py."""

from datetime import date, timedelta

import pytest

from dagster_project.reports.shared.pot_end import end_words
from tests.bench.forecast import backtests
from tests.support.pot_worlds import KINDS, World, forecasts, worlds

MONDAY = date(2021, 9, 6)
_STATUS = {
    "budget_cents": 100, "left_cents": 50, "last_28_days_cents": 5, "ends_on": date(2021, 12, 31),
    "business_date": date(2021, 8, 1), "exhaustion_on": None, "forecast_weeks": 12,
    "earliest_on": date(2021, 10, 2), "latest_on": date(2021, 11, 4), "horizon_on": date(2022, 7, 31),
}  # fmt: skip


def test_the_true_end_lies_between_the_days_told_about_eight_times_out_of_ten() -> None:
    made = list(worlds([kind for kind in KINDS if kind != "sample"], range(14)))
    tried = backtests(made, (date(2021, 11, 15), date(2022, 6, 20)))
    assert tried.height > 150
    assert 0.75 <= tried["is_within"].mean() <= 0.85, tried["is_within"].mean()  # type: ignore[operator]


def _steady(id: str, weeks: int) -> World:
    """100 € on each working day, nothing on the two others; from a Monday on, for so many weeks."""
    return World(id, "", MONDAY, tuple([10_000] * 5 + [0] * 2) * weeks)


def test_a_steady_pot_ends_where_the_days_add_up_to_it() -> None:
    night, world = MONDAY + timedelta(9 * 7 - 1), _steady("steady", 9)
    (told,) = forecasts([(world, 15_000, 0)], night).to_dicts()
    assert told["known_on"] == night - timedelta(2) and told["weeks"] == 8
    assert told["expected_on"] == night + timedelta(2), "the second working day takes 200 € of 150 €"
    assert told["earliest_on"] <= told["expected_on"] <= told["latest_on"]
    (later,) = forecasts([(world, 15_000, 7)], night).to_dicts()
    assert later["known_on"] == night - timedelta(9) and later["weeks"] == 7, "who is late is waited for"
    assert later["expected_on"] is later["horizon_on"] is None, "too few weeks, so no day"


def test_what_is_silent_is_not_foreseen() -> None:
    night = MONDAY + timedelta(7 * 30)
    assert forecasts([(_steady("silent", 20), 10**6, 0)], night).is_empty()


def test_a_pot_that_lasts_is_looked_ahead_for_a_year() -> None:
    night = MONDAY + timedelta(7 * 20 - 1)
    (told,) = forecasts([(_steady("rich", 20), 10**9, 0)], night).to_dicts()
    assert told["horizon_on"] == night + timedelta(364)
    assert told["expected_on"] is told["earliest_on"] is told["latest_on"] is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"budget_cents": None}, "pas d’enveloppe"),
        ({"exhaustion_on": date(2021, 6, 25), "horizon_on": None}, "n’a pas suffi à partir du 25/06/2021"),
        ({"exhaustion_on": date(2021, 10, 20)}, "20/10/2021 ; huit fois sur dix, entre le 02/10/2021 et le"),
        ({"exhaustion_on": date(2021, 10, 20), "latest_on": None}, "neuf fois sur dix, pas avant le 02/10"),
        ({"exhaustion_on": date(2022, 3, 1)}, "suffit jusqu’au 31/12/2021 ; une fois sur dix pourtant"),
        ({"earliest_on": None}, "12 dernières semaines, l’enveloppe suffit jusqu’au 31/12/2021."),
        ({"earliest_on": None, "ends_on": date(2024, 1, 1)}, "suffit jusqu’au 31/07/2022 au moins."),
        ({"horizon_on": None}, "Les vacances scolaires à venir"),
        ({"horizon_on": None, "forecast_weeks": 7}, "Moins de huit semaines"),
        ({"horizon_on": None, "forecast_weeks": None}, "Moins de huit semaines"),
        ({"horizon_on": None, "last_28_days_cents": 0}, "Rien n’a été consommé depuis quatre semaines"),
        ({"horizon_on": None, "business_date": date(2022, 1, 1)}, "La campagne est finie"),
        ({"horizon_on": None, "left_cents": 0}, "est consommée"),
    ],
)  # fmt: skip
def test_the_end_of_a_pot_is_told_as_the_warehouse_has_it(told: dict[str, object], words: str) -> None:
    assert words in end_words(_STATUS | told)
