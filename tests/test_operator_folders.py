"""What an operator may put into its folder, and what others may read: its trouble is its own, and told."""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project.cli.main import main
from dagster_project.contracts.lake_tables import ANSWERS, DROPS, JOURNEYS
from dagster_project.contracts.layouts import V3_COLUMNS
from dagster_project.contracts.terms import TERMS
from dagster_project.drops import bounds, commit, opening
from dagster_project.drops import claim as claiming
from dagster_project.drops.answers.completion import complete
from dagster_project.drops.answers.feedback import forget_lines
from dagster_project.drops.answers.folder import answers, deliver
from dagster_project.drops.claim import Offer, claim, put_away, strange, sweep, waiting
from dagster_project.drops.ingest import ingest, refuse_strange
from dagster_project.drops.known import Known
from dagster_project.drops.taken import ChangedDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.files.folders import files_below, within
from dagster_project.lake.store import Lake
from dagster_project.retention import drop_files
from dagster_project.retention.apply import apply
from dagster_project.retention.needles import Needles
from dagster_project.retention.plan import plan
from dagster_project.retention.search import search
from tests.support.drop_rows import NIGHT, csv_of, v3

from .conftest import make_known, use

SECRET = {"telephone": "+33639980001", "date_de_traitement": "2019-01-01", "nom": "DUPONT"}
_GOOD = csv_of([v3()], V3_COLUMNS).encode()


@pytest.fixture(scope="module")
def known() -> Known:
    return make_known(frozenset({"karavane", "alpimob"}))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = use(tmp_path / "home")
    for operator in ("karavane", "alpimob"):
        for part in ("incoming", "feedback"):
            (lake.drops / operator / part).mkdir(parents=True)
    return lake


def offered(lake: Lake, name: str, content: bytes, operator: str = "karavane") -> Offer:
    file = lake.drops / operator / "incoming" / name
    file.write_bytes(content)
    (offer,) = [one for one in claim(lake.drops, Troubles()) if one.path == file]
    return offer


def whole_base(accounts: list[str]) -> duckdb.DuckDBPyConnection:
    """What the published cache tells of drops: one duplicate each."""
    base = duckdb.connect()
    base.execute("create schema active")
    base.execute(
        "create table active.drop_accounts as select unnest(?) as drop_id, ?::date as business_date, "
        "null as refused_code, 0 as new_journeys, 0 as corrections, 0 as cancellations, 1 as duplicates, "
        "0 as strays, 0 as unknown_cancellations",
        [accounts, NIGHT],
    )
    base.execute("create table active.journey_notices (drop_id varchar, rule_code varchar)")
    return base


def test_a_link_in_feedback_is_replaced_and_what_it_points_to_is_read_by_nobody(
    lake: Lake, known: Known
) -> None:
    outcome = ingest(offered(lake, "a.csv", _GOOD), lake, known, NIGHT, Troubles())
    (answer,) = (lake.drops / "karavane/feedback").glob("*.json")
    secret = lake.requests / "2021" / "acces.json"
    secret.parent.mkdir(parents=True)
    secret.write_text(json.dumps(SECRET))
    answer.unlink()
    answer.symlink_to(secret)
    troubles = Troubles()
    assert complete(lake, whole_base([outcome.drop.drop_id]), NIGHT, troubles) == 1
    assert not answer.is_symlink() and answer.stat().st_mode & 0o777 == 0o640
    told = json.loads(answer.read_text("utf-8"))
    assert told["lignes_acceptees_dont"]["doublons_ignores"] == 1 and told["lignes_acceptees"] == 1
    assert "DUPONT" not in answer.read_text() and json.loads(secret.read_text()) == SECRET
    assert [one.place for one in troubles] == [f"feedback/….{outcome.drop.sha256[:16]}.json"]
    answer.unlink()
    answer.symlink_to(secret)
    assert "DUPONT" not in CliRunner().invoke(main, ["feedback", "a.csv"]).output
    kept_until = NIGHT + timedelta(days=30)  # by the lake's day of the answer, not by what the link says
    for day, is_due in ((kept_until - timedelta(days=1), False), (kept_until, True)):
        due = plan(lake, day, TERMS)
        assert (answer in {one.path for one in due.removals}) == is_due
    apply(lake, due)
    assert not os.path.lexists(answer) and secret.exists() and lake.read(ANSWERS).is_empty()


def _linked(file: Path, other: Path) -> None:
    file.unlink()
    file.symlink_to(other)


def _named_twice(file: Path, other: Path) -> None:
    file.unlink()
    os.link(other, file)


def _piped(file: Path, _: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _exchanged(file: Path, other: Path) -> None:
    os.replace(shutil.copyfile(other, file.with_name(".new")), file)


@pytest.mark.parametrize("swap", [_linked, _named_twice, _piped, _exchanged])
def test_what_is_exchanged_between_claim_and_read_is_not_read(
    lake: Lake, known: Known, swap: Callable[[Path, Path], None]
) -> None:
    offer = offered(lake, "a.csv", _GOOD)
    theirs = csv_of([v3(operator_journey_id="theirs")], V3_COLUMNS).encode()
    swap(offer.path, offered(lake, "b.csv", theirs, "alpimob").path)
    with pytest.raises(ChangedDropError):
        ingest(offer, lake, known, NIGHT, Troubles())
    assert lake.read(JOURNEYS).is_empty() and not list(lake.scratch.iterdir())
    if swap is _named_twice:
        assert offer.path in strange(lake.drops, Troubles())  # answered as no file of its own


def test_the_registered_hash_is_of_what_was_read_even_if_size_and_time_stay(
    lake: Lake, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = offered(lake, "a.csv", _GOOD)
    real = opening.inspect

    def exchanged_now(path: Path) -> object:
        offer.path.write_bytes(_GOOD.replace(b"T-1,", b"T-9,"))
        os.utime(offer.path, ns=(offer.changed_ns, offer.changed_ns))
        return real(path)

    monkeypatch.setattr(opening, "inspect", exchanged_now)
    ingest(offer, lake, known, NIGHT, Troubles())
    assert lake.read(DROPS)["sha256"].to_list() == [hashlib.sha256(_GOOD).hexdigest()]
    assert lake.read(JOURNEYS)["operator_journey_id"].to_list() == ["T-1"]


def test_a_file_that_comes_under_the_name_of_one_just_taken_waits_for_the_next_night(
    lake: Lake, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = offered(lake, "a.csv", _GOOD)
    real = commit.put_away

    def sent_again(*arguments: Any) -> None:
        _exchanged(offer.path, offer.path)
        real(*arguments)

    monkeypatch.setattr(commit, "put_away", sent_again)
    assert ingest(offer, lake, known, NIGHT, Troubles()).accepted == 1
    assert offer.path.read_bytes() == _GOOD and not list((lake.drops / "karavane").glob("processed/*/*"))


def test_things_in_the_place_of_answers_are_told_and_the_answer_is_laid(lake: Lake, known: Known) -> None:
    feedback = lake.drops / "karavane" / "feedback"
    digest = hashlib.sha256(_GOOD).hexdigest()[:16]
    os.mkfifo(feedback / f"a.csv.{digest}.json")
    (feedback / "suivi_des_trajets.csv" / "inside").mkdir(parents=True)
    os.mkfifo(feedback / "suivi_des_trajets.json")
    (feedback / f".{digest}.writing").mkdir()
    (feedback / f".{digest[::-1]}.writing").write_text("half an answer")
    troubles = Troubles()
    with lake.lock():
        sweep(lake.drops, troubles)
    assert not troubles and not (feedback / f".{digest[::-1]}.writing").exists()
    outcome = ingest(offered(lake, "a.csv", _GOOD), lake, known, NIGHT, troubles)
    files = {f"suivi_des_trajets.{ending}": b"told" for ending in ("csv", "json")}
    assert deliver(lake, "karavane", files, troubles) and len(troubles) == 3
    assert outcome.accepted == 1 and json.loads((feedback / f"a.csv.{digest}.json").read_text("utf-8"))
    assert [name for name in files if (feedback / name).read_bytes() != b"told"] == []
    assert [path for path in feedback.glob(".*.aside/*") if path.name == "inside"]
    assert deliver(lake, "karavane", dict.fromkeys(files), Troubles()) is False
    assert not (feedback / "suivi_des_trajets.csv").exists()


def test_who_breaks_its_folder_loses_its_answers_and_nobody_elses_night(lake: Lake, known: Known) -> None:
    offers = [offered(lake, "a.csv", _GOOD), offered(lake, "a.csv", _GOOD, "alpimob")]
    (lake.drops / "karavane/feedback").rmdir()
    (lake.drops / "karavane/feedback").write_text("a file")
    (lake.drops / "karavane/processed").write_text("a file")
    troubles = Troubles()
    for offer in offers:
        assert ingest(offer, lake, known, NIGHT, troubles).accepted == 1
    assert [(one.operator_id, one.place) for one in troubles] == [
        ("karavane", "feedback/"),
        ("karavane", "processed/"),
    ]
    others = [line for line in troubles.lines if "remove it" not in line]
    assert [line for line in others if "Remedy" not in line or "docs/" not in line] == []
    assert [one["operator_id"] for one in answers(lake, "a.csv")] == ["alpimob", "karavane"]
    for part in ("feedback", "processed"):
        (lake.drops / "karavane" / part).unlink()
    again = ingest(offers[0], lake, known, NIGHT, Troubles())
    assert again.is_known and "deja_recu" not in answers(lake, "a.csv")[1]["answer"]
    assert (lake.drops / "karavane/feedback").stat().st_mode & 0o777 == 0o750
    (answer,) = (lake.drops / "karavane/feedback").glob("*.json")
    assert "deja_recu" in json.loads(answer.read_text("utf-8"))  # it had none, or has taken it


@contextmanager
def without_root() -> Iterator[None]:
    """As a user whom modes bind; root is bound by none."""
    user = os.geteuid()
    os.seteuid(65534 if user == 0 else user)
    try:
        yield
    finally:
        os.seteuid(user)


def test_an_incoming_folder_that_cannot_be_read_is_told_and_the_others_are_taken() -> None:
    home = Path(tempfile.mkdtemp())
    try:
        for operator in ("karavane", "alpimob"):
            (home / operator / "incoming").mkdir(parents=True)
            (home / operator / "incoming" / "a.csv").write_text("x")
        for path in (home, *home.rglob("*")):
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        (home / "karavane" / "incoming").chmod(0)
        troubles = Troubles()
        with without_root():
            offers = claim(home, troubles)
        assert [one.operator_id for one in offers] == ["alpimob"]
        assert [one.place for one in troubles] == ["incoming/"] and "chmod or setfacl" in troubles.lines[0]
    finally:
        shutil.rmtree(home)


def test_an_operator_takes_part_of_a_night_not_all_of_it(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        offered(lake, f"{number}.csv", _GOOD)
    offered(lake, "a.csv", _GOOD, "alpimob")
    monkeypatch.setattr(claiming, "MOST_FILES", 3)
    troubles = Troubles()
    assert sorted(one.operator_id for one in claim(lake.drops, troubles)) == ["alpimob", *["karavane"] * 3]
    assert "more than" in troubles.lines[0]


def test_a_time_that_no_calendar_has_is_a_time(lake: Lake) -> None:
    offer = offered(lake, "a.csv", _GOOD)
    with suppress(OSError, OverflowError):  # file systems keep more or less of it
        os.utime(offer.path, (2**40, 2**40))
    (offer,) = claim(lake.drops, Troubles())
    assert offer.delivered_at.year > 2020


@pytest.mark.slow
def test_quotes_are_read_in_a_time_that_grows_as_they_do(lake: Lake, known: Known) -> None:
    header, row = csv_of([v3()], V3_COLUMNS).splitlines()
    content = gzip.compress("\n".join([header, *(['"'] * 40_000), row]).encode())
    start = time.process_time()
    outcome = ingest(offered(lake, "a.csv.gz", content), lake, known, NIGHT, Troubles())
    assert time.process_time() - start < 15  # it was a minute; now some two seconds
    assert (outcome.accepted, outcome.reasons["ligne", "quote_unclosed"]) == (1, 40_000)


def test_what_a_small_file_may_hold_and_how_long_it_may_take_is_bounded(
    lake: Lake, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = offered(lake, "bombe.csv.gz", gzip.compress(b'"\n' * (3 << 20)))
    outcome = ingest(bomb, lake, known, NIGHT, Troubles())
    assert outcome.refused and outcome.refused.code == "file_too_large"
    huge = offered(lake, "trou.csv", b"x")
    with huge.path.open("r+b") as file:
        file.truncate(known.max_bytes << 6)  # a hole: it takes no room, and hours to read
    (huge,) = claim(lake.drops, Troubles())
    assert ingest(huge, lake, known, NIGHT, Troubles()).refused
    monkeypatch.setattr(bounds, "_FAULTS", 5)
    wrong = csv_of([v3(distance="0")] * 6, V3_COLUMNS).encode()
    assert ingest(offered(lake, "fautif.csv", wrong), lake, known, NIGHT, Troubles()).rejected == 6
    quotes = offered(lake, "guillemets.csv", _GOOD + b'"\n' * 60)
    outcome = ingest(quotes, lake, known, NIGHT, Troubles())
    assert outcome.refused and outcome.refused.code == "file_mostly_wrong"
    assert "quote_unclosed" in outcome.refused.detail and not outcome.reasons
    monkeypatch.setattr(bounds, "_PATIENCE_S", -1)
    outcome = ingest(offered(lake, "lent.csv", _GOOD), lake, known, NIGHT, Troubles())
    assert outcome.refused and outcome.refused.code == "file_too_slow"
    assert lake.read(JOURNEYS).is_empty() and not list(lake.scratch.iterdir())


def _dig(folder: Path, depth: int) -> None:
    path = str(folder)
    for _ in range(depth):
        path += "/d"
        os.mkdir(path)  # noqa: PTH102 -- a Path of that depth is slow
    Path(f"{path}/bottom").write_text("+33 6 39 98 00 01")


@pytest.mark.slow
def test_a_folder_of_any_depth_is_put_away_searched_and_removed(lake: Lake) -> None:
    operator = lake.drops / "karavane"
    (operator / "incoming" / "fosse").mkdir()
    try:
        _dig(operator / "incoming" / "fosse", 1_500)
        troubles = Troubles()
        assert refuse_strange(lake, NIGHT, troubles) == 1
        assert [file.name for file in files_below(operator / "processed")] == ["bottom"]
        hits, _ = search(lake, Needles([SECRET["telephone"]]))
        assert [hit.path.name for hit in hits] == ["bottom"]
        apply(lake, due := plan(lake, NIGHT + timedelta(days=40), TERMS))
        assert not troubles and not due.troubles and not list((operator / "processed").iterdir())
    finally:
        with within(operator) as folder:
            folder.remove("processed")
            folder.remove("incoming")


def test_what_was_delivered_is_never_moved_or_removed_through_a_link(lake: Lake) -> None:
    mine, theirs = lake.drops / "karavane", lake.drops / "alpimob"
    (theirs / "processed" / "2021-01-01").mkdir(parents=True)
    (theirs / "processed" / "2021-01-01" / "a.csv").write_bytes(_GOOD)
    (mine / "processed" / "2021-01-01").mkdir(parents=True)
    due = plan(lake, NIGHT, TERMS)
    shutil.rmtree(mine / "processed")
    (mine / "processed").symlink_to(theirs / "processed")
    apply(lake, due := type(due)(**{**vars(due), "removals": due.removals[-1:]}))
    offered_path = mine / "incoming" / "b.csv"
    offered_path.write_bytes(_GOOD)
    put_away(lake.drops, offered_path, NIGHT, "0" * 64, due.troubles)
    assert (theirs / "processed" / "2021-01-01" / "a.csv").exists() and offered_path.exists()
    assert [(one.operator_id, one.place) for one in due.troubles] == [("karavane", "processed/")] * 2


def test_what_is_no_drop_is_not_decoded_in_an_operators_folder_but_told(lake: Lake) -> None:
    file = lake.drops / "karavane" / "incoming" / "x.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x", "nothing")
    os.mkfifo(lake.drops / "karavane" / "incoming" / "tube")
    assert [(hit.path, hit.kind) for hit in search(lake, Needles([SECRET["telephone"]]))[0]] == [
        (file, "zip, not decoded")
    ]


def test_answers_of_a_drop_without_its_lines_are_written_from_the_lake(lake: Lake, known: Known) -> None:
    rows = [v3(operator_journey_id="stays", distance="0"), v3(operator_journey_id="goes", distance="0")]
    content = csv_of(rows, V3_COLUMNS).encode()
    outcome = ingest(offered(lake, "a.csv", content), lake, known, NIGHT, Troubles())
    (lines,) = (lake.drops / "karavane/feedback").glob("*.csv")
    lines.write_text("rang_du_trajet;operator_journey_id\n2;goes\n")  # its operator has changed it
    forget_lines(lake, outcome.drop.drop_id, {2}, Troubles())
    assert pl.read_csv(lines, separator=";")["operator_journey_id"].to_list() == ["stays"]
    lines.unlink()  # and taken it away
    forget_lines(lake, outcome.drop.drop_id, {1, 2}, Troubles())
    assert not lines.exists()


def test_an_operator_that_takes_incoming_away_keeps_the_terms_of_what_it_sent(tmp_path: Path) -> None:
    lake, troubles = use(tmp_path), Troubles()
    sent = lake.drops / "karavane" / "processed" / "2021-01-01"
    sent.mkdir(parents=True)
    (sent / "a.csv").write_bytes(_GOOD)
    assert list(drop_files.due(lake, date(2021, 2, 1), TERMS, troubles)) == [("drops", sent)]
    assert waiting(lake.drops, troubles) == [] and not troubles
