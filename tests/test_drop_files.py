"""A drop as a file: its form, name and time, what lies in its place, and the same file again."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.contracts.lake_tables import JOURNEYS
from dagster_project.contracts.layouts import V3_COLUMNS
from dagster_project.drops.answers.folder import answers
from dagster_project.drops.claim import claim, strange
from dagster_project.drops.ingest import ingest, refuse_strange
from dagster_project.drops.known import Known
from dagster_project.drops.taken import ChangedDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from tests.support.drop_rows import NIGHT, csv_of, rows_of, take, v3

from .conftest import make_known


@pytest.fixture(scope="module")
def known() -> Known:
    return make_known(frozenset({"karavane"}), 1 << 20)


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("sep=,\n", ""), ("\n\n", "\n\n")],
    ids=["capitals", "a spreadsheet's sep=", "blank lines"],
)
def test_what_a_spreadsheet_does_to_a_header_is_taken(
    tmp_path: Path, known: Known, before: str, after: str
) -> None:
    header, row, _ = csv_of([v3()], V3_COLUMNS).split("\n")
    outcome, _ = take(f"{before}{header.upper()}\n{row}\n{after}".encode(), tmp_path, known)
    assert (outcome.rows, outcome.accepted) == (1, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"[{}]", "file_unknown_header"), (b"a,b\rc,d\r", "line_ends_unknown")],
    ids=["JSON array", "Mac line ends"],
)
def test_a_whole_file_in_the_wrong_form_is_named(
    tmp_path: Path, known: Known, content: bytes, code: str
) -> None:
    outcome, _ = take(content, tmp_path, known)
    assert outcome.refused and outcome.refused.code == code


def test_a_second_delivery_of_the_same_bytes_is_answered(tmp_path: Path, known: Known) -> None:
    content = csv_of([v3()], V3_COLUMNS).encode()
    take(content, tmp_path, known)
    incoming = tmp_path / "drops" / "karavane" / "incoming"
    (incoming / "encore (1).csv").write_bytes(content)
    (drop,) = claim(tmp_path / "drops", Troubles())
    assert ingest(drop, Lake(tmp_path), known, NIGHT, Troubles()).is_known
    (answer,) = answers(Lake(tmp_path), "encore (1).csv")
    assert answer["answer"]["deja_recu"]["fichier"] == "trajets.csv"


def test_a_clock_that_runs_ahead_does_not_win_for_ever(tmp_path: Path, known: Known) -> None:
    lake = Lake(tmp_path)
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "a.csv").write_text(csv_of([v3()], V3_COLUMNS))
    os.utime(incoming / "a.csv", (4_100_000_000, 4_100_000_000))
    (drop,) = claim(lake.drops, Troubles())
    ingest(drop, lake, known, NIGHT, Troubles())
    assert rows_of(lake)["dropped_at"].to_list() == [datetime(2021, 3, 31, 22, tzinfo=UTC)]


def test_no_folder_of_one_operator_stops_the_others(tmp_path: Path, known: Known) -> None:
    drops = tmp_path / "drops"
    (drops / "zz").mkdir(parents=True)
    (drops / "zz" / "incoming").write_text("a file")
    (drops / "yy" / "incoming").mkdir(parents=True)
    (drops / "yy" / "incoming" / "lien.csv").symlink_to(tmp_path)
    (drops / "yy" / "feedback").write_text("a file")
    (drops / "xx" / "incoming").mkdir(parents=True)
    (drops / "xx" / "feedback").symlink_to(tmp_path)
    (drops / "xx" / "incoming" / "a.csv").write_text("x")
    refuse_strange(Lake(tmp_path), NIGHT, Troubles())
    outcome, _ = take(csv_of([v3()], V3_COLUMNS).encode(), tmp_path, known)
    assert outcome.accepted == 1


def test_names_of_any_bytes_are_answered(tmp_path: Path, known: Known) -> None:
    for name in (os.fsdecode(b"tr\xe9.csv"), "é" * 120 + ".csv"):
        outcome, _ = take(csv_of([v3()], V3_COLUMNS).encode(), tmp_path / str(len(name)), known, name)
        assert outcome.accepted == 1


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), True),
        (datetime(2020, 3, 31, 21, 59, tzinfo=UTC), True),
        (datetime(2020, 3, 31, 22, tzinfo=UTC), False),
        (datetime(2021, 4, 1, 1, tzinfo=UTC), False),
        (datetime(2021, 4, 2, tzinfo=UTC), True),
    ],
)
def test_an_impossible_file_time_is_the_nights_and_told_once(
    tmp_path: Path, known: Known, at: datetime, is_told: bool
) -> None:
    lake = Lake(tmp_path)
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "a.csv").write_text(csv_of([v3(), v3(operator_journey_id="T-2")], V3_COLUMNS))
    os.utime(incoming / "a.csv", (at.timestamp(), at.timestamp()))
    (drop,) = claim(lake.drops, Troubles())
    outcome = ingest(drop, lake, known, NIGHT, Troubles())
    (answer,) = answers(lake, "a.csv")
    told = answer["answer"].get("avertissement", {})
    assert told.get("code") == ("file_time_impossible" if is_told else None)
    assert outcome.accepted == (2 if is_told or at > datetime(2021, 1, 1, tzinfo=UTC) else 0)


def test_what_is_no_file_is_answered_and_never_opened(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True)
    secret = tmp_path / "secret.csv"
    secret.write_text("not yours")
    (incoming / "lien.csv").symlink_to(secret)
    os.mkfifo(incoming / "tube.csv")
    (incoming / "dossier.csv").mkdir()
    (incoming / ".caché.csv").write_text("x")
    (incoming / "en cours.csv.PART").write_text("x")
    assert claim(lake.drops, Troubles()) == []
    assert refuse_strange(lake, NIGHT, Troubles()) == 3
    assert strange(lake.drops, Troubles()) == []
    for name in ("lien.csv", "tube.csv", "dossier.csv"):
        (answer,) = (lake.drops / "karavane" / "feedback").glob(f"{name}.*.json")
        assert json.loads(answer.read_text("utf-8"))["refus"]["code"] == "file_not_regular"
    assert secret.exists()


def test_a_file_that_grows_or_goes_while_it_is_read_waits(tmp_path: Path, known: Known) -> None:
    lake = Lake(tmp_path)
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "a.csv").write_text(csv_of([v3()], V3_COLUMNS))
    (drop,) = claim(lake.drops, Troubles())
    with (incoming / "a.csv").open("a") as file:
        file.write("more")
    with pytest.raises(ChangedDropError):
        ingest(drop, lake, known, NIGHT, Troubles())
    assert not list((lake.home / "lake").rglob("*.parquet"))
    assert [d.path.name for d in claim(lake.drops, Troubles())] == ["a.csv"]


def test_names_that_try_to_leave_the_folder_stay_in_it(tmp_path: Path, known: Known) -> None:
    outcome, lake = take(b"", tmp_path, known, name="a..%2f..\n=1+1.csv")
    assert outcome.refused and outcome.refused.code == "file_empty"
    (answer,) = lake.drops.rglob("*.json")
    assert answer.parent == lake.drops / "karavane" / "feedback"


def test_a_hundred_thousand_columns_are_refused(tmp_path: Path, known: Known) -> None:
    outcome, _ = take(",".join(f"c{n}" for n in range(100_000)).encode(), tmp_path, known)
    assert outcome.refused and outcome.refused.code == "file_unknown_header"


def test_a_drop_keeps_the_instant_of_its_delivery(tmp_path: Path, known: Known) -> None:
    lake = Lake(tmp_path)
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True)
    file = incoming / "a.csv"
    file.write_text(csv_of([v3()], V3_COLUMNS))
    at = datetime(2021, 3, 30, 12, tzinfo=UTC)
    os.utime(file, (at.timestamp(), at.timestamp()))
    (drop,) = claim(lake.drops, Troubles())
    ingest(drop, lake, known, NIGHT, Troubles())
    assert rows_of(lake, JOURNEYS.name)["dropped_at"].to_list() == [at]
