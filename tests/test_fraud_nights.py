"""Labels in whole nights: what was paid is taken back, decisions count, the trace goes after six months."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_project.contracts.labels import FRAUD_COUNTS, FRAUD_TRACES, FRAUD_VERDICTS
from dagster_project.contracts.lake_tables import DROPS, JOURNEYS
from dagster_project.contracts.ledger import LEDGER_ENTRIES
from dagster_project.contracts.terms import TERMS
from dagster_project.fraud.trace import finish, record
from dagster_project.lake.store import Lake
from dagster_project.retention.apply import apply
from dagster_project.retention.belongings import Removal
from dagster_project.retention.plan import Plan, plan
from dagster_project.warehouse import cache
from dagster_project.warehouse.cache import reading
from tests.support.nights import run_steps

from .conftest import copy_home, use


def _contradict(lake: Lake, drop_id: str, night: date, paid: dict[str, Any], other: dict[str, Any]) -> None:
    """A correction that puts a paid journey's passenger in another car, from a little before."""
    corrected = other | {
        "status": "corrected",
        "passenger_identity_key": paid["passenger_identity_key"],
        "start_at": paid["start_at"] - timedelta(seconds=60),
        "end_at": paid["end_at"],
        **{name: paid[name] for name in paid if name.endswith(("_lat", "_lon", "_place_code"))},
    }
    _send(lake, drop_id, night, corrected)


def _send(lake: Lake, drop_id: str, night: date, journey: dict[str, Any]) -> None:
    """A drop of one journey, as the night leaves it in the lake."""
    sent = journey | {
        "drop_id": drop_id,
        "drop_row": 1,
        "business_date": night,
        "dropped_at": datetime(night.year, night.month, night.day, tzinfo=UTC),
    }
    rows = pl.DataFrame([sent], schema=JOURNEYS.empty.schema)
    lake.write(JOURNEYS, rows.with_columns(month=pl.lit(f"{sent['start_at']:%Y-%m}")), f"{drop_id}-0")
    register = lake.read(DROPS).row(0, named=True) | {
        **{name: sent[name] for name in ("drop_id", "operator_id", "business_date", "dropped_at")},
        **{"sha256": drop_id, "rows": 1, "accepted_rows": 1, "rejected_rows": 0, "refused_code": None},
    }
    lake.write(DROPS, pl.DataFrame([register], schema=DROPS.empty.schema), drop_id)


def test_a_paid_journey_found_fraudulent_is_taken_back_traced_six_months_and_final(
    house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(house, tmp_path / "house")
    private = tmp_path / "private" / "decisions"
    private.mkdir(parents=True)
    monkeypatch.setenv("ENTREPOT_PRIVATE_CATALOGUE", str(private.parent))
    lake = use(tmp_path / "house")
    with reading(lake) as connection:
        paid = connection.execute(
            "select journeys.* from active.journeys join ledger.settled_entries as entries "
            "using (operator_id, operator_journey_id) where entries.kind = 'incentive' "
            "and incentive_cents > 0 and journeys.start_on between '2021-06-02' and '2021-06-20' "
            "and operator_id = 'alpimob' qualify row_number() over (partition by journeys.operator_trip_id "
            "order by operator_journey_id) = 1 "
            "order by start_at desc limit 3"
        ).pl().to_dicts()  # fmt: skip
    first, other, spared = paid
    other_row = lake.read(JOURNEYS).filter(
        operator_id=other["operator_id"], operator_journey_id=other["operator_journey_id"]
    ).row(-1, named=True)  # fmt: skip
    _contradict(lake, f"{other['operator_id']}-later", date(2021, 8, 2), first, other_row)
    file = private / "revue.yml"
    decision = (
        "decisions:\n  - {{operateur: {}, trajet: {}, effet: ecarter, le: 2021-08-03, demande_par: autorite, "
        "decide_par: registre, raison: trajet démenti par le passager}}\n"
    )
    file.write_text(
        decision.format(spared["operator_id"], spared["operator_journey_id"])
        + decision.format("alpimob", "inconnu").partition("\n")[2],
        "utf-8",
    )
    run_steps(date(2021, 11, 10))
    with reading(lake) as connection:
        taken_back = connection.execute(
            "select operator_journey_id, entries.incentive_cents < 0, reason "
            "from lake.ledger_entries as entries join lake.settlements using (closing_number, entry_number) "
            "join lake.closings using (closing_number) "
            "where movement = 'reversal' and kind = 'incentive' and reason like 'refusal:fraud_%'"
        ).fetchall()
        frauds = connection.execute("select sum(journeys) from compliance.fraud_exclusions").fetchall()
    expected = {first["operator_journey_id"], spared["operator_journey_id"]}
    assert {name for name, *_ in taken_back} == expected
    assert [name for name, less, _ in taken_back if not less] == []
    assert frauds == [(2,)]
    traces = lake.read(FRAUD_TRACES)
    assert set(traces["operator_journey_id"]) == expected
    assert set(traces["set_aside_on"]) == {date(2021, 11, 10)}
    answer = lake.drops / first["operator_id"] / "feedback" / "signalements.csv"
    told = [
        row
        for row in csv.DictReader(answer.read_text("utf-8-sig").splitlines(), delimiter=";")
        if row["code"] == "fraud_overlap"
    ]
    assert [row["effet"] for row in told] == ["écarté"]
    assert other["operator_journey_id"] not in answer.read_text("utf-8")
    # Six months after the month it is final; the trace has begun in November, and stays.
    run_steps(date(2022, 1, 3))
    last = traces.columns[-2:]
    assert_frame_equal(lake.read(FRAUD_TRACES).select(last), traces.select(last), check_exact=True)
    assert lake.read(FRAUD_VERDICTS)["operator_journey_id"].to_list() == [first["operator_journey_id"]]
    counts = lake.read(FRAUD_COUNTS).filter(month_on=date(2021, 6, 1), rule_code="all")
    assert counts["journeys"].sum() == 2 and counts["accounts"].sum() == 4
    with reading(lake) as connection:
        assert connection.execute("select sum(journeys) from compliance.fraud_exclusions").fetchall() == [
            (2,)
        ]
        assert not connection.execute("from ledger.unsettled_lines where movement = 'reversal'").fetchall()
    _late_fraud_is_refused_traced_and_counted(lake, other_row, expected)


def _late_fraud_is_refused_traced_and_counted(lake: Lake, like: dict[str, Any], before: set[str]) -> None:
    """Sixty kilometres in ten minutes of two other persons, sent once June was final."""
    night, entries = date(2022, 1, 4), lake.read(LEDGER_ENTRIES)
    persons = {f"{role}_identity_key": f"late {role}" for role in ("driver", "passenger")}
    _send(
        lake,
        "alpimob-late",
        night,
        like
        | persons
        | {
            "operator_journey_id": "late",
            "operator_trip_id": "late",
            "status": "new",
            "distance_m": 60_000,
            "end_at": like["start_at"] + timedelta(minutes=10),
        },
    )
    run_steps(night)
    for is_again in (False, True):  # judged and counted again, nothing changes
        if is_again:
            cache.build(lake, night)
            with reading(lake) as connection:
                record(lake, connection, night)
                finish(lake, connection, night)
        with reading(lake) as connection:
            late = connection.execute(
                "select outcome, refusal_codes from active.journeys where operator_journey_id = 'late'"
            ).fetchall()
            paid = connection.execute(
                "from finance.ledger_lines where operator_journey_id = 'late' and incentive_cents > 0"
            ).fetchall()
        assert late == [("refused", ["fraud_speed"])] and not paid
        assert (
            lake.read(LEDGER_ENTRIES).join(entries, on=entries.columns, nulls_equal=True).height
            == entries.height
        )
        assert set(lake.read(FRAUD_TRACES)["operator_journey_id"]) == before | {"late"}
        counts = lake.read(FRAUD_COUNTS).filter(month_on=date(2021, 6, 1), rule_code="all")
        assert (counts["journeys"].sum(), counts["accounts"].sum()) == (3, 6)
        assert "late" in (lake.drops / "alpimob/feedback/signalements.csv").read_text("utf-8-sig")
    # Six months after November the first traces go, and begin no second time; verdicts and counts stay.
    due = plan(lake, date(2022, 5, 9), TERMS)
    assert due.traces.is_empty()
    for night in (date(2022, 5, 10), date(2022, 5, 11)):
        with reading(lake) as connection:
            record(lake, connection, night)
        due = plan(lake, night, TERMS)
        apply(lake, replace(due, removals=_of_traces(due)))
        assert set(lake.read(FRAUD_TRACES)["operator_journey_id"]) == {"late"}
    assert {"late"} < set(lake.read(FRAUD_VERDICTS)["operator_journey_id"]) < before | {"late"}
    # Twelve months from the journey's end bound its trace, too.
    gone = plan(lake, date(2022, 7, 1), TERMS)
    assert gone.traces["operator_journey_id"].to_list() == ["late"]
    assert TERMS["fraud"].ends_on(date(2022, 1, 4)) > date(2022, 7, 1)


def _of_traces(due: Plan) -> tuple[Removal, ...]:
    return tuple(one for one in due.removals if one.table == FRAUD_TRACES)
