"""Any order gives the same: of rows to the engine, of journeys to the labels, of drops to the base.

Drops are a sample with planted frauds, corrected and cancelled, every evening under the rules since 2024:
two weeks in the suite, a year with ORDER_YEAR set (`make fuzz`). Of payments and of status messages,
tests/test_payments.py and tests/test_invoice_statuses.py say the same beside their worlds.
"""

import csv
import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_project.catalogue import rows
from dagster_project.drops.answers.follow_up import follow_up
from dagster_project.drops.answers.labels import write_labels
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest
from dagster_project.drops.known import Known
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.sample import Drop, Spec, generate, write
from dagster_project.settings import PROJECT
from dagster_project.warehouse import cache
from tests.reference.acceptance import verdicts
from tests.support.campaign_batch import amounts, batch
from tests.support.fraud_base import ASIDE, KEY, label, measure, planted

from .conftest import REFERENCE, make_known

IS_YEAR = "ORDER_YEAR" in os.environ
SPEC = (
    Spec(journeys=20_000, frauds=25, first_day=date(2024, 1, 8), last_day=date(2024, 12, 28), nights=356)
    if IS_YEAR
    else Spec(journeys=700, frauds=2, first_day=date(2024, 3, 1), last_day=date(2024, 3, 14), nights=14)
)
# An operator reads of a label for six months; what was built in between is not judged again.
NIGHTS_BETWEEN_BUILDS, SHUFFLED = 90, 3
GRACE_HOURS = 30


def test_no_amount_depends_on_the_order_of_rows() -> None:
    campaigns, of_each = batch(seed=3, size=250)
    found = amounts(campaigns, of_each)
    assert len(found) > 250 and found == amounts(campaigns, of_each, seed=1)


def test_no_label_depends_on_the_order_of_journeys_or_persons() -> None:
    spec = Spec(journeys=3_000, frauds=5, first_day=date(2021, 1, 1), last_day=date(2021, 4, 30))
    journeys, accounts = planted(spec)
    shuffled = journeys.sample(fraction=1, shuffle=True, seed=7)
    then, now = label(journeys, identities=accounts), label(shuffled, identities=accounts.reverse())
    assert then[0]["rule_code"].n_unique() > 5
    for one, other in zip(then, now, strict=True):
        assert_frame_equal(one, other, check_exact=True)


@pytest.fixture(scope="module")
def sample() -> tuple[list[Drop], pl.DataFrame]:
    return generate(SPEC, REFERENCE)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's, with the campaign of 2021 moved to 2024, which grants a few hours more."""
    root = tmp_path_factory.mktemp("catalogue")
    for name in ("operators", "authorities", "rules", "reference"):
        (root / name).symlink_to(PROJECT / "data" / name)
    campaign = (PROJECT / "data" / "campaigns" / "pmgf_2021.yml").read_text("utf-8")
    moved = campaign.replace("2021-02-23", "2024-01-01").replace("2021-", "2024-")
    (root / "campaigns").mkdir()
    moved = moved.replace("pmgf_2021", "pmgf_2024").replace("sans_limite", str(GRACE_HOURS))
    (root / "campaigns" / "pmgf_2024.yml").write_text(moved, "utf-8")
    return root


def _nights(drops: list[Drop], seed: int | None) -> Iterator[tuple[date, list[Drop]]]:
    """Each drop on its own night, or on any of five nights after the last one."""
    if seed is None:
        for day in sorted({drop.business_date for drop in drops}):
            yield day, [drop for drop in drops if drop.business_date == day]
        return
    shuffled = random.Random(seed).sample(drops, len(drops))
    for number in range(5):
        yield SPEC.last_day + timedelta(days=1 + number), shuffled[number::5]


class Year:
    """The drops, taken in one order: the base that they make, and what operators have read meanwhile."""

    def __init__(self, drops: list[Drop], seed: int | None, catalogue: Path, home: Path) -> None:
        self.lake = Lake(home)
        self.lake.write_catalogue(rows.read(catalogue))
        self.told: set[tuple[str, str, str]] = set()
        known = make_known(frozenset(SPEC.operators))
        nights = list(_nights(drops, seed))
        for number, (night, delivered) in enumerate(nights, 1):
            self._take(delivered, night, known, random.Random(seed))
            every = NIGHTS_BETWEEN_BUILDS if seed is None else SHUFFLED
            if number == len(nights) or number % every == 0:
                cache.evaluate(self.lake, night)
                self.lake.building.replace(self.lake.cache_file)
                self._read(night)

    def _take(self, delivered: list[Drop], night: date, known: Known, chance: random.Random) -> None:
        write(delivered, self.lake.drops)
        for claimed in chance.sample(found := claim(self.lake.drops, Troubles()), len(found)):
            ingest(claimed, self.lake, known, night, Troubles())

    def _read(self, night: date) -> None:
        """What each operator's folder says against a row or a journey, as its spreadsheet opens it."""
        with cache.reading(self.lake) as connection:
            follow_up(self.lake, connection, night, Troubles())
            write_labels(self.lake, connection, night, Troubles())
        for file in self.lake.drops.glob("*/feedback/*.csv"):
            with file.open(encoding="utf-8", newline="") as text:
                assert text.read(1) == "\ufeff"  # without which a spreadsheet spells it « Ã©cartÃ© »
                for line in csv.DictReader(text, delimiter=";"):
                    if {line.get("gravite"), line.get("effet")} & {"rejet", "refus", "écarté"}:
                        assert line["motif"].endswith(".") and " " in line["motif"] and line["remede"]
                        self.told.add((file.parts[-3], line["operator_journey_id"], line["code"]))

    def frame(self, query: str) -> pl.DataFrame:
        """A query to the base."""
        with cache.reading(self.lake) as connection:
            return connection.sql(query).pl()

    @property
    def journeys(self) -> pl.DataFrame:
        return self.frame(
            "select * exclude (business_date, version_number) from active.journeys order by all"
        )

    @property
    def others(self) -> list[pl.DataFrame]:
        """Labels with their evidence, rejected rows, amounts."""
        return [
            self.frame("from fraud.fraud_labels order by all"),
            self.frame("from staging.stg_findings order by all"),
            self.frame("from campaigns.campaign_incentives order by all"),
        ]


@pytest.fixture(scope="module")
def straight(
    sample: tuple[list[Drop], pl.DataFrame], catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Year:
    return Year(sample[0], None, catalogue, tmp_path_factory.mktemp("straight"))


@pytest.mark.parametrize("seed", [1, 2] if IS_YEAR else [1])
def test_no_verdict_and_no_amount_depends_on_when_drops_are_taken(
    straight: Year, sample: tuple[list[Drop], pl.DataFrame], catalogue: Path, tmp_path: Path, seed: int
) -> None:
    shuffled = Year(sample[0], seed, catalogue, tmp_path)
    assert_frame_equal(shuffled.journeys, straight.journeys, check_exact=True)
    for rows_then, rows_now in zip(straight.others, shuffled.others, strict=True):
        assert rows_then.height
        assert_frame_equal(rows_now, rows_then, check_exact=True)


def test_the_planted_are_found_and_the_honest_are_refused_for_what_a_plain_reading_finds(
    straight: Year, sample: tuple[list[Drop], pl.DataFrame]
) -> None:
    drops, truth = sample
    current = truth.filter("is_current").select(*KEY, "fraud", "verdict")
    # A piece of a planted trip may begin in the lake, where the contract rejects it.
    lost = current.join(straight.journeys, on=KEY, how="anti")
    assert set(lost["fraud"]) <= {"fraud_segmentation"}
    journeys = straight.journeys.join(current, on=KEY)
    is_fraud = pl.col("refusal_codes").list.eval(pl.element().str.starts_with("fraud_"))
    kinds, _ = measure(journeys)
    assert set(kinds["fraud"]) == ASIDE and kinds["recall"].min() > 0.95, kinds  # type: ignore[operator]
    honest = journeys.filter(pl.col("verdict").ne_missing("aside"))
    assert honest.select(is_fraud.list.any().mean()).item() < 1e-4
    codes = journeys.with_columns(
        pl.col("refusal_codes").list.filter(~pl.element().str.starts_with("fraud_"))
    )
    found = {(row[0], row[1]): row[2] for row in codes.select(*KEY, "refusal_codes").rows()}
    dropped_at = {(one.operator_id, one.name): one.dropped_at for one in drops}
    assert found == _plain_reading(truth.join(lost, on=KEY, how="anti"), dropped_at)
    seen = {code for refused in found.values() for code in refused}
    assert seen >= {"sent_too_late", "distance_too_short", "too_close_trips", "too_many_trips"}


def _plain_reading(truth: pl.DataFrame, dropped_at: dict[tuple[str, str], datetime]) -> dict[Any, list[str]]:
    """What the acceptance rules refuse, read journey after journey from the truth."""
    deliveries: dict[Any, list[datetime]] = {}
    for *key, file in truth.filter(pl.col("expected") != "rejected").select(*KEY, "file").rows():
        deliveries.setdefault(tuple(key), []).append(dropped_at[key[0], file])
    sent: dict[str, list[dict[str, Any]]] = {}
    for row in truth.filter("is_current").to_dicts():
        ends = {f"{end}_at": row[f"{end}_at"].replace(tzinfo=UTC) for end in ("start", "end")}
        times = [
            at for at in deliveries[row["operator_id"], row["operator_journey_id"]] if at >= ends["end_at"]
        ]
        people = {f"{role}_identity_key": str(row[role]) for role in ("driver", "passenger")}
        told = {"operator_trip_id": f"{row['trip']:08}", "distance_m": row["final_distance_m"]}
        journey = row | ends | people | told | {"received_at": min(times, default=None)}
        sent.setdefault(row["operator_id"], []).append(journey)
    return {
        (operator_id, jid): codes
        for operator_id, journeys in sent.items()
        for jid, codes in verdicts(journeys, deadline=timedelta(hours=GRACE_HOURS)).items()
    }


def test_every_operator_reads_why_a_row_is_rejected_and_a_journey_refused(
    straight: Year, sample: tuple[list[Drop], pl.DataFrame]
) -> None:
    refused = (
        straight.journeys.filter(outcome="refused").explode("refusal_codes").select(*KEY, "refusal_codes")
    )
    rejected = (
        sample[1].filter(expected="rejected").drop_nulls("operator_journey_id").select(*KEY, "rule_code")
    )
    assert refused.height and rejected.height
    assert set(refused.rows()) | set(rejected.rows()) <= straight.told
