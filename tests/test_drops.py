"""The drop contract, row by row: what an operator writes, and the answer it gets."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from dagster_project.contracts.lake_tables import CONTENT, FINDINGS
from dagster_project.contracts.layouts import V2_COLUMNS, V3_COLUMNS
from dagster_project.contracts.rejection_codes import ROW_RULES, RULES
from dagster_project.drops.known import Known
from tests.support.drop_rows import JSON_ROW, V2_ROW, V3_ROW, csv_of, rows_of, take, v2, v3

from .conftest import make_known


@pytest.fixture(scope="module")
def known() -> Known:
    return make_known(frozenset({"karavane"}), 1 << 20)


WRONG_V3 = [
    ({"start__datetime": "2021-03-01T07:30:00"}, "start_at", "time_without_zone"),
    ({"start__datetime": "01/03/2021 08:30"}, "start_at", "value_unreadable"),
    ({"start__datetime": ""}, "start_at", "value_missing"),
    ({"end__datetime": "2021-03-01T07:30:00Z"}, "end_at", "end_before_start"),
    ({"end__datetime": "2021-03-03T08:00:00Z"}, "end_at", "duration_too_long"),
    ({"end__datetime": "2021-03-01T07:31:00Z"}, "end_at", "speed_impossible"),
    ({"start__datetime": "2021-03-31T21:50:00Z", "end__datetime": "2021-03-31T22:00:01Z"}, "end_at", "in_the_future"),
    ({"start__datetime": "2020-03-31T21:40:00Z", "end__datetime": "2020-03-31T21:59:59Z"}, "end_at", "past_its_term"),
    ({"start__lat": "6.2354", "start__lon": "46.1958"}, "start", "coordinates_swapped"),
    ({"start__lat": "0", "start__lon": "0"}, "start", "null_island"),
    ({"end__lat": "45", "end__lon": "-8"}, "end", "place_unknown"),
    ({"end__lat": "-91"}, "end_lat", "value_out_of_range"),
    ({"end__lat": "46,2044"}, "end_lat", "value_unreadable"),
    ({"end__lat": ""}, "end", "position_missing"),
    ({"distance": "0"}, "distance_m", "value_out_of_range"),
    ({"distance": "1e4"}, "distance_m", "value_unreadable"),
    ({"distance": "９800"}, "distance_m", "value_unreadable"),
    ({"passenger__seats": "9"}, "seats", "value_out_of_range"),
    ({"operator_class": "А"}, "operator_class", "value_unknown"),  # Cyrillic
    ({"operator_journey_id": "T\u200b1"}, "operator_journey_id", "control_character"),
    ({"operator_trip_id": ""}, "operator_trip_id", "value_missing"),
    ({"status": "effacé"}, "status", "value_unknown"),
    ({"driver__identity__phone": "0639980"}, "driver_phone", "phone_unreadable"),
    ({"driver__identity__phone": "+3363998000"}, "driver_phone", "phone_unreadable"),
    ({"driver__identity__phone": ""}, "driver", "identity_missing"),
    ({"driver__identity__phone": "", "driver__identity__phone_trunc": "06399800"}, "driver", "identity_missing"),
    ({"driver__identity__phone": "06 39 98 00 02"}, "passenger", "same_person"),
    ({"driver__identity__identity_key": "XYZ"}, "driver_declared_key", "value_unreadable"),
    ({"passenger__identity__over_18": "peut-être"}, "passenger_over_18", "value_unreadable"),
    ({"start__datetime": "2021-3-1T07:30:00Z"}, "start_at", "value_unreadable"),
    ({"operator_journey_id": "1,23457E+12"}, "operator_journey_id", "id_damaged"),
    ({"operator_journey_id": "#N/A"}, "operator_journey_id", "id_placeholder"),
    ({"operator_trip_id": "undefined"}, "operator_trip_id", "id_placeholder"),
    ({"operator_trip_id": "1.23457e+12"}, "operator_trip_id", "id_damaged"),
    ({"driver__identity__phone": "", "driver__identity__phone_trunc": "06399800", "driver__identity__operator_user_id": "None"}, "driver_operator_user_id", "id_placeholder"),
    ({name.replace(".", "__"): "" for name in V3_ROW} | {"operator_journey_id": ""}, "ligne", "row_empty"),
    ({"passenger__payments": "[{}]"}, "payments", "value_unreadable"),
    ({"incentives": "[[]]"}, "incentives", "incentives_unreadable"),
    ({"incentives": '[{"index":0,"siret":"89912345900012","amount":1}]'}, "incentives", "siret_invalid"),
    ({"incentives": '[{"index":20,"siret":"89912345900013","amount":1}]'}, "incentives", "incentive_out_of_range"),
    ({"incentives": '[{"index":0,"siret":"89912345900013","amount":1.5}]'}, "incentives", "incentives_unreadable"),
]  # fmt: skip
WRONG_V2 = [
    ({"passenger__start__datetime": "28/03/2021 02:30", "passenger__end__datetime": "28/03/2021 03:30"}, "start_at", "time_not_in_paris"),
    ({"passenger__start__lat": "", "passenger__start__insee": "75056"}, "start_insee", "insee_unknown"),
    ({"passenger__start__datetime": "32/13/2021 08:00"}, "start_at", "value_unreadable"),
    ({"passenger__duration": "90000"}, "duration_s", "value_out_of_range"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "column", "code"), WRONG_V3, ids=[f"{c}-{r}" for _, c, r in WRONG_V3])
def test_a_wrong_v3_row_gets_its_own_reason_and_no_other(
    changes: dict[str, str], column: str, code: str, tmp_path: Path, known: Known
) -> None:
    columns = (*V3_COLUMNS, "status")
    rows = [v3(), v3(**{"operator_journey_id": "T-2"} | changes)]
    outcome, _ = take(csv_of(rows, columns).encode(), tmp_path, known)
    assert (outcome.accepted, outcome.rejected) == (1, 1)
    assert list(outcome.reasons) == [(column, code)]


@pytest.mark.parametrize(("changes", "column", "code"), WRONG_V2, ids=[f"{c}-{r}" for _, c, r in WRONG_V2])
def test_a_wrong_v2_row_gets_its_own_reason_and_no_other(
    changes: dict[str, str], column: str, code: str, tmp_path: Path, known: Known
) -> None:
    rows = [v2(), v2(**{"journey_id": "T-2"} | changes)]
    outcome, _ = take(csv_of(rows, V2_COLUMNS, ";").encode(), tmp_path, known)
    assert (outcome.accepted, outcome.rejected) == (1, 1)
    assert list(outcome.reasons) == [(column, code)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"distance": "5000"}, "distance_below_straight_line"),
        ({"driver__identity__travel_pass__name": "carte vermeil"}, "travel_pass_unknown"),
        ({"operator_journey_id": "123456789012345000"}, "id_doubtful"),
        ({"operator_journey_id": "0"}, "id_doubtful"),
        ({"operator_trip_id": "4711.0"}, "id_doubtful"),
        ({"driver__identity__operator_user_id": "null"}, "word_for_nothing"),
    ],
)
def test_a_warning_is_told_and_the_row_is_accepted(
    changes: dict[str, str], code: str, tmp_path: Path, known: Known
) -> None:
    outcome, lake = take(csv_of([v3(**changes)], V3_COLUMNS).encode(), tmp_path, known)
    assert outcome.accepted == 1
    assert [found for _, found in outcome.reasons] == [code]
    assert rows_of(lake, FINDINGS.name)["severity"].to_list() == ["warning"]


@pytest.mark.slow
def test_every_layout_says_the_same_of_the_same_journey(tmp_path: Path, known: Known) -> None:
    v3_text = csv_of([v3()], V3_COLUMNS)
    headerless = csv_of([v2()], V2_COLUMNS).split("\n", 1)[1]
    files = {
        "v3": v3_text.encode(),
        "bom and CRLF": b"\xef\xbb\xbf" + v3_text.replace("\n", "\r\n").encode(),
        "semicolons": csv_of([v3()], V3_COLUMNS, ";").encode(),
        "gzip": gzip.compress(v3_text.encode()),
        "no end of line": v3_text.rstrip("\n").encode(),
        "v2 in French": csv_of([v2()], V2_COLUMNS, ";").encode(),
        "v2 without header": headerless.encode(),
        "JSON Lines": (json.dumps(JSON_ROW) + "\n").encode(),
    }
    taken = {}
    for number, (name, content) in enumerate(files.items()):
        outcome, lake = take(content, tmp_path / str(number), known)
        assert (outcome.accepted, dict(outcome.reasons)) == (1, {}), name
        varying = ("drop_id", "dropped_at")
        taken[name] = rows_of(lake).drop(varying).rows()
    assert len({repr(rows) for rows in taken.values()}) == 1, taken


def test_broken_lines_are_answered_by_their_number_and_the_others_go_on(tmp_path: Path, known: Known) -> None:
    good = [csv_of([v3(operator_journey_id=f"T-{n}")], V3_COLUMNS).split("\n")[1] for n in range(6)]
    quoted = good[2].replace("T-2", '"T-2\nsur deux ""lignes"""')
    lines = [
        ",".join(V3_COLUMNS),
        good[0],
        good[1] + ",de,trop",
        '"jamais fermé,1',
        quoted,
        "",
        good[3][:-9],
        good[4],
    ]
    outcome, lake = take(("\n".join(lines) + "\n").encode(), tmp_path, known)
    findings = rows_of(lake, FINDINGS.name).filter(pl.col("rule_code") != "control_character")
    assert findings.select("drop_line", "rule_code").rows() == [
        (3, "ragged_line"),
        (4, "quote_unclosed"),
        (8, "ragged_line"),
    ]
    assert outcome.rows == 6
    # The quoted newline makes a right record, whose id then holds a control character.
    assert set(rows_of(lake)["operator_journey_id"]) == {"T-0", "T-4"}
    assert ("operator_journey_id", "control_character") in outcome.reasons


def test_a_quote_never_closed_costs_its_line_also_across_chunks(tmp_path: Path, known: Known) -> None:
    rows = [
        v3(operator_journey_id=f"T-{n}", driver__identity__operator_user_id="x" * 200) for n in range(9_000)
    ]
    lines = csv_of(rows, V3_COLUMNS).split("\n")
    lines[10] = lines[10].replace("V-1", '"V-1')
    outcome, _ = take("\n".join(lines).encode(), tmp_path, known)
    assert (outcome.accepted, outcome.rejected) == (8_999, 1)
    assert dict(outcome.reasons) == {("ligne", "quote_unclosed"): 1}


def test_same_key_twice_in_one_file(tmp_path: Path, known: Known) -> None:
    columns = (*V3_COLUMNS, "status")
    rows = [v3(), v3(), v3(distance="9900"), v3(distance="9950", status="corrected")]
    outcome, _ = take(csv_of(rows, columns).encode(), tmp_path, known)
    assert (outcome.accepted, outcome.rejected) == (3, 1)
    assert list(outcome.reasons) == [("operator_journey_id", "key_conflict")]


def test_two_stray_quotes_do_not_swallow_the_rows_between_them(tmp_path: Path, known: Known) -> None:
    for number, (opening, closing) in enumerate([('12 "rue du Lac', '12 "rue du Lac'), ('"rue', 'rue"')]):
        rows = csv_of([v2(journey_id=f"T-{n}") for n in range(8)], V2_COLUMNS, ";").split("\n")
        at = V2_COLUMNS.index("passenger.start.literal")
        for line, quote in ((3, opening), (6, closing)):
            cells = rows[line].split(";")
            cells[at] = quote
            rows[line] = ";".join(cells)
        outcome, lake = take("\n".join(rows).encode(), tmp_path / str(number), known)
        assert (outcome.rows, outcome.accepted) == (8, 6)
        assert sorted(rows_of(lake, FINDINGS.name)["drop_line"]) == [4, 7]


def test_euros_do_not_pass_for_cents(tmp_path: Path, known: Known) -> None:
    outcome, _ = take(csv_of([v3(driver__revenue="3.00")], V3_COLUMNS).encode(), tmp_path, known)
    assert dict(outcome.reasons) == {("driver_revenue_cents", "value_unreadable"): 1}


def test_a_phone_in_the_place_of_an_id_is_not_told_back(tmp_path: Path, known: Known) -> None:
    row = v3(operator_journey_id="+33639980009", distance="0")
    _, lake = take(csv_of([row], V3_COLUMNS).encode(), tmp_path, known)
    (lines,) = (lake.drops / "karavane" / "feedback").glob("*.csv")
    assert "39980009" not in lines.read_text()


def test_json_lines_answer_what_is_no_object_and_what_is_unknown(tmp_path: Path, known: Known) -> None:
    extra = JSON_ROW | {"operator_journey_id": "T-2", "plaque": "AA"}
    inner = JSON_ROW | {"operator_journey_id": "T-3", "start": {"lat": 1, "altitude": 2}}
    empty = {"identity": {"phone": "+33639980001", "travel_pass": None}, "revenue": 350}
    fine = JSON_ROW | {"operator_journey_id": "T-4", "driver": empty}
    flat = JSON_ROW | {"operator_journey_id": "T-5", "start": "Annemasse"}
    lines = [*map(json.dumps, (JSON_ROW, extra, inner, fine, flat)), "[1]", "{", '{"operator": "\\ud800"}']
    outcome, _ = take("\n".join(lines).encode(), tmp_path, known)
    assert outcome.accepted == 2
    assert dict(outcome.reasons) == {
        ("ligne", "json_unreadable"): 3,
        ("plaque", "unknown_field"): 1,
        ("start.altitude", "unknown_field"): 1,
        ("start", "value_unreadable"): 1,
    }


def test_every_answer_to_json_names_the_journey_and_the_field_but_no_field_made_of_data(
    tmp_path: Path, known: Known
) -> None:
    rows = [
        JSON_ROW | {"operator_journey_id": "J-1", "incentive_counterparts": []},
        JSON_ROW | {"operator_journey_id": "J-2", "+33639980009": "x", "distance": 1},
        JSON_ROW | {"operator_journey_id": "J-3", "end": "Annemasse"},
    ]
    lines = [*map(json.dumps, rows), '{"operator_journey_id": "J-4", "distance": }', "{}"]
    _, lake = take("\n".join(lines).encode(), tmp_path, known)
    found = rows_of(lake, FINDINGS.name).select("operator_journey_id", "column", "rule_code").rows()
    assert found == [
        ("J-1", "incentive_counterparts", "former_field"),
        ("J-2", "ligne", "unknown_field"),
        ("J-3", "end", "value_unreadable"),
        ("J-4", "ligne", "json_unreadable"),
        (None, "ligne", "row_empty"),
    ]


def test_one_row_in_two_spellings_is_a_duplicate(tmp_path: Path, known: Known) -> None:
    spelt = {
        "start__datetime": "2021-03-01 08:30:00+01",
        "end__datetime": "20210301T080000,0Z",
        "start__lat": "46.19580",
        "driver__identity__phone": "06 39 98 00 01",
        "passenger__seats": "",
        "driver__identity__operator_user_id": "u-1",
    }
    rows = csv_of([v3(), v3(**spelt), v3(**spelt | {"distance": "9801"})], V3_COLUMNS)
    outcome, lake = take(rows.encode(), tmp_path, known)
    assert dict(outcome.reasons) == {("operator_journey_id", "key_conflict"): 1}
    content = rows_of(lake).select(CONTENT)
    assert content.height == 2 and content.n_unique() == 1


@pytest.mark.parametrize("form", ["JSON Lines", "v3", "v2", "v3, two columns", "v2, two columns"])
def test_a_journeys_id_is_enough_to_cancel_it(tmp_path: Path, known: Known, form: str) -> None:
    row = {"operator_journey_id": "T-1", "status": "cancelled"}
    of_v2 = {"journey_id": "T-1", "status": "cancelled"}
    files = {
        "JSON Lines": json.dumps(row),
        "v3": csv_of([row], (*V3_COLUMNS, "status")),
        "v2": csv_of([of_v2], (*V2_COLUMNS, "status"), ";"),
        "v3, two columns": csv_of([row], ("operator_journey_id", "status")),
        "v2, two columns": csv_of([of_v2], ("journey_id", "status"), ";"),
    }
    outcome, lake = take(files[form].encode(), tmp_path, known)
    assert (outcome.accepted, dict(outcome.reasons)) == (1, {})
    assert rows_of(lake).is_empty()
    assert rows_of(lake, "cancellations")["operator_journey_id"].to_list() == ["T-1"]


def test_a_file_of_cancellations_holds_nothing_else(tmp_path: Path, known: Known) -> None:
    rows = [
        {"operator_journey_id": "T-1", "status": "new"},
        {"operator_journey_id": "", "status": "cancelled"},
    ]
    outcome, _ = take(csv_of(rows, ("operator_journey_id", "status")).encode(), tmp_path, known)
    assert dict(outcome.reasons) == {
        ("status", "value_unknown"): 1,
        ("operator_journey_id", "value_missing"): 1,
    }


def test_words_for_nothing_name_nobody(tmp_path: Path, known: Known) -> None:
    people = {"driver.identity.email": "undefined", "driver.identity.lastname": "(null)"}
    _, lake = take(csv_of([V2_ROW | people], V2_COLUMNS).encode(), tmp_path, known)
    assert rows_of(lake, "identities").select("email", "lastname").null_count().row(0) == (2, 2)


def test_a_truncated_phone_and_the_operators_id_identify_one_person_of_one_operator(
    tmp_path: Path, known: Known
) -> None:
    trunc = {"driver__identity__phone": "", "driver__identity__phone_trunc": "06399800"}
    rows = [
        v3(operator_journey_id=str(n), driver__identity__operator_user_id=user, **trunc)
        for n, user in enumerate("aab")
    ]
    _, lake = take(csv_of(rows, V3_COLUMNS).encode(), tmp_path, known)
    keys = rows_of(lake).sort("drop_row")["driver_identity_key"].to_list()
    assert keys[0] == keys[1] != keys[2]


def test_feedback_never_repeats_a_value_nor_holds_a_formula(tmp_path: Path, known: Known) -> None:
    rows = [
        v3(operator_journey_id="=cmd|'/c calc'!A1", driver__identity__phone="+33 639 98 SECRET"),
        v3(operator_journey_id="@SUM(A1)", passenger__identity__phone="SECRET", distance="SECRET"),
    ]
    _, lake = take(csv_of(rows, V3_COLUMNS).encode(), tmp_path, known)
    (lines,) = (lake.drops / "karavane" / "feedback").glob("*.csv")
    (summary,) = (lake.drops / "karavane" / "feedback").glob("*.json")
    assert "SECRET" not in lines.read_text() + summary.read_text()
    cells = pl.read_csv(lines, separator=";")["operator_journey_id"].unique()
    assert cells.str.starts_with("'").all()


def test_every_row_rule_has_an_example_above() -> None:
    told = Path(__file__).read_text("utf-8")
    assert [rule.code for rule in ROW_RULES if f'"{rule.code}"' not in told] == []
    assert {"insee_disagrees", "id_used_again", "cancellation_unknown"} <= set(RULES)
