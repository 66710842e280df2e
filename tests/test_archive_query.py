"""`entrepot archive` answers questions on the archive: no other file is read, none is written."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project.cli import main as cli
from dagster_project.contracts.archive import ARCHIVED_JOURNEYS

from .conftest import use


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one row, beside a drop and the keys."""
    lake = use(tmp_path_factory.mktemp("home"))
    row = dict.fromkeys(ARCHIVED_JOURNEYS.columns) | {"month_on": date(2021, 3, 1), "step": 7, "journeys": 6}
    row |= {"origin_code": "a", "destination_code": "b", "month": "2021-03"}
    schema = ARCHIVED_JOURNEYS.empty.schema | {"month": pl.String}
    lake.write(ARCHIVED_JOURNEYS, pl.DataFrame([row], schema=schema), "2021-03")
    lake.drops.mkdir()
    (lake.drops / "x.csv").write_text("phone\n+33639980101\n")
    return lake.home


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("select sum(journeys) as n from archived_journeys;", "n\n6\n"),
        ("with w as (from archived_journeys) select count(*) as n from w", "n\n1\n"),
        ("select count(*) as n from archived_carpoolers", "n\n0\n"),
        ("from (pivot archived_journeys on step in (7) using sum(journeys) group by month_on)", "6\n"),
    ],
)
def test_one_select_is_answered_as_csv(home: Path, sql: str, answer: str) -> None:
    use(home)
    outcome = CliRunner().invoke(cli.main, ["archive", sql])
    assert outcome.exit_code == 0 and outcome.output.endswith(answer), outcome.output


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("copy archived_journeys to '{archive}/w.csv'", "one SELECT"),
        ("explain analyze copy archived_journeys to '{archive}/w.csv'", "one SELECT"),
        ("export database '{archive}/e'", "one SELECT"),
        ("attach '{archive}/other.db' as other", "one SELECT"),
        ("pragma enable_profiling", "one SELECT"),
        ("pragma add_parquet_key('a', 'b')", "one SELECT"),
        ("set memory_limit = '1GB'", "one SELECT"),
        ("drop table archived_journeys", "one SELECT"),
        ("select 1; select 2", "one SELECT"),
        ("", "one SELECT"),
        ("from read_text('{home}/keys/archive.key')", "reaches no file"),
        ("from read_text('/etc/passwd')", "reaches no file"),
        ("from read_blob('{archive}/../active/**')", "reaches no file"),
        ("from glob('{home}/**')", "reaches no file"),
        ("from read_csv('{home}/drops/x.csv')", "reaches no file"),
        ("from '/etc/passwd'", "/etc/passwd does not exist"),
        ("from read_text('http://127.0.0.1:1/')", "reaches no file"),
        ("from query('copy archived_journeys to ''{archive}/w.csv''')", "single SELECT"),
        ("from empty", "does not exist"),  # a frame of ours
        ("selec 1", "syntax error"),
    ],
)
def test_a_query_on_the_archive_reads_no_file_and_writes_none(home: Path, sql: str, told: str) -> None:
    use(home)
    before = sorted(home.rglob("*"))
    asked = sql.format(archive=home / "lake" / "archive", home=home)
    outcome = CliRunner().invoke(cli.main, ["archive", asked])
    assert outcome.exit_code == 1 and told in outcome.output
    assert sorted(home.rglob("*")) == before


def test_even_a_select_that_logs_writes_no_file_beside_the_archive(home: Path) -> None:
    use(home)
    archive = home / "lake" / "archive"
    # DuckDB lets a locked session log to a folder that it may read: the archive's would be written to.
    asked = f"from enable_logging('QueryLog', storage_path = '{archive}/log')"
    command = [sys.executable, "-m", "dagster_project.cli.main", "archive", asked]
    subprocess.run(command, check=False, capture_output=True)  # the engine may well give up
    assert not (archive / "log").exists()
