"""The fallback of CONVENTION article 5: a file is judged as by a night; its journeys stay the same ones."""

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from polars.testing import assert_frame_equal

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.dossier import Absence
from dagster_project.cli.main import main
from dagster_project.contracts.authority import AUTHORITY_JOURNEYS
from dagster_project.contracts.documents import GUIDE
from dagster_project.contracts.lake_tables import ANSWERS, CANCELLATIONS, DROPS, FINDINGS, JOURNEYS
from dagster_project.contracts.layouts import V3_COLUMNS
from dagster_project.drops.alone import read_alone
from dagster_project.drops.answers import feedback
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest, ingest_all
from dagster_project.drops.known import known_of
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.troubles import Troubles
from dagster_project.fallback import _as_dated, check_file
from dagster_project.reports.authority.export import FOLDER
from dagster_project.settings import PROJECT
from dagster_project.warehouse import cache
from tests.support.drop_rows import csv_of, v3
from tests.support.mixed_drops import NIGHT, SPEC, delivered

from .conftest import make_known, use
from .support.deliveries import run_models
from .support.nights import run_steps

DAY = date(2021, 3, 2)
_ALONE_HERE = {"journey_id", "operator_journey_id", "passenger.id", "driver.id"}  # each run has its own
PHONES = ("+33639980001", "+33639980002")


def fall_back(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["fallback", *map(str, arguments)])


def written(folder: Path, rows: list[dict[str, str]], name: str = "trajets.csv") -> Path:
    file = folder / name
    file.write_text(csv_of(rows, V3_COLUMNS))
    noon = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC).timestamp()
    os.utime(file, (noon, noon))
    return file


def some(count: int) -> list[dict[str, str]]:
    """Journeys of one car each, half an hour apart and of persons of their own."""
    return [
        v3(
            operator_journey_id=f"T-{n}",
            operator_trip_id=f"V-{n}",
            driver__identity__phone=f"+336399801{n:02}",
            passenger__identity__phone=f"+336399802{n:02}",
        )
        for n in range(count)
    ]


def test_every_file_is_read_and_answered_as_by_a_night(tmp_path: Path) -> None:
    known = make_known(frozenset({*SPEC.operators, "karavane", "alpimob"}), chunk_bytes=1 << 17)
    lake, offers = delivered(tmp_path / "home")
    answered = set()
    for offer in offers:
        scratch = tmp_path / f"scratch-{offer.inode}"
        scratch.mkdir()
        outcome, read = read_alone(offer.path, offer.operator_id, known, NIGHT, scratch)
        by_night = ingest(offer, lake, known, NIGHT, Troubles())
        if by_night.is_known:
            continue
        drop_id = outcome.drop.drop_id
        assert replace(outcome, refused=None) == replace(by_night, refused=None)
        for table in (JOURNEYS, CANCELLATIONS, FINDINGS, DROPS):
            in_lake = lake.read(table).filter(drop_id=drop_id).sort("drop_id", *_order(table))
            alone = read[table.name].select(in_lake.columns).sort("drop_id", *_order(table))
            assert alone.equals(in_lake), (offer.path.name, table.name)
        (answer,) = lake.read(ANSWERS).filter(drop_id=drop_id, file_name=offer.path.name)["answer"]
        assert feedback.summary(outcome) == json.loads(answer)
        answered.add(outcome.refused.code if outcome.refused else outcome.layout)
    assert {
        "v2",
        "v3",
        "file_empty",
        "file_unknown_header",
        "operator_mismatch",
        "operator_unknown",
    } <= answered


def _order(table: object) -> list[str]:
    return {FINDINGS.name: ["drop_row", "column", "rule_code"], DROPS.name: []}.get(table.name, ["drop_row"])  # type: ignore[attr-defined]


@pytest.mark.slow
def test_what_falls_back_comes_again_as_the_same_journeys(tmp_path: Path) -> None:
    rows = [*some(6), v3(operator_journey_id="T-9", operator_class="Z"), some(1)[0]]
    file, out = written(tmp_path, rows), tmp_path / "secours"
    told = fall_back(file, "--operator", "karavane", "--authority", "pmgf", "--out", out)
    assert told.exit_code == 1, told.output
    (answer_file,) = out.glob("*.json")
    alone = json.loads(answer_file.read_text())

    lake = use(tmp_path / "home")
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / file.name).write_bytes(file.read_bytes())
    os.utime(incoming / file.name, (file.stat().st_mtime,) * 2)
    run_steps(DAY)
    by_night = json.loads((lake.drops / "karavane" / "feedback" / answer_file.name).read_text())
    assert by_night.items() <= alone.items()
    lines = answer_file.with_suffix(".csv").name
    told_of = set(pl.read_csv(out / lines, separator=";")["documentation"])
    assert [link for link in told_of if not (out / link.partition("#")[0]).is_file()] == []
    assert (out / lines).read_bytes() == (lake.drops / "karavane" / "feedback" / lines).read_bytes()

    shown, of_registry = (
        pl.read_parquet(folder / "pmgf" / FOLDER / "territoire" / "2021-03.parquet")
        for folder in (out, lake.exports)
    )
    assert shown.columns == of_registry.columns == list(AUTHORITY_JOURNEYS.columns)
    seen = [name for name in shown.columns if name not in _ALONE_HERE]
    assert shown.height == 6 == alone["trajets_du_territoire"]
    assert_frame_equal(shown.select(seen).sort(seen), of_registry.select(seen).sort(seen), check_exact=True)
    assert set(shown["journey_id"]).isdisjoint(of_registry["journey_id"])
    forms = {one.name for one in (out / "pmgf" / FOLDER / "territoire").iterdir()}
    assert forms == {one.name for one in (lake.exports / "pmgf" / FOLDER / "territoire").iterdir()}

    # The same journeys, one by one as by the API, and the same bytes once more: nothing is doubled.
    again = "".join(csv_of([row], V3_COLUMNS).split("\n", 1)[1] for row in rows[::-1])
    (incoming / "api.csv").write_text(",".join(V3_COLUMNS) + "\n" + again)
    (incoming / "encore.csv").write_bytes(file.read_bytes())
    known = known_of(catalogue.operators(PROJECT / "data"), lake.secret("identity"))
    for _, taken in ingest_all(claim(lake.drops, Troubles()), lake, known, date(2021, 3, 3), Troubles()):
        assert isinstance(taken, Outcome), taken
    run_models(lake, date(2021, 3, 3), "+active")
    with cache.reading(lake, building=True) as connection:
        journeys = connection.sql("select operator_id, operator_journey_id from active.journeys").fetchall()
        (revised,) = connection.sql("select sum(corrections) from active.drop_accounts").fetchall()[0]
    assert sorted(journeys) == [("karavane", f"T-{n}") for n in range(6)] and not revised


@pytest.mark.slow
def test_it_runs_on_any_machine_and_leaves_files_in_out_alone(tmp_path: Path) -> None:
    home, temporary, folder = (tmp_path / name for name in ("home", "tmp", "folder"))
    for one in (home, temporary, folder):
        one.mkdir()
    file = folder / "trajets.csv.gz"
    rows = [v3(), v3(operator_journey_id="T-2", end__datetime="")]
    file.write_bytes(gzip.compress(csv_of(rows, V3_COLUMNS).replace("\n", "\r\n").encode()))
    before = _of_project()
    run = (
        "import sys\nfrom dagster_project.cli.main import main\n"
        "try:\n    main()\nfinally:\n    assert 'dagster' not in sys.modules"
    )
    options = ["--operator", "karavane", "--authority", "pmgf", "--date", "2021-03-02", "--out", "out"]
    environment = {"HOME": str(home), "TMPDIR": str(temporary), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", run, "fallback", file.name, *options],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "1 acceptée(s), 1 rejetée(s)" in done.stdout and "1 trajet(s) du territoire" in done.stdout
    assert not list(home.iterdir()) and not list(temporary.iterdir())
    assert sorted(folder.iterdir()) == [folder / "out", file]
    assert _of_project() == before
    said = done.stdout + done.stderr + "".join(one.read_text() for one in (folder / "out").glob("trajets*"))
    assert [value for value in (*PHONES, "46.1958", "07:30") if value in said] == []
    shown = (folder / "out" / "pmgf" / FOLDER / "territoire" / "2021-03.csv").read_bytes()
    assert shown.startswith(b"\xef\xbb\xbf") and b"46,195;6,235" in shown and b"T-1" not in shown


def _of_project() -> set[Path]:
    """What a run may have left where it has no home: the default one, dbt's artifacts."""
    return {path for folder in ("data", "dbt") for path in (PROJECT / folder).rglob("*")}


@pytest.mark.slow
def test_an_authority_without_access_gets_no_journeys(tmp_path: Path) -> None:
    day = date(2021, 2, 21)  # the last one before its production
    rows = [v3(start__datetime="2021-02-20T07:30:00Z", end__datetime="2021-02-20T08:00:00Z")]
    result = check_file(written(tmp_path, rows), "karavane", "pmgf", day, tmp_path / "out")
    assert not result.is_good and result.answer["lignes_rejetees"] == 0
    assert result.answer["acces_ferme"].startswith("candidature")
    assert {one.name for one in (tmp_path / "out").iterdir()} == {result.file.name, GUIDE}


def test_a_file_that_is_none_is_answered_and_what_cannot_be_checked_is_told(tmp_path: Path) -> None:
    file, out = tmp_path / "bruit.csv", tmp_path / "out"
    file.write_bytes(bytes(range(256)))
    refused = fall_back(file, "--operator", "karavane", "--date", "2021-03-02", "--out", out)
    assert refused.exit_code == 1 and "Fichier refusé, file_not_text" in refused.output
    (answer,) = out.glob("*.json")
    assert json.loads(answer.read_text())["refus"]["code"] == "file_not_text"
    for arguments, words in (
        ([tmp_path / "absent.csv", "--operator", "karavane"], "n’existe pas"),
        ([tmp_path, "--operator", "karavane"], "n’est pas un fichier"),
        ([file, "--operator", "karavan"], "identifiant d’opérateur inconnu"),
        ([file, "--operator", "karavane", "--authority", "pgmf"], "identifiant d’autorité inconnu"),
        ([file, "--operator", "karavane", "--out", out], "n’est pas un dossier vide"),
        ([file, "--operator", "karavane", "--out", file / "out"], "vérifier les droits"),
    ):
        told = fall_back(*arguments)
        assert told.exit_code == 2 and words in told.output, told.output


def test_pieces_that_lie_at_the_registry_close_nobody_out() -> None:
    (karavane,) = (one for one in catalogue.operators(PROJECT / "data") if one.id == "karavane")
    public = karavane.model_copy(update={"contacts": [], "bank": []})
    assert public.state(DAY) != "production"
    assert _as_dated(public).state(DAY) == "production"
    assert (
        _as_dated(public.model_copy(update={"departures": [Absence.model_validate({"from": DAY})]})).state(
            DAY
        )
        == "left"
    )
    assert _as_dated(public).state(date(2019, 8, 31)) == "staging"
