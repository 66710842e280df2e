"""A lake of an older version: refused with the command that migrates it, and what was closed stays."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from dagster_project.cli import main as cli
from dagster_project.contracts.lake_tables import DROPS, JOURNEYS
from dagster_project.contracts.ledger import CLOSINGS
from dagster_project.lake import encryption, schema
from dagster_project.lake.migration import migrate
from dagster_project.lake.store import Lake
from dagster_project.runner.night import run_night

from .conftest import LAKES, kill_at, unpacked


def _write(lake: Lake, file: Path, rows: pl.DataFrame) -> None:
    """As an older version did, in the active zone."""
    key = lake.key("active")
    with encryption.parquet(key) as connection:
        connection.register("rows", rows)
        encryption.write(connection, "rows", file, key)


def _mark(lake: Lake, change: Callable[[dict[str, str]], object]) -> None:
    mark = lake.zone("") / "SCHEMA.json"
    tables = json.loads(mark.read_text("utf-8"))
    change(tables["journeys"])
    mark.write_text(json.dumps(tables), "utf-8")


def _run(*command: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, command)
    return result.exit_code, result.output


@pytest.mark.parametrize("archive", LAKES, ids=lambda archive: archive.name.removesuffix(".tar.xz"))
def test_a_lake_of_each_released_version_goes_on(archive: Path, tmp_path: Path) -> None:
    lake = unpacked(tmp_path, archive)
    closed = lake.read(CLOSINGS)
    assert closed.height and _run("migrate")[0] == 0
    assert not run_night(date(2021, 5, 4)).failures
    assert_frame_equal(lake.read(CLOSINGS).head(closed.height), closed, check_exact=True)
    assert _run("ledger", "verify")[0] == 0


def test_other_columns_are_refused_and_given_by_a_command_that_may_be_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = unpacked(tmp_path)
    before = lake.read(JOURNEYS).sort(pl.all())
    files = sorted(lake.folder(JOURNEYS).rglob("*.parquet"))
    name = next(name for name, one in JOURNEYS.columns.items() if one.nullable)
    assert len(files) > 3
    for file in files:
        _write(lake, file, before.head(2).drop(name).with_columns(was=pl.lit("x")))
    _mark(lake, lambda columns: columns.pop(name) and columns.update(was="String"))
    code, said = _run("nightly", "--date", "2021-05-04")
    assert code == 1 and f"journeys.{name} is new; journeys.was is no more" in said
    assert "entrepot migrate" in said
    with monkeypatch.context() as patch:
        kill_at(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            migrate(lake)
    assert _run("nightly", "--date", "2021-05-04")[0] == 1
    code, said = _run("migrate")
    assert code == 0 and "journeys: " in said
    expected = before.head(2).with_columns(pl.lit(None, before.schema[name]).alias(name))
    assert_frame_equal(lake.read(JOURNEYS), pl.concat([expected] * len(files)), check_exact=True)
    schema.check(lake)


def test_what_no_added_column_makes_right_is_told_and_touches_no_file(tmp_path: Path) -> None:
    lake = unpacked(tmp_path)
    file = next(lake.folder(DROPS).glob("*.parquet"))
    _write(lake, file, lake.rows(DROPS, [file]).drop("sha256"))
    closing = next(lake.folder(CLOSINGS).glob("*.parquet"))
    pl.read_parquet(closing).with_columns(more=1).write_parquet(closing)
    _mark(lake, lambda columns: columns.clear())
    content = {path: path.read_bytes() for path in lake.zone("").rglob("*") if path.is_file()}
    code, said = _run("migrate")
    assert code == 1 and "closings is held by the hashes" in said and "drops.sha256 is new" in said
    assert content == {path: path.read_bytes() for path in content}
