"""When a step fails, what is kept of its error says where and why, and repeats no cell."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from dagster_project.defs.failures import tells_no_value, without_values
from dagster_project.defs.resources import Night
from dagster_project.errors import DocumentError
from dagster_project.lake.encryption import Database
from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache, dbt_run
from dagster_project.warehouse.dbt_run import BuildError

from .conftest import dagster_of, use

PHONE = "33639980123"


def _files_with_phone(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and PHONE.encode() in file.read_bytes()]


def _duckdb() -> None:
    duckdb.sql(f"select cast('+{PHONE}x' as integer)").fetchall()


def test_uncaught_errors_leave_their_kind_in_dagsters_files_and_no_value(tmp_path: Path) -> None:
    lake = use(tmp_path)

    @dg.asset
    @tells_no_value
    def of_duckdb() -> dg.MaterializeResult:
        _duckdb()
        return dg.MaterializeResult()

    @dg.multi_asset(specs=[dg.AssetSpec("polars")])
    @tells_no_value
    def of_polars() -> Iterator[dg.MaterializeResult]:
        pl.Series("phone", [f"+{PHONE}x"]).cast(pl.Int64)
        yield dg.MaterializeResult()

    @dg.asset
    @tells_no_value
    def with_a_cause() -> None:
        try:
            _duckdb()
        except duckdb.Error as error:
            raise KeyError(PHONE) from error

    @dg.asset
    @tells_no_value
    def upon_another() -> None:
        try:
            _duckdb()
        except duckdb.Error:
            raise dg.Failure("told")  # noqa: B904 -- what it was raised upon is not to be kept

    steps = [of_duckdb, of_polars, with_a_cause, upon_another]
    with dagster_of(Lake()) as instance:
        result = dg.materialize(steps, instance=instance, raise_on_error=False)
    told = {
        event.step_key: event.step_failure_data.user_failure_data.description
        for event in result.all_events
        if event.is_step_failure
    }
    assert "duckdb.ConversionException" in told["of_duckdb"] and "Remedy" in told["of_duckdb"]
    assert "InvalidOperationError" in told["of_polars"] and "KeyError" in told["with_a_cause"]
    assert list(lake.dagster.rglob("*.db")) and not _files_with_phone(tmp_path)


def test_our_own_errors_and_failures_are_told_whole_and_others_by_their_place(tmp_path: Path) -> None:
    for ours in (DocumentError("the journeys lack seats"), dg.Failure("take the file away")):
        with pytest.raises(dg.Failure, match=r"lack seats|file away"), without_values():
            raise ours
    lake = use(tmp_path)
    for error, told in (
        (
            OSError(errno.ENOSPC, "full", PHONE),
            r"OSError \(No space left on device\) .* MB free\. Remedy: make room",
        ),
        (
            PermissionError(errno.EACCES, "no", lake.exports / "pmgf"),
            r"exports/pmgf\. Remedy: give it to the user",
        ),
        (
            OSError(errno.EIO, "bad", lake.drops / PHONE),
            r"\(Input/output error\) .*code\. Remedy: look at the disk",
        ),
        (duckdb.OutOfMemoryException(f"failed to pin\n{PHONE}"), r"failed to pin\. .* MB free"),
        (duckdb.IOException(f"cannot open {lake.zone('active')}"), r"lake/active\. .* MB free"),
        (
            duckdb.IOException(f'cannot open "{lake.cache_file}": Permission denied'),
            r"entrepot\.duckdb.* denied\. Remedy: give it to the user",
        ),
        (duckdb.IOException(f"cannot open {lake.drops / PHONE}"), r"code\. .* MB free"),
    ):
        with pytest.raises(dg.Failure, match=told) as failure, without_values():
            raise error
        assert PHONE not in str(failure.value)
    (tmp_path / PHONE).touch()
    with (
        pytest.raises(dg.Failure, match=r"NotADirectoryError .* at lake/store") as failure,
        without_values(),
    ):
        Lake(tmp_path / PHONE).write_catalogue({"x": pl.DataFrame()})
    assert PHONE not in str(failure.value)


def test_what_the_resource_meets_is_told_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def lock(lake: Lake, wait_s: float, holder: str) -> Iterator[None]:
        raise ValueError(PHONE)
        yield

    monkeypatch.setattr(Lake, "lock", lock)
    with pytest.raises(dg.Failure) as failure, Night().yield_for_execution(dg.build_init_resource_context()):
        pass
    assert "ValueError" in str(failure.value) and PHONE not in str(failure.value)


def test_a_model_that_casts_a_phone_leaves_it_in_no_file_of_dbt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "macros").mkdir()
    (project / "tests").mkdir()
    for name in ("dbt_project.yml", "profiles.yml"):
        (project / name).write_text((dbt_run.FOLDER / name).read_text("utf-8"), "utf-8")
    (project / "models" / "toy.sql").write_text(
        "{{ config(materialized='table') }}\nselect\n  cast(phone as integer) as n\nfrom entrepot.given.rows"
    )
    (project / "models" / "older.sql").write_text("select phones from entrepot.given.rows")
    monkeypatch.setattr(dbt_run, "FOLDER", project)
    monkeypatch.setattr(dbt_run, "_parsed", [])
    database = Database(tmp_path / "entrepot.duckdb", bytes(32))
    with database.open() as connection:
        cache.load(connection, {"given": {"rows": pl.DataFrame({"phone": [f"+{PHONE}\nLINE 7: x{PHONE}"]})}})
    (tmp_path / "out" / "target").mkdir(parents=True)
    (tmp_path / "out" / "target" / "run_results.json").write_text(PHONE)  # an older version's
    with pytest.raises(BuildError, match="toy") as failure:
        cache.run_models(database, tmp_path / "out", ["toy", "older"])
    assert PHONE not in f"{failure.value} {failure.value.results} {capfd.readouterr()}"
    assert "toy (error: Conversion Error at: cast(phone as integer) as n)" in str(failure.value)
    missing = 'Binder Error: Referenced column "phones" not found in FROM clause!'
    assert f"older (error: {missing} at: select phones from entrepot.given.rows)" in str(failure.value)
    assert list((tmp_path / "out" / "target").iterdir()) and not _files_with_phone(tmp_path)
