"""Both sides of every term, at the day and at the second."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.terms import TERMS

JOURNEYS, ARCHIVE, FRAUD, REJECTED = (TERMS[name] for name in ("journeys", "archive", "fraud", "rejected"))

_DAYS = st.dates(date(2019, 1, 1), date(2040, 12, 31))


@given(st.sampled_from(sorted(TERMS)), _DAYS)
def test_a_cut_off_is_the_last_day_whose_term_has_ended(name: str, business_date: date) -> None:
    term = TERMS[name]
    cut_off = term.cut_off(business_date)
    assert term.ends_on(cut_off) <= business_date < term.ends_on(cut_off + timedelta(days=1))


@given(st.sampled_from(sorted(TERMS)), _DAYS)
def test_no_day_is_kept_longer_than_a_later_one(name: str, day: date) -> None:
    term = TERMS[name]
    assert day < term.ends_on(day) <= term.ends_on(day + timedelta(days=1))


@given(st.datetimes(datetime(2019, 1, 1), datetime(2040, 12, 31)), st.integers(0, 800))
def test_an_instant_is_kept_as_its_local_day_is(moment: datetime, nights: int) -> None:
    instant = moment.replace(tzinfo=UTC)
    day = instant.astimezone(PARIS).date()
    business_date = day + timedelta(days=nights)
    assert (instant < JOURNEYS.kept_from(business_date)) == (JOURNEYS.ends_on(day) <= business_date)


@pytest.mark.parametrize(
    ("term", "day", "last"),
    [
        (JOURNEYS, date(2021, 3, 15), date(2022, 3, 15)),
        (JOURNEYS, date(2024, 2, 29), date(2025, 2, 28)),
        (JOURNEYS, date(2023, 2, 28), date(2024, 2, 28)),
        (ARCHIVE, date(2021, 3, 1), date(2024, 3, 1)),
        (FRAUD, date(2021, 8, 31), date(2022, 2, 28)),
        (REJECTED, date(2021, 1, 31), date(2021, 3, 2)),
    ],
)
def test_terms_end_where_the_law_counts_them(term: object, day: date, last: date) -> None:
    assert term.ends_on(day) == last


@pytest.mark.parametrize(
    ("end_at", "kept_on", "gone_on"),
    [
        ("2021-03-14T22:59:59", date(2022, 3, 13), date(2022, 3, 14)),  # 23:59:59 in Paris
        ("2021-03-14T23:00:00", date(2022, 3, 14), date(2022, 3, 15)),  # midnight: the next day
        ("2021-03-28T22:00:00", date(2022, 3, 28), date(2022, 3, 29)),  # the day summer time began
        ("2021-10-30T22:00:00", date(2022, 10, 30), date(2022, 10, 31)),  # the night winter time began
    ],
)
def test_a_journey_goes_by_its_local_day(end_at: str, kept_on: date, gone_on: date) -> None:
    instant = datetime.fromisoformat(end_at).replace(tzinfo=UTC)
    assert JOURNEYS.kept_from(kept_on) <= instant < JOURNEYS.kept_from(gone_on)
