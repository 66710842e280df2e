"""What a campaign has changed: the effect on planted years, the page through journeys."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project.cli.main import main
from dagster_project.effects.archived import Archive
from dagster_project.effects.effect import TooThinError, estimate
from dagster_project.effects.panel import UnknownCampaignError, read
from dagster_project.lake.store import Lake
from dagster_project.pages.effects.page import evaluation_page
from dagster_project.warehouse.cache import load
from tests.bench.evaluation import evaluated, year

START, NIGHT = date(2021, 3, 1), date(2021, 7, 19)  # Mondays; nineteen whole weeks are counted since


def test_the_planted_effect_lies_in_the_interval_and_none_is_told_where_none_is() -> None:
    planted = evaluated(range(100, 160), 0.4)
    assert len(planted) > 50
    assert sum(one.whole.low <= 0.4 <= one.whole.high for one in planted) >= 0.9 * len(planted)
    assert sum(one.whole.is_clear_of_zero for one in planted) > len(planted) / 2, (
        "it sees what is large enough"
    )
    none = evaluated(range(200, 300), 0)
    assert sum(one.whole.is_clear_of_zero for one in none) <= 8
    assert sum(one.earlier.is_clear_of_zero for one in none) <= 8


@pytest.mark.parametrize(
    ("before", "since", "rate", "territories", "words"),
    [
        (11, 20, 50, 20, "12 semaines entières avant"),
        (20, 7, 50, 20, "8 depuis"),
        (20, 20, 9, 20, "moins de 10 trajets par semaine"),
        (20, 20, 50, 9, "10 territoires sans campagne"),
        (20, 0, 50, 20, "et 0"),
        (0, 20, 50, 0, "conserve 0 et 20"),
    ],
)
def test_too_little_is_refused_in_words(
    before: int, since: int, rate: int, territories: int, words: str
) -> None:
    counts = np.full((territories + 1, before + since), rate)
    with pytest.raises(TooThinError, match=words):
        estimate(counts[0], counts[1:], before)


def test_territories_of_another_size_are_not_compared_with() -> None:
    treated, others, first = year(1, 0.0)
    far = np.vstack([others, others * 50, others // 50])
    assert estimate(treated, far, first) == estimate(treated, others, first)


def _journeys() -> pl.DataFrame:
    """Weeks in fourteen territories; in the campaign's (`e0`) 80 % more since it began, of new couples.

    Each week its ten first couples ride three times, and each other territory's, too.
    """
    rng, rows = np.random.default_rng(7), []
    for territory in range(14):
        for week in range(-17, 19):
            extra = 8 if territory == 0 and week >= 0 else 0
            for couple in range(10 + extra):
                for ride in range(3):
                    day = START + timedelta(7 * week + int(rng.integers(0, 5)))
                    rows.append((territory, couple, f"{territory}-{week}-{couple}-{ride}", day))
    frame = pl.DataFrame(
        rows, schema=["territory", "couple", "operator_journey_id", "start_on"], orient="row"
    )
    person = pl.format("{}-{}", "territory", "couple")
    place = pl.format("p{}", "territory")
    return frame.filter(pl.Series(rng.random(frame.height) > 0.1)).with_columns(
        operator_id=pl.lit("a"), start_place_code=place, end_place_code=place, territory_year=pl.lit(2021),
        seats=pl.lit(1), distance_m=pl.lit(10_000), outcome=pl.lit("valid"),
        driver_identity_key=pl.format("driver {}", person),
        passenger_identity_key=pl.format("passenger {}", person),
    )  # fmt: skip


@pytest.fixture
def cache() -> duckdb.DuckDBPyConnection:
    """A cache of a night, with what an evaluation reads."""
    journeys, connection = _journeys(), duckdb.connect()
    mine = journeys.filter(pl.col("territory") == 0)
    epcis = [f"e{number}" for number in range(14)]
    load(connection, {
        "active": {"journeys": journeys},
        "catalogue": {
            "campaigns": pl.DataFrame({
                "campaign_id": ["c"], "campaign_name": ["Campagne"], "authority_id": ["x"],
                "time_zone": ["Europe/Paris"], "closes_until_on": [date(2021, 12, 31)],
            }).with_columns(start_at=pl.lit(START).cast(pl.Datetime("us", "UTC"))),
            "authority_epcis": pl.DataFrame({
                "authority_id": ["x"], "epci_code": ["e0"], "from_on": [date.min], "to_on": [date.max],
            }),
            "territories": pl.DataFrame({
                "place_code": [f"p{number}" for number in range(14)], "epci_code": epcis, "year": [2021] * 14,
            }),
        },
        "finance": {"budget_status": pl.DataFrame({"campaign_id": ["c"], "business_date": [NIGHT]})},
        "authorities": {"int_authority_selections": mine.select("operator_id", "operator_journey_id")
                        .with_columns(authority_id=pl.lit("x"))},
        "campaigns": {"campaign_incentives": mine.filter(pl.col("start_on") >= START).select(
            "operator_id", "operator_journey_id", "seats", "distance_m",
            campaign_id=pl.lit("c"), incentive_cents=pl.lit(200),
        )},
    })  # fmt: skip
    return connection


def test_an_evaluation_goes_from_journeys_to_its_page(cache: duckdb.DuckDBPyConnection) -> None:
    panel = read(cache, "c")
    assert (panel.first, len(panel.treated), panel.others.shape) == (17, 37 - 1, (13, 36))
    effect = estimate(panel.treated, panel.others, panel.first)
    assert effect.territories == 13 and effect.whole.is_clear_of_zero
    assert effect.whole.low < 0.8 < effect.whole.high
    new, earlier = panel.couples
    assert (new["couples"], earlier["couples"]) == (8, 10)
    march = next(month for month in panel.months if month["month_on"] == START)
    assert (march["persons"], march["newcomers"], march["stayers"]) == (36, 16, 36)
    page = evaluation_page(panel)
    assert page == evaluation_page(read(cache, "c"))
    assert "Depuis la campagne, le territoire compte +" in page and "10 équipages qui avaient déjà" in page
    assert "driver " not in page and "passenger " not in page


def test_months_that_the_base_has_lost_are_told_as_the_archive_counts_them(
    cache: duckdb.DuckDBPyConnection,
) -> None:
    cache.execute("alter table catalogue.territories add column commune_code varchar")
    cache.execute("update catalogue.territories set commune_code = 'c' || place_code, year = 2020")
    of = [
        (True, "cp0", "cp3", 30), (True, "cp3", "cp0", 8), (False, "e3", "e0", 7),  # to, from, within
        (True, "cp3", "cp4", 500), (False, "XXXXX", "e4", 60),  # of others
    ]  # fmt: skip
    groups = pl.DataFrame(
        [(date(2020, 5, 1), *one) for one in of],
        schema=["month_on", "is_commune", "origin_code", "destination_code", "journeys"], orient="row",
    )  # fmt: skip
    months = pl.DataFrame(
        [(date(2020, at, 1), kind, 605, 55) for at in (4, 5, 11) for kind in ("journeys", "carpoolers")],
        schema=["month_on", "subject", "published", "suppressed"], orient="row",
    )  # fmt: skip
    panel = read(cache, "c", Archive(groups, months))
    # Of November the base has whole weeks only since the second: it is the archive's.
    assert panel.archived is not None and panel.months[0]["month_on"] == date(2020, 12, 1)
    assert [(row["month_on"].month, row["journeys"]) for row in panel.archived] == [(4, 0), (5, 40), (11, 0)]
    page = evaluation_page(panel)
    (row,) = [row for row in page.split("<tr") if "mai 2020" in row]
    assert ">40<" in row and ">8,33<" in row and "avant" in row
    assert "l’archive n’est pas lue ici" in evaluation_page(read(cache, "c")).lower()


def test_no_count_of_a_few_is_told(cache: duckdb.DuckDBPyConnection) -> None:
    cache.execute("delete from active.journeys where territory = 0 and couple between 5 and 9")
    page = evaluation_page(read(cache, "c"))
    assert "moins de 6 personnes ou trajets" in page and "auraient covoituré de même" not in page
    cells = [row for row in page.split("<tr") if "avril 2021" in row]
    assert cells and "100,00" not in cells[0], "who is not new, or stays, are a few"


def test_an_unknown_campaign_is_refused(cache: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UnknownCampaignError, match="`autre`"):
        read(cache, "autre")


def test_the_command_writes_the_page_of_a_night_and_says_what_is_lacking(house: Lake, tmp_path: Path) -> None:
    file, runner = tmp_path / "page.html", CliRunner()
    for _ in range(2):
        done = runner.invoke(main, ["evaluate", "pmgf_2021", "--out", str(file)])
        assert done.exit_code == 0, done.output
    assert "Aucun effet n’est annoncé. Il faut 12 semaines" in file.read_text("utf-8")
    assert runner.invoke(main, ["evaluate", "autre"]).exit_code == 1
