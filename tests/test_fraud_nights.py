"""Labels in whole nights: what was paid is taken back, decisions count, the trace goes after six months."""

import csv
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dagster_project import cli
from dagster_project.contracts.frauds import FRAUD_COUNTS, FRAUD_TRACES, FRAUD_VERDICTS
from dagster_project.contracts.tables import DROPS, JOURNEYS
from dagster_project.lake import Lake
from dagster_project.warehouse import reading

from .conftest import use


def _contradict(lake: Lake, drop_id: str, night: date, paid: dict[str, Any], other: dict[str, Any]) -> None:
    """A correction that puts a paid journey's passenger in another car, from a little before."""
    corrected = other | {
        "drop_id": drop_id,
        "drop_row": 1,
        "business_date": night,
        "dropped_at": datetime(night.year, night.month, night.day, tzinfo=UTC),
        "status": "corrected",
        "passenger_identity_key": paid["passenger_identity_key"],
        "start_at": paid["start_at"] - timedelta(seconds=60),
        "end_at": paid["end_at"],
        **{name: paid[name] for name in paid if name.endswith(("_lat", "_lon", "_place_code"))},
    }
    rows = pl.DataFrame([corrected], schema=JOURNEYS.empty.schema)
    lake.write(JOURNEYS, rows.with_columns(month=pl.lit(f"{paid['start_at']:%Y-%m}")), f"{drop_id}-0")
    register = lake.read(DROPS).row(0, named=True) | {
        **{name: corrected[name] for name in ("drop_id", "operator_id", "business_date", "dropped_at")},
        **{"sha256": drop_id, "rows": 1, "accepted_rows": 1, "rejected_rows": 0, "refused_code": None},
    }
    lake.write(DROPS, pl.DataFrame([register], schema=DROPS.empty.schema), drop_id)


def test_a_paid_journey_found_fraudulent_is_taken_back_traced_six_months_and_final(
    house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(house.home, tmp_path / "house")
    private = tmp_path / "private" / "decisions"
    private.mkdir(parents=True)
    monkeypatch.setenv("ENTREPOT_PRIVATE_CATALOGUE", str(private.parent))
    lake = use(tmp_path / "house")
    with reading(lake) as connection:
        paid = connection.execute(
            "select journeys.* from active.journeys join ledger.int_standing_entries as entries "
            "using (operator_id, operator_journey_id) where entries.kind = 'incentive' "
            "and incentive_cents > 0 and start_on between '2021-06-02' and '2021-06-20' "
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
    assert cli.run_night(date(2021, 11, 10))
    with reading(lake) as connection:
        taken_back = connection.execute(
            "select operator_journey_id, entries.incentive_cents < 0, reason "
            "from lake.ledger_entries as entries join lake.settlements using (closing_number, entry_number) "
            "join lake.closings using (closing_number) "
            "where movement = 'reversal' and kind = 'incentive' and reason like 'refusal:fraud_%'"
        ).fetchall()
        frauds = connection.execute("select sum(journeys) from compliance.fraud_exclusions").fetchall()
    expected = {first["operator_journey_id"], spared["operator_journey_id"]}
    assert {name for name, *_ in taken_back} == expected and all(less for _, less, _ in taken_back)
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
    # Six months later the trace goes, the verdict and the counts stay.
    assert cli.run_night(date(2022, 1, 3))
    assert lake.read(FRAUD_TRACES).is_empty()
    assert lake.read(FRAUD_VERDICTS)["operator_journey_id"].to_list() == [first["operator_journey_id"]]
    counts = lake.read(FRAUD_COUNTS).filter(month_on=date(2021, 6, 1), rule_code="all")
    assert counts["journeys"].sum() == 2 and counts["accounts"].sum() == 4
    with reading(lake) as connection:
        assert connection.execute("select sum(journeys) from compliance.fraud_exclusions").fetchall() == [
            (2,)
        ]
        assert not connection.execute("from ledger.unsettled_lines where movement = 'reversal'").fetchall()
