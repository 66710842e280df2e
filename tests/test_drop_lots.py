"""Files that are judged and written together are to the byte what each of them is alone."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dagster_project.contracts.lake_tables import (
    ANSWERS,
    CANCELLATIONS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    REJECTED_ROWS,
    Table,
)
from dagster_project.contracts.layouts import V3_COLUMNS
from dagster_project.drops.batches import batches, inspect
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest, ingest_all
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.taken import ChangedDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from tests.support.drop_rows import JSON_ROW, csv_of, v3
from tests.support.mixed_drops import NIGHT, SPEC, delivered

from .conftest import make_known

TABLES = (DROPS, JOURNEYS, CANCELLATIONS, IDENTITIES, FINDINGS, REJECTED_ROWS, ANSWERS)
Files = dict[str, list[object]]


def made(lake: Lake) -> dict[str, Files | dict[str, bytes]]:
    """Each file of the lake with its rows in their order, each answer with its bytes."""

    def rows(table: Table) -> Files:
        files = sorted(lake.folder(table).rglob("*.parquet"))
        return {
            str(file.relative_to(lake.home)): list(lake.rows(table, [file]).iter_rows()) for file in files
        }

    answers = {str(file.relative_to(lake.drops)): file.read_bytes() for file in lake.drops.glob("*/*/*.*")}
    gone = {str(file.relative_to(lake.drops)): b"" for file in lake.drops.glob("*/processed/*/*")}
    return {table.name: rows(table) for table in TABLES} | {"folders": answers | gone}


def test_files_taken_together_leave_what_each_leaves_alone(tmp_path: Path) -> None:
    known = make_known(frozenset({*SPEC.operators, "karavane", "alpimob"}), chunk_bytes=1 << 17)
    alone, offers = delivered(tmp_path / "alone")
    results = {one.label: ingest(one, alone, known, NIGHT, Troubles()) for one in offers}
    together, offers = delivered(tmp_path / "together")
    taken = [result for _, result in ingest_all(offers, together, known, NIGHT, Troubles())]
    assert len(taken) == len(results) and [one for one in taken if not isinstance(one, Outcome)] == []
    left = made(together)
    assert [name for name, of_alone in made(alone).items() if left[name] != of_alone] == []
    assert not claim(together.drops, Troubles()) and not list(together.scratch.iterdir())
    codes = {row[6] for rows in left["findings"].values() for row in rows}
    assert {"key_conflict", "id_doubtful", "in_the_future", "value_missing", "ragged_line"} <= codes
    lasts = {str(name).rpartition("-")[2] for name in left["journeys"]}
    assert lasts == {"00000.parquet", "00001.parquet"}  # a file in pieces between the others


def test_what_hinders_one_file_hinders_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = make_known(frozenset({"a", "b", "c"}), 1 << 24)
    lake = Lake(tmp_path)
    for operator in "abc":
        incoming = lake.drops / operator / "incoming"
        incoming.mkdir(parents=True)
        (incoming / "t.csv").write_text(
            csv_of([v3(), v3(operator_journey_id="T-2", distance="")], V3_COLUMNS)
        )
    real = Lake.write_parts

    def failing(self: Lake, table: Table, rows: pl.DataFrame) -> None:
        if table is FINDINGS and "b" in rows["operator_id"]:
            raise OSError(28, "no space left")
        real(self, table, rows)

    def night() -> dict[str, Outcome | Exception]:
        taken = ingest_all(offers, lake, known, NIGHT, Troubles())
        return {offer.operator_id: result for offer, result in taken}

    monkeypatch.setattr(Lake, "write_parts", failing)
    offers = claim(lake.drops, Troubles())
    (lake.drops / "c" / "incoming" / "t.csv").write_text("still growing")
    results = night()
    assert isinstance(results["a"], Outcome) and results["a"].accepted == 1
    assert isinstance(results["b"], OSError) and isinstance(results["c"], ChangedDropError)
    assert lake.read(DROPS)["operator_id"].to_list() == ["a"]
    monkeypatch.undo()
    half = next(lake.folder(JOURNEYS).glob("*/b-*-00000.parquet"))  # as of a file of many pieces
    os.link(half, half.with_name(half.name.replace("-00000", "-00007")))
    offers = claim(lake.drops, Troubles())
    assert [result for result in night().values() if not isinstance(result, Outcome)] == []
    assert lake.read(JOURNEYS)["operator_id"].sort().to_list() == ["a", "b"]
    refused = lake.read(DROPS).sort("operator_id")["refused_code"]
    assert refused.to_list() == [None, None, "file_unknown_header"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_that_does_not_end_its_last_line_is_judged_at_once(tmp_path: Path, form: str) -> None:
    rows = [v3(operator_journey_id=f"T-{n}") for n in range(3)]
    objects = [json.dumps(JSON_ROW | {"operator_journey_id": f"T-{n}"}) for n in range(3)]
    file = tmp_path / f"a.{form}"
    file.write_text(csv_of(rows, V3_COLUMNS).rstrip("\n") if form == "csv" else "\n".join(objects))
    assert [batch.rows["drop_row"].to_list() for batch in batches(inspect(file), 1 << 16)] == [[1, 2, 3]]


def test_rows_of_a_part_keep_their_order_whoever_they_are_written_with(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    parts = [f"p{number:02d}" for number in range(40)]  # DuckDB takes 2 048 rows at a time, of seven parts
    origin = {"drop_id": "a-1", "business_date": NIGHT, "dropped_at": datetime(2021, 3, 1, tzinfo=UTC)}
    rows = pl.DataFrame(
        [
            origin | {"drop_row": row, "operator_id": "a", "operator_journey_id": "T", "part": part}
            for part in parts
            for row in range(1, 301)
        ],
        schema={**CANCELLATIONS.empty.schema, "part": pl.String},
    )
    lake.write_parts(CANCELLATIONS, rows)
    for part in parts:
        assert lake.read(CANCELLATIONS, part)["drop_row"].to_list() == list(range(1, 301))
