"""`make years`: three years of journeys, a night a week and each night around the edges of terms.

After each night, counted anew from the files: nothing is past its term, six are alike in the archive, no
closed cent moved. Every tenth night, for some, and after the last for all: who and what has gone is in no
file, decrypted and decompressed; nobody and no key is in a plain one. Not here: what the suite can wait for.
"""

import argparse
import base64
import json
import os
import pickle
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from dagster_project.contracts.archive import ARCHIVED_CARPOOLERS, ARCHIVED_JOURNEYS, K
from dagster_project.contracts.labels import FRAUD_DECISIONS, FRAUD_TRACES, FRAUD_UNJUDGED, FRAUD_VERDICTS
from dagster_project.contracts.lake_tables import (
    ANSWERS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    KEPT_VERDICTS,
    REJECTED_ROWS,
)
from dagster_project.contracts.ledger import CLOSINGS, SETTLED_BEFORE, SETTLEMENTS
from dagster_project.lake.keys import ZONES
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import problems
from dagster_project.retention import search as retention_search
from dagster_project.retention.needles import Needles
from dagster_project.retention.search import search
from dagster_project.runner.night import run_night
from dagster_project.sample import Spec, generate, write
from dagster_project.warehouse.cache import reading
from tests.conftest import REFERENCE, use

SPEC = Spec(journeys=24_000, first_day=date(2021, 3, 1), last_day=date(2024, 2, 29), nights=156)
LAST = date(2026, 6, 1)  # the archive of the first two years has gone by then
EDGES = (date(2022, 3, 1), date(2022, 3, 27), date(2022, 10, 30), date(2024, 2, 29), date(2024, 3, 31))
_CLOSED = (
    "select campaign_id, operator_id, period_start_on, total_cents from finance.fund_calls where is_closed"
)


def business_dates(weeks: int, around: int) -> list[date]:
    """Every so many weeks while drops come, then monthly; every day from `around` before an edge to after."""
    steps = {SPEC.first_day + timedelta(weeks=n) for n in range(1, 158, weeks)}
    months = {date(year, month, 1) for year in (2024, 2025, 2026) for month in range(1, 13)}
    edges = {edge + timedelta(days=n) for edge in EDGES for n in range(-around, around + 1)}
    return sorted(steps | {one for one in months if one > SPEC.last_day} | edges)


def _is_over(began: pl.Expr, term: str, day: date) -> pl.Expr:
    return began.dt.offset_by(term) <= day


def _local(instant: str) -> pl.Expr:
    return pl.col(instant).dt.convert_time_zone("Europe/Paris").dt.date()


def past_their_term(lake: Lake, day: date) -> list[str]:
    """What is still there and should not be, counted from the files by other means than the plan's."""
    return [*_rows_past_their_term(lake, day), *_files_past_their_term(lake, day)]


def _rows_past_their_term(lake: Lake, day: date) -> Iterator[str]:
    names = ["operator_id", "operator_journey_id"]
    journeys = lake.read(JOURNEYS)
    newest = journeys.sort("dropped_at", "drop_id", "drop_row").unique(names, keep="last")
    keys = pl.concat([journeys[f"{role}_identity_key"] for role in ("driver", "passenger")]).unique()
    old = lake.read(DROPS).filter(_is_over(pl.col("business_date"), "30d", day))
    traces = lake.read(FRAUD_TRACES)
    over = {
        "journeys": newest.filter(_is_over(_local("end_at"), "12mo", day)),
        "identities": lake.read(IDENTITIES).filter(~pl.col("identity_key").is_in(keys.implode())),
        "settlements": lake.read(SETTLEMENTS).join(journeys, on=names, how="anti"),
        "fraud_traces": traces.filter(_is_over(pl.col("set_aside_on"), "6mo", day)),
        **{
            one.name: lake.read(one).join(journeys, on=names, how="anti")
            for one in (
                *(FRAUD_VERDICTS, FRAUD_UNJUDGED, FRAUD_DECISIONS),
                *(KEPT_VERDICTS, FRAUD_TRACES, SETTLED_BEFORE),
            )
        },
        "file names": old.filter(pl.col("file_name") != ""),
        **{one.name: lake.read(one).join(old, on="drop_id", how="semi") for one in (FINDINGS, REJECTED_ROWS)},
        "answers kept": lake.read(ANSWERS).filter(_is_over(pl.col("business_date"), "30d", day)),
        **{
            table.name: lake.read(table).filter(_is_over(pl.col("month_on"), "36mo", day))
            for table in (ARCHIVED_JOURNEYS, ARCHIVED_CARPOOLERS)
        },
    }
    return (name for name, rows in over.items() if rows.height)


def _files_past_their_term(lake: Lake, day: date) -> Iterator[str]:
    for folder in lake.drops.glob("*/processed/*"):
        if date.fromisoformat(folder.name) + timedelta(days=30) <= day:
            yield "raw drops"
    for file in lake.drops.glob(f"*/feedback/*.{'?' * 16}.json"):  # not the lists, which each night replaces
        taken = date.fromisoformat(json.loads(file.read_text("utf-8"))["date_de_traitement"])
        if taken + timedelta(days=30) <= day:
            yield f"answer of {file.parts[-3]}"
    for file in lake.exports.rglob("*.parquet"):
        for column in {"end_slot_at", "end.datetime"} & set(pl.read_parquet_schema(file)):
            if pl.read_parquet(file).filter(_is_over(_local(column), "12mo", day)).height:
                yield f"exports/{file.name}"


def cached_past_their_term(lake: Lake, day: date) -> int:
    """Journeys of the cache that are past theirs."""
    ended = "cast(timezone('Europe/Paris', end_at) as date) + interval 12 months <= ?"
    with reading(lake) as connection:
        counted = connection.execute(f"select count(*) from active.journeys where {ended}", [day])
        return int(counted.fetchall()[0][0])


def smallest_group(lake: Lake) -> int:
    """k of the archive: journeys one by one, alike in all that a reader sees."""
    rows = lake.read(ARCHIVED_JOURNEYS)
    one_by_one = rows.select(pl.exclude("journeys").repeat_by("journeys")).explode(pl.all())
    return one_by_one.group_by(pl.all()).len()["len"].min() or K


def leaks(lake: Lake, texts: set[str]) -> list[str]:
    """Files in which a person or a key stands in clear: all but operators' own drops and the keys' folder."""
    encrypted = [file for zone in ZONES for file in lake.zone(zone).rglob("*.parquet")]
    plain = [str(file) for file in encrypted if file.read_bytes()[-4:] != b"PARE"]
    keys = [file.read_text() for file in lake.keys.glob("*.key")]
    keys += [base64.b64encode(bytes.fromhex(key)).decode() for key in keys]
    ours = (lake.drops, lake.keys, *(lake.zone(zone) for zone in ZONES))
    produced = [one for one in lake.home.rglob("*") if not any(one.is_relative_to(folder) for folder in ours)]
    produced = [one for one in produced if one != lake.cache_file]
    hits, _ = search(lake, Needles({*texts, *keys}, as_kept=True), produced)
    return plain + [f"{hit.path} ({hit.kind})" for hit in hits]


class Memory:
    """Who and what was ever there, and what was closed for how much."""

    def __init__(self) -> None:
        self.journeys: set[str] = set()
        self.people: set[str] = set()
        self.names: set[str] = set()
        self.closings = CLOSINGS.empty
        self.claimed: dict[tuple[object, ...], int] = {}

    def learn(self, lake: Lake) -> None:
        """Look at a night's end; raises AssertionError where something closed is not as it was."""
        self.journeys |= set(lake.read(JOURNEYS)["operator_journey_id"])
        people = lake.read(IDENTITIES)
        self.people |= {*people["phone"].drop_nulls(), *people["email"].drop_nulls(), *people["identity_key"]}
        self.names |= set(
            people.select(pl.col("firstname") + " " + pl.col("lastname")).drop_nulls().to_series()
        )
        closings = lake.read(CLOSINGS).sort("closing_number")
        assert_frame_equal(closings.head(self.closings.height), self.closings, check_exact=True)
        self.closings = closings
        with reading(lake) as connection:
            claimed = {row[:3]: row[3] for row in connection.sql(_CLOSED).fetchall()}
        assert {call: claimed.get(call) for call in self.claimed} == self.claimed
        self.claimed = claimed

    def gone(self, lake: Lake) -> set[str]:
        """What was there and is not."""
        people = lake.read(IDENTITIES)
        known = {*people["phone"].drop_nulls(), *people["email"].drop_nulls(), *people["identity_key"]}
        return (self.journeys - set(lake.read(JOURNEYS)["operator_journey_id"])) | (self.people - known)


def some(values: set[str], number: int) -> set[str]:
    """Three hundred of the values, others each time: searching for all takes minutes."""
    step = max(1, len(values) // 300)
    return set(sorted(values)[number % step :: step])


def search_for(lake: Lake, values: set[str]) -> list[str]:
    """Files, decrypted and decompressed, that hold what has gone; raw and rejected rows have own terms."""
    own_terms = (lake.drops, lake.folder(FINDINGS), lake.folder(REJECTED_ROWS))
    files = [
        one for one in lake.home.rglob("*") if not any(one.is_relative_to(folder) for folder in own_terms)
    ]
    hits, _ = search(lake, Needles(values, as_kept=True), files)
    return [f"{hit.path} ({hit.kind})" for hit in hits]


def run(home: Path, nights: list[date]) -> None:
    """Every night of these that `home` has not had; raises AssertionError at what one leaves wrong."""
    drops = list(generate(SPEC, REFERENCE)[0])
    lake, memory, started = use(home), Memory(), time.time()
    had: set[date] = set()
    state = home.with_suffix(".memory")
    if state.exists():
        memory, had = pickle.loads(state.read_bytes())
    delivered = {n for n, drop in enumerate(drops) if drop.business_date <= max(had, default=date.min)}
    for number, night in enumerate(nights, 1):
        if night in had:
            continue
        waiting = [n for n, drop in enumerate(drops) if drop.business_date <= night and n not in delivered]
        write([drops[n] for n in waiting], lake.drops)
        delivered |= set(waiting)
        assert not run_night(night).failures, night
        memory.learn(lake)
        assert past_their_term(lake, night) == [] and not cached_past_their_term(lake, night), night
        assert smallest_group(lake) >= K, night
        if number % 10 == 0 or night == nights[-1]:
            assert list(problems(lake)) == []
            people, gone = memory.people | memory.names, memory.gone(lake)
            if night != nights[-1]:
                people, gone = some(people, number), some(gone, number)
            assert leaks(lake, people) == [], night
            assert search_for(lake, gone) == [], night
        had.add(night)
        state.write_bytes(pickle.dumps((memory, had)))
        left = lake.read(JOURNEYS).height, lake.read(ARCHIVED_JOURNEYS)["journeys"].sum()
        told = f"{left[0]} rows of journeys, {left[1]} archived, {len(memory.gone(lake))} values gone"
        claimed = f"{memory.closings.height} closings, {sum(memory.claimed.values())} cents"
        print(
            f"{night} ({number}/{len(nights)}, {time.time() - started:.0f} s): {told}, {claimed}", flush=True
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--weeks", type=int, default=1, help="Weeks between two nights.")
    parser.add_argument("--around", type=int, default=3, help="Days before and after an edge.")
    parser.add_argument("--until", type=date.fromisoformat, default=LAST)
    parser.add_argument(
        "--home", type=Path, help="A folder that stays: a run that was stopped goes on there."
    )
    given = parser.parse_args()
    os.environ["ENTREPOT_SETTLE_S"] = "0"
    days = [day for day in business_dates(given.weeks, given.around) if day <= given.until]
    # A closed document is searched every night and never changes: its text is drawn out once.
    retention_search.shown_texts = cache(retention_search.shown_texts)
    with tempfile.TemporaryDirectory(prefix="years-") as folder:
        run(given.home or Path(folder) / "home", days)
