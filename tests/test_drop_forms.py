"""The forms of a drop: instants against Python's own reading, and the published schema against the reader."""

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import polars as pl
import pytest

from dagster_project.contracts.lake_tables import FINDINGS, TABLES
from dagster_project.contracts.layouts import V3
from dagster_project.contracts.published_schemas import json_schema
from dagster_project.drops.instants import instants
from tests.support.drop_rows import JSON_ROW, take

from .conftest import make_known

# What the schema promises: a row that it admits may still break a rule on what the values mean.
FORM = {
    *("json_unreadable", "unknown_field", "former_field", "row_empty", "value_missing", "value_unreadable"),
    *("value_out_of_range", "value_unknown", "time_without_zone", "incentives_unreadable"),
    *("incentive_out_of_range", "identity_missing", "position_missing"),
}
ONE = {"index": 0.0, "siret": "89912345900013", "amount": 200}
VALUES: tuple[Any, ...] = (
    *(None, "", " ", "x", "T-1", "new", "corrected", "C", "D", True, 0, 1, 1.0, -1, 2.5, 1e3, 1e300, 46.1, 9),
    *("2021-03-01T07:30:00Z", "20210301T073000,5+01", "2021-03-01 08:30+0100", "2021-03-01T07:30:00"),
    *("2021-3-1T07:30:00Z", "2021-W09-1T07:30:00Z", "2021-03-01T24:00:00Z", "+33639980003", "a" * 64),
    *({}, {"lat": 46.1}, [], [1], [ONE], [ONE | {"amount": 1.5}], [ONE | {"type": "é" * 64}]),
)


def _text(random: Random) -> str:
    """A date, a time and an offset, in forms of which some are ISO 8601's."""
    month, day, hour = (
        random.choice([1, 2, 12, 13]),
        random.choice([0, 1, 28, 31, 32]),
        random.choice([0, 7, 23, 24]),
    )
    minute, second = random.choice([0, 30, 59, 60]), random.choice([0, 59, 60])
    dash, colon, width = (
        random.choice(["-", "-", ""]),
        random.choice([":", ":", ""]),
        random.choice([2, 2, 2, 1]),
    )
    seconds = random.choice(
        [
            "",
            f"{colon}{second:02}",
            f"{colon}{second:02}{random.choice('.,')}{'1234567891'[: random.randrange(11)]}",
        ]
    )
    offset = random.choice(
        ["Z", "z", "", "+02", "-0430", "+02:00", " +02:00", "+24:00", "+02:60", "-00", "UTC"]
    )
    clock = f"{hour:0{width}}{colon}{minute:02}{seconds}"
    between = random.choice(["T", "T", "t", " ", "_", "  "])
    return f"2021{dash}{month:0{width}}{dash}{day:02}{between}{clock}{offset}"


def test_an_instant_that_is_accepted_is_the_one_that_python_reads() -> None:
    random = Random(8601)
    texts = [*dict.fromkeys(_text(random) for _ in range(20_000))]
    found = dict(zip(texts, instants(pl.Series(texts)), strict=True))
    read = {text: one for text, one in found.items() if one}
    assert 300 < len(read) < len(texts) / 2
    assert read == {text: datetime.fromisoformat(text.upper()).astimezone(UTC) for text in read}
    pattern = json_schema(V3)["properties"]["start"]["properties"]["datetime"]["pattern"]
    shaped = {text for text in texts if jsonschema.Draft202012Validator({"pattern": pattern}).is_valid(text)}
    # The pattern cannot tell how many days a month has; nothing else lies between the two.
    assert set(read) <= shaped and [text for text in shaped - set(read) if "31" not in text] == []


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        *((text, True) for text in ("2021-05-03 06:30:00+00", "2021-05-03T08:30:00+02", "20210503T063000Z")),
        *(
            (text, True)
            for text in ("2021-05-03T06:30:00,0Z", "2021-05-03T06:30Z", "2021-05-03T01:00:00-0530")
        ),
        *((text, False) for text in ("2021-5-3T6:30:00Z", "2021-05-03T063000Z", "20210503T06:30:00Z")),
        *((text, False) for text in ("2021-05-03T24:00:00Z", "2021-05-03T23:59:60Z", "2021-W18-1T06:30:00Z")),
        *((text, False) for text in ("2021-123T06:30:00Z", "2021-02-29T06:30:00Z", "2021-05-03T06Z")),
    ],
)
def test_what_the_guide_says_of_instants_holds(text: str, is_read: bool) -> None:
    assert (instants(pl.Series([text]))[0] == datetime(2021, 5, 3, 6, 30, tzinfo=UTC)) is is_read


def _places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = (
        [one for key, below in value.items() for one in _places(below, (*path, key))]
        if isinstance(value, dict)
        else []
    )
    return [*inner, path] if path else inner


def _changed(random: Random, number: int) -> dict[str, Any]:
    """The guide's row with a few fields changed, left out or added."""
    row = json.loads(json.dumps(JSON_ROW)) | {"operator_journey_id": f"T-{number}"}
    for _ in range(random.choice([1, 1, 2, 3])):
        *parents, leaf = random.choice([*_places(row), ("status",), ("driver", "identity", "phone_trunc")])
        inner = row
        for part in parents:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner[leaf] = random.choice(VALUES)
            if random.random() < 0.1:
                del inner[leaf]
    return row | ({"status": "cancelled"} if random.random() < 0.1 else {})


@pytest.mark.slow
def test_what_the_published_schema_admits_the_reader_takes(tmp_path: Path) -> None:
    random = Random(2020_12)
    rows = [_changed(random, number) for number in range(4_000)]
    validator = jsonschema.Draft202012Validator(json_schema(V3))
    admitted = [number for number, row in enumerate(rows, 1) if validator.is_valid(row)]
    assert 300 < len(admitted) < 2_000
    _, lake = take("\n".join(map(json.dumps, rows)).encode(), tmp_path, make_known(frozenset({"karavane"})))
    found = lake.read(TABLES[FINDINGS.name]).filter(
        pl.col("drop_line").is_in(admitted) & pl.col("rule_code").is_in(list(FORM))
    )
    assert found.is_empty(), [
        (rows[line - 1], *told) for line, *told in found.select("drop_line", "column", "rule_code").rows()
    ][:3]
