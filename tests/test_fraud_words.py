"""What leaves the registry of a label tells nobody where somebody travels; counts point at nobody."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.contracts.labels import ALERTS, LABELS, NEUTRAL
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.contracts.small_counts import FEW, shown
from dagster_project.drops.answers.labels import write_labels
from dagster_project.drops.troubles import Troubles
from dagster_project.fraud import overview as fraud_overview
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.source import reason_words
from tests.support.fraud_base import judged
from tests.support.fraud_legs import HERE, THERE, base_of, leg

B = {"operator_id": "b"}
FAR = {"start": (49.0, 6.0), "end": (49.0, 6.0)}
LEGS = [
    # Of `b`, invented for people of `a`: at their moment, just after, too far, a second half, a fifth car.
    leg("at 1", "d", "p", 0), leg("at 2 NEUTRAL", "e", "p", 500, **B),
    leg("near 1", "d", "p", 0), leg("near 2 NEUTRAL", "d", "p", 1_500, **B),
    leg("far 1", "d", "p", 0), leg("far 2 NEUTRAL", "e", "p", 1_300, **B, **FAR),
    leg("split 1", "d", "p", 0, start=HERE, end=(46.1, 6.0)),
    leg("split 2 NEUTRAL", "d", "p", 1_200, start=(46.1, 6.0), end=THERE, **B),
    *(leg(f"many {n}", "d", "p", n * 4_000) for n in range(4)),
    leg("many 4 NEUTRAL", "e", "p", 16_000, **B),
    # Only informs: not told at all where it looks at another operator.
    leg("swap 1", "d", "p", 0), leg("swap 2 QUIET", "p", "x", 4_000, **B), leg("swap 3", "y", "p", 8_000),
    # What `b` sees by itself, it is told by its name.
    leg("mine 1", "d", "p", 0, **B), leg("mine 2 fraud_overlap", "e", "p", 200, **B),
    leg("jump 1", "d", "p", 0, **B), leg("jump 2 fraud_teleportation", "e", "p", 1_300, **B, **FAR),
    leg("fast fraud_speed", "d", "p", 0, **B, distance_m=90_000),
    leg("turn 1", "d", "p", 0, **B), leg("turn 2 fraud_role_swapping", "p", "x", 4_000, **B),
    leg("turn 3", "y", "p", 8_000, **B),
    leg("old NEUTRAL", "d", "p", 0, **B),
]  # fmt: skip


@pytest.fixture(scope="module")
def labels_and_journeys() -> tuple[pl.DataFrame, pl.DataFrame]:
    base = base_of(LEGS)
    final = {"operator_id": "b", "operator_journey_id": "old NEUTRAL", "rule_code": "fraud_teleportation"}
    verdicts = pl.DataFrame([final | {"start_on": base["start_on"][0]}])
    labels, journeys, _ = judged(base, fraud_verdicts=verdicts)
    return labels, journeys


def test_labels_that_rest_on_another_operators_journey_leave_under_one_neutral_reason(
    labels_and_journeys: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    labels, journeys = labels_and_journeys
    across = labels.filter(operator_id="b", is_across_operators=True)
    assert {"fraud_interoperator_overlap", "fraud_interoperator_too_close", "fraud_interoperator_too_many",
            "fraud_teleportation", "fraud_segmentation"} <= set(across["rule_code"])  # fmt: skip
    # Refusals are what the ledger, documents and reports are made from.
    of_b = journeys.filter(pl.col("operator_id") == "b")
    refused = {
        row["operator_journey_id"]: row["refusal_codes"] for row in of_b.to_dicts() if row["refusal_codes"]
    }
    assert {name for name in refused if "NEUTRAL" in name} == {
        one["operator_journey_id"] for one in LEGS if "NEUTRAL" in one["operator_journey_id"]
    }
    assert refused == {name: [NEUTRAL.code if "NEUTRAL" in name else name.split()[-1]] for name in refused}
    # And the operator's own list.
    lake = Lake(tmp_path)
    (lake.drops / "b" / "incoming").mkdir(parents=True)
    connection = duckdb.connect()
    connection.register("given", labels)
    connection.execute("create schema fraud; create table fraud.fraud_labels as from given")
    write_labels(lake, connection, date(2021, 6, 1), Troubles())
    text = (lake.drops / "b" / "feedback" / "signalements.csv").read_text("utf-8-sig")
    told = list(csv.DictReader(text.splitlines(), delimiter=";"))
    for row in told:
        name = row["operator_journey_id"]
        assert (row["code"] == NEUTRAL.code) == ("NEUTRAL" in name) and "QUIET" not in name
    assert len({row["operator_journey_id"] for row in told if row["code"] == NEUTRAL.code}) == 6
    assert {"fraud_overlap", "fraud_teleportation", "fraud_speed", "fraud_role_swapping"} <= {
        one["code"] for one in told
    }
    assert len({(row["operator_journey_id"], row["code"]) for row in told}) == len(told)


def test_no_word_outside_names_another_operator() -> None:
    for code in (label.code for label in LABELS if "interoperator" in label.code):
        assert RULES[code].sentence == NEUTRAL.sentence and RULES[code].remedy == NEUTRAL.remedy
        assert "opérateur" not in reason_words(f"refusal:{code}")  # closed by an older version
    assert "opérateur" not in NEUTRAL.title + NEUTRAL.sentence


def test_an_operator_whose_journeys_collide_too_often_is_told_to_the_registry() -> None:
    def month(operator: str, collisions: int, honest: int, **more: str) -> list[dict[str, object]]:
        """At the moment of persons of `a`, who has many others; then journeys that nothing contradicts."""
        names = [f"{operator}{number}" for number in range(collisions + honest)]
        theirs = [leg(f"{one} of", "e", "p", 500, operator_id=operator, **more) for one in names]
        return [*(leg(f"{one} a", "d", "p", 0) for one in names[:collisions]), *theirs]

    base = base_of(
        [
            *(month("b", 6, 14) + month("c", 5, 14) + month("d", 6, 594)),
            # Cancelled once the answer was read: the trace has them; those of `f` contradict its own.
            *(month("e", 6, 0, outcome="cancelled") + month("f", 6, 0, outcome="cancelled")),
            *(leg(f"a{number} a", "d", "p", 0) for number in range(1_700)),
        ]
    )
    traces = base.filter(outcome="cancelled").select(
        *("operator_id", "operator_journey_id", "start_on"),
        rule_code=pl.lit("fraud_teleportation"),
        evidence=pl.lit('[{"operator_id":"') + pl.col("operator_id").replace("e", "a") + '"}]',
    )
    alerts = judged(base, fraud_traces=traces)[2].filter(rule_code="fraud_collisions")
    assert dict(alerts.select("operator_id", "value").iter_rows()) == {"b": 0.3, "e": 1.0}


def test_no_count_of_the_overview_is_below_six_nor_can_be_subtracted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = (
        *(("a", 3, "fraud_overlap", range(7)), ("a", 4, "fraud_overlap", range(1))),
        *(("b", 3, "fraud_overlap", range(5)), ("b", 4, "fraud_role_circle", range(6))),
        *(("a", 5, "fraud_role_circle", range(6)), ("a", 5, "fraud_repetition", range(1))),
        ("b", 4, "", range(6, 8)),
    )
    rows = [
        {
            "operator_id": operator,
            "operator_journey_id": f"{month} {number}",
            "rule_code": code,
            "start_on": date(2021, month, 4),
            "is_excluding": code == "fraud_overlap",
        }
        for operator, month, code, numbers in counted
        for number in numbers
    ]
    every = pl.DataFrame(rows)
    labels, journeys = (
        every.filter(pl.col("rule_code") != ""),
        every.unique(["operator_id", "operator_journey_id"]).with_columns(outcome=pl.lit("valid")),
    )
    alert = {"operator_id": "b", "month_on": date(2021, 4, 1), "rule_code": "fraud_collisions", "value": 0.3}
    alerts = pl.DataFrame([alert], schema_overrides={"own_past": pl.Float64}).with_columns(
        own_past=pl.lit(None)
    )
    connection = duckdb.connect()
    for name, frame in (
        ("fraud_labels", labels),
        ("operator_alerts", alerts),
        ("int_accepted_journeys", journeys),
    ):
        connection.register("given", frame)
        schema = "active" if name.startswith("int") else "fraud"
        connection.execute(
            f"create schema if not exists {schema}; create table {schema}.{name} as from given"
        )
    drawn: list[dict[str, list[list[object]]]] = []
    monkeypatch.setattr(fraud_overview, "set_png", lambda *given, ppi: drawn.append(given[2]) or b"")
    seen = fraud_overview.overview(connection)
    assert seen.by_label.splitlines()[2:] == [
        "| Recouvrement | écarté | 7 | 1 |",
        "| Cercle de rôles | information | 12 | 2 |",
        f"| Répétition identique | information | {FEW} | 1 |",
    ]
    assert seen.by_month.splitlines()[2:] == [
        "| 2021-03 | a | 0 | 7 | 0 |",
        f"| 2021-03 | b | 0 | {FEW} | 0 |",
        f"| 2021-04 | a | 0 | {FEW} | 0 |",
        f"| 2021-04 | b | {FEW} | 0 | 6 |",
        "| 2021-05 | a | 0 | 0 | 6 |",
    ]
    assert (seen.excluded, seen.informative, seen.colliding) == (7, 12, ("2021-04 b",))
    assert "0,30 | – |" in seen.alerts and {alert.title for alert in ALERTS} & {"Collisions entre opérateurs"}
    (bars,) = drawn
    rows = [row for of_one in bars.values() for row in of_one]
    assert [row for row in rows for count in row[1:] if not (count == 0 or count >= 6)] == []
    assert [shown(count) for count in (0, 1, 5, 6, 7)] == [0, FEW, FEW, 6, 7]
