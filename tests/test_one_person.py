"""A telephone line is one person at every door, and its erasure is proven only when nothing of it is left."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project.cli import main as cli
from dagster_project.contracts.lake_tables import FINDINGS, IDENTITIES, JOURNEYS
from dagster_project.contracts.layouts import V2_COLUMNS, V3_COLUMNS
from dagster_project.contracts.rights import REQUESTS
from dagster_project.identity.keys import identity_keys
from dagster_project.lake.store import Lake
from dagster_project.rights.erasure import erase, prove
from dagster_project.rights.person import find, parse_request
from dagster_project.settings import settings
from tests.support.drop_rows import JSON_ROW, csv_of, take, v2, v3

from .conftest import make_known, use

SPELLINGS = (
    "+41 (0)63 998 09 01",
    "0041 63 998 09 01",
    "+41639980901",
    "+410639980901",
    "tel:+41-63-998-09-01",
)
LINE = "+41639980901"
DAY = date(2021, 4, 1)
KEY = "00" * 32  # of make_known


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One line in every spelling and layout; some rows are rejected, one for being its own passenger."""
    home = tmp_path_factory.mktemp("made")
    known = make_known(frozenset({"karavane"}), 1 << 20)
    rows = [v3(operator_journey_id=f"T-{n}", driver__identity__phone=one) for n, one in enumerate(SPELLINGS)]
    rows += [
        v3(
            operator_journey_id="same",
            driver__identity__phone=SPELLINGS[0],
            passenger__identity__phone=SPELLINGS[1],
        ),
        v3(operator_journey_id="far", driver__identity__phone="\uff0b41\u00a063.998.09.01", distance="0"),
        v3(operator_journey_id="other", driver__identity__phone="+33639980077"),
    ]
    take(csv_of(rows, V3_COLUMNS).encode(), home, known, "v3.csv")
    older = v2(journey_id="V2", driver__identity__phone=SPELLINGS[0])
    take(csv_of([older], V2_COLUMNS, ";").encode(), home, known, "v2.csv")
    nested = JSON_ROW | {"operator_journey_id": "J", "driver": {"identity": {"phone": LINE}, "revenue": 350}}
    take(json.dumps(nested).encode(), home, known, "v3.jsonl")
    return home


@pytest.fixture
def lake(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """What was made, to change."""
    monkeypatch.setenv("ENTREPOT_IDENTITY_KEY", KEY)
    shutil.copytree(made, tmp_path / "home")
    yield use(tmp_path / "home")
    settings.cache_clear()


def _key(person: str) -> str:
    return str(identity_keys(pl.Series([person]), bytes(32))[0])


def _rename(lake: Lake, journey_id: str, phone: str, key: str) -> None:
    """A driver as another reader, or another key, has left them."""
    for file in lake.folder(JOURNEYS).rglob("*.parquet"):
        rows, is_theirs = lake.rows(JOURNEYS, [file]), pl.col("operator_journey_id") == journey_id
        if rows.filter(is_theirs).height:
            renamed = pl.when(is_theirs).then(pl.lit(key)).otherwise("driver_identity_key")
            lake.replace(JOURNEYS, rows.with_columns(driver_identity_key=renamed), file)
            people = lake.folder(IDENTITIES) / file.relative_to(lake.folder(JOURNEYS))
            kept = lake.rows(IDENTITIES, [people])
            one = kept.filter(phone=LINE).with_columns(phone=pl.lit(phone), identity_key=pl.lit(key))
            lake.replace(IDENTITIES, pl.concat([kept, one]), people)


def test_one_line_is_one_person_in_every_layout_and_its_own_passenger_in_none(lake: Lake) -> None:
    journeys = lake.read(JOURNEYS)
    assert set(journeys.filter(pl.col("operator_journey_id") != "other")["driver_identity_key"]) == {
        _key(f"phone\0{LINE}")
    }
    assert set(lake.read(IDENTITIES)["phone"]) == {LINE, "+33639980002", "+33639980077"}
    assert lake.read(FINDINGS).filter(rule_code="same_person")["operator_journey_id"].to_list() == ["same"]


@pytest.mark.slow
def test_a_request_under_any_spelling_finds_all_of_them(lake: Lake) -> None:
    for spelling in SPELLINGS:
        person = find(lake, parse_request(f"telephone: {spelling}")[0])
        found = sorted(set(person.journeys["operator_journey_id"]))
        assert found == ["J", "T-0", "T-1", "T-2", "T-3", "T-4", "V2"]
        rejected = [json.loads(raw)["operator_journey_id"] for raw in person.rejected["raw"]]
        assert sorted(rejected) == ["far", "same"]


def test_what_an_older_reader_has_kept_under_its_own_spelling_is_found_and_goes(lake: Lake) -> None:
    _rename(lake, "T-3", "+410639980901", _key("phone\0+410639980901"))
    _rename(lake, "T-2", LINE, "named under a key that was lost")
    person = find(lake, parse_request(f"telephone: {LINE}")[0])
    assert {"T-2", "T-3"} < set(person.journeys["operator_journey_id"]) and len(person.keys) == 3
    assert person.keys[0] == _key(f"phone\0{LINE}")
    erase(lake, person, DAY)
    proof = prove(lake, person, DAY)
    assert proof.hits == () and lake.read(JOURNEYS)["operator_journey_id"].to_list() == ["other"]
    assert LINE not in lake.read(IDENTITIES)["phone"].to_list()


def test_a_proof_looks_away_from_nothing_of_the_person_and_tells_what_it_left_out(lake: Lake) -> None:
    """A row that the erasure missed, under whatever key, excuses nothing; a family's address is left out."""
    people = lake.read(IDENTITIES)
    sibling = people.filter(phone="+33639980077").with_columns(email=pl.lit("Famille@exemple.example"))
    theirs = people.filter(phone=LINE).head(1)
    theirs = theirs.with_columns(email=pl.lit("famille@exemple.example"), operator_user_id=pl.lit("12345"))
    rows = pl.concat([sibling, theirs]).with_columns(month=pl.lit("2021-03"))
    lake.write(IDENTITIES, rows, "karavane-x-00000")
    person = find(lake, parse_request(f"telephone: {LINE}")[0])
    erase(lake, person, DAY)
    lake.write(IDENTITIES, sibling.with_columns(month=pl.lit("2021-03")), "karavane-x-00000")
    left = lake.folder(IDENTITIES) / "month=2021-03" / "karavane-y-00000.parquet"
    lake.replace(IDENTITIES, theirs.with_columns(identity_key=pl.lit("another key's")), left)
    proof = prove(lake, person, DAY)
    assert left in {hit.path for hit in proof.hits}
    assert (proof.too_short, proof.of_others) == (9, 1)  # ids such as T-0, the account; the family's address
    (told,) = lake.read(REQUESTS).filter(kind="erase").to_dicts()
    assert told["files_found"] == proof.files_found >= 1
    assert told["detail"] == "too_short=9 of_others=1 incoming=0"


def test_nobody_found_but_a_file_that_holds_the_line_is_a_failure(tmp_path: Path) -> None:
    lake = use(tmp_path / "home")
    request = tmp_path / "demande"
    request.touch(0o600)
    request.write_text("telephone: 06 39 98 55 55\n")
    command = ["person", "erase", "--yes", "--date", str(DAY), "--file", str(request)]
    lake.exports.mkdir(parents=True)
    (lake.exports / "liste.txt").write_text("tel. +33 (0)6 39 98 55 55")
    outcome = CliRunner().invoke(cli.main, command)
    assert outcome.exit_code == 1 and "exports/liste.txt" in outcome.output
    assert "Nobody of this name was found, yet 1 files" in outcome.output
