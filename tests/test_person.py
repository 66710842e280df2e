"""A person's requests: what is held is told, corrected, limited or gone, and nobody is named by it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from dagster_project.cli import main as cli
from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.contracts.labels import FRAUD_TRACES, FRAUD_UNJUDGED, FRAUD_VERDICTS
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS, REJECTED_ROWS, TABLES
from dagster_project.contracts.ledger import CAP_USES, SETTLED_BEFORE, SETTLEMENTS
from dagster_project.contracts.processing import CATEGORIES
from dagster_project.contracts.rights import REQUESTS, RESTRICTIONS
from dagster_project.contracts.terms import TERMS
from dagster_project.files.pdf_text import shown_texts
from dagster_project.lake.store import Lake
from dagster_project.outputs import rebuild
from dagster_project.retention.belongings import JOURNEY
from dagster_project.retention.needles import Needles
from dagster_project.retention.plan import plan
from dagster_project.retention.search import search
from dagster_project.rights.erasure import erase, prove
from dagster_project.rights.limits import lift, rectify, restrict
from dagster_project.rights.person import Person, RequestError, find, parse_request, read_request
from dagster_project.rights.requests import record_returns
from dagster_project.warehouse.cache import reading
from tests.support.attestation_requests import PERIOD, ask

from .conftest import copy_home, kill_at, use

DAY = date(2021, 8, 1)
ROLES = ("driver_identity_key", "passenger_identity_key")
_CLOSED = "select sum(total_cents), count(*) from finance.fund_calls where is_closed"


@pytest.fixture
def copy(house: Lake, tmp_path: Path) -> Lake:
    """The sample's house, to change."""
    copy_home(house, tmp_path / "copy")
    return use(tmp_path / "copy")


def _rows(lake: Lake) -> dict[str, pl.DataFrame]:
    return {name: lake.read(table).sort(pl.all()) for name, table in TABLES.items()}


def _by_phone(lake: Lake) -> list[Person]:
    """Persons known by their phone, whom most rows name first."""
    journeys = lake.read(JOURNEYS)
    keys = pl.concat([journeys[role].alias("identity_key") for role in ROLES]).value_counts()
    people = lake.read(IDENTITIES).filter(pl.col("phone").is_not_null()).join(keys, on="identity_key")
    phones = people.sort("count", "phone", descending=True)["phone"].unique(maintain_order=True)
    return [find(lake, {"phone": phone}) for phone in phones[:4]]


def _attestation(lake: Lake, person: Person, name: str) -> Path:
    """The PDF of an attestation that an operator has asked for them."""
    operator_id = person.journeys["operator_id"][0]
    before = set(lake.drops.glob("*/feedback/attestation_*.pdf"))
    assert ask(lake, operator_id, f"{person.given['phone']};;;{PERIOD}", name=name).attestations == 1
    (made,) = set(lake.drops.glob("*/feedback/attestation_*.pdf")) - before
    return made


def _suspect(lake: Lake, person: Person) -> None:
    """A journey of theirs is set aside, and stands as evidence against another one."""
    theirs = person.journeys.select("operator_id", "operator_journey_id").row(0)
    trace = {
        "rule_code": "fraud_overlap",
        "start_on": date(2021, 6, 1),
        "end_at": datetime(2021, 6, 1, 8, tzinfo=UTC),
        "driver_identity_key": "d",
        "passenger_identity_key": "p",
        "score": 1.0,
        "set_aside_on": date(2021, 6, 2),
    }
    traces = [
        trace | {"operator_id": theirs[0], "operator_journey_id": theirs[1], "evidence": "[]"},
        trace | {"operator_id": "o", "operator_journey_id": "j", "evidence": json.dumps([theirs[1]])},
    ]
    rows = pl.DataFrame(traces, schema=FRAUD_TRACES.empty.schema)
    for table, of_table in ((FRAUD_TRACES, rows), (FRAUD_VERDICTS, rows[:1]), (FRAUD_UNJUDGED, rows[:1])):
        columns = of_table.select(table.empty.columns).with_columns(month=pl.lit("2021-06"))
        lake.write(table, columns, table.name)
    again = pl.DataFrame([(1, 1, *theirs)], schema=SETTLED_BEFORE.empty.schema, orient="row")
    lake.write(SETTLED_BEFORE, again, "journeys")


def _names(person: Person) -> pl.Expr:
    return pl.any_horizontal(pl.col(role).is_in(person.keys) for role in ROLES)


def test_one_is_erased_one_limited_one_rectified_and_no_cent_that_is_closed_moves(copy: Lake) -> None:
    gone, limited, renamed, attested = _by_phone(copy)
    of_gone, of_other = (
        _attestation(copy, person, f"demande_attestation_{number}.csv")
        for number, person in enumerate((gone, attested))
    )
    with reading(copy) as connection:
        closed = connection.sql(_CLOSED).fetchall()
    before = _rows(copy)
    limited_ids = limited.journeys.filter(~_names(gone))["operator_journey_id"].unique().to_list()
    _suspect(copy, gone)
    rectify(copy, renamed, {"lastname": "Nouvellenom", "email": "n@exemple.example"}, DAY)
    restrict(copy, limited, DAY)
    erase(copy, gone, DAY)
    rebuild(copy, DAY)
    proof = prove(copy, gone, DAY)
    assert proof.hits == () and proof.searched > gone.journeys["operator_journey_id"].n_unique()
    # What was attested of them goes along, and nobody else's.
    assert not of_gone.exists() and of_other.exists() and copy.read(ATTESTATIONS).height == 1
    after = _rows(copy)
    gone_too = ("fraud_traces", "fraud_verdicts", "fraud_unjudged", "settled_before")
    assert [name for name in gone_too if not after[name].is_empty()] == []
    # What is closed is an amount of nobody; nothing of anybody else's moved.
    for name in ("closings", "ledger_entries", "campaign_cap_uses"):
        assert_frame_equal(after[name], before[name], check_exact=True)
    with reading(copy) as connection:
        assert connection.sql(_CLOSED).fetchall() == closed
        assert connection.sql(
            "select count(*) from ledger.unsettled_lines where movement = 'reversal'"
        ).fetchall() == [(0,)]
        known = connection.sql("select operator_journey_id from active.journeys").pl().to_series()
    assert "as they were closed" in CliRunner().invoke(cli.main, ["ledger", "verify"]).output
    others = before["journeys"].join(gone.journeys, on=["drop_id", "drop_row"], how="anti")
    assert_frame_equal(after["journeys"], others.sort(pl.all()), check_exact=True)
    raw = {file: file.read_bytes() for file in copy.home.rglob("*") if file.is_file()}
    emails = [value.encode() for value in gone.identities["email"]]
    assert (
        emails and [file for file, content in raw.items() if any(email in content for email in emails)] == []
    )
    # What is limited is kept, and used by nothing.
    assert (
        limited.journeys.height
        == after["journeys"].filter(_names(limited)).height + gone.journeys.filter(_names(limited)).height
    )
    assert limited_ids and not set(limited_ids) & set(known)
    shown, _ = search(copy, Needles(limited_ids), copy.exports.rglob("*"))
    assert shown == []
    # What is rectified is so in every file.
    people = after["identities"].filter(pl.col("identity_key").is_in(renamed.keys))
    assert (
        people.height
        and set(people["lastname"]) == {"Nouvellenom"}
        and set(people["email"]) == {"n@exemple.example"}
    )
    # The register names nobody, and the night has nothing more to do about it.
    assert sorted(after["requests"]["kind"]) == ["erase", "rectify", "restrict"]
    assert after["requests"].filter(kind="erase")["files_found"].to_list() == [0]
    assert not set(gone.values) & {cell for row in after["requests"].rows() for cell in row}
    assert after["erasures"].is_empty()
    assert set(after["restrictions"]["identity_key"]) == set(limited.keys)
    assert not [
        one for one in plan(copy, DAY, TERMS).removals if one.table in (JOURNEYS, CAP_USES, SETTLEMENTS)
    ]


def test_an_erasure_killed_anywhere_is_completed_by_the_same_request(
    copy: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = _by_phone(copy)[0]
    given, other = person.given, _plant_cap_uses(copy, person)
    copy_home(copy, tmp_path / "whole")
    whole = Lake(tmp_path / "whole")
    person = find(whole, given)
    removals = erase(whole, person, DAY)
    wanted = _rows(whole)
    for call in (2, removals // 3):
        with monkeypatch.context() as patch:
            kill_at(patch, call)
            with pytest.raises(KeyboardInterrupt):
                erase(copy, find(copy, given), DAY)
    erase(copy, find(copy, given), DAY)
    found = _rows(copy)
    for name, rows in found.items():
        assert rows.drop("files", strict=False).equals(wanted[name].drop("files", strict=False)), name
    # The other person's counter stays; it goes with its month, when no night knows the journey any more.
    assert copy.read(CAP_USES)["whose_key"].to_list() == [other]
    last_day = TERMS["journeys"].ends_on(date(2021, 3, 1))
    nights = (last_day, last_day - timedelta(days=1))
    due = [any(one.table is CAP_USES for one in plan(copy, night, TERMS).removals) for night in nights]
    assert due == [True, False]


def _plant_cap_uses(lake: Lake, person: Person) -> str:
    """A use of a cap by the passenger and by the other in the car, as a closing writes; the other's key."""
    ridden = person.journeys.filter(pl.col("passenger_identity_key").is_in(person.keys))
    settled = lake.read(SETTLEMENTS).join(ridden, on=JOURNEY, how="semi")
    entry = settled.sort("closing_number", "entry_number").row(0, named=True)
    (other,) = person.journeys.filter(
        operator_journey_id=entry["operator_journey_id"], operator_id=entry["operator_id"]
    )["driver_identity_key"].unique()
    row = dict.fromkeys(CAP_USES.columns, 1) | {
        name: entry[name] for name in ("closing_number", "entry_number")
    }
    row |= {"cap_id": "plafond", "window_on": date(2021, 3, 1), "month": "2021-03"}
    rows = pl.DataFrame([row | {"whose_key": key} for key in (person.keys[0], other)])
    lake.write(CAP_USES, rows.select(*CAP_USES.columns, "month"), "closing-000001-0")
    return str(other)


def test_who_asks_is_found_by_phone_or_by_the_operators_id_and_by_nothing_else(copy: Lake) -> None:
    people = copy.read(IDENTITIES).filter(pl.col("phone").is_null())
    one = people.row(0, named=True)
    given = {name: one[name] for name in ("phone_trunc", "operator_id", "operator_user_id")}
    found = find(copy, given)
    assert found.keys[0] == one["identity_key"] and found.journeys.filter(_names(found)).height
    nobody = find(copy, given | {"operator_user_id": "personne"})
    assert nobody.journeys.is_empty() and nobody.rejected.is_empty()
    # Somebody of whom every row was rejected is found, too.
    sent = copy.read(REJECTED_ROWS).filter(pl.col("drop_id").str.starts_with("troisplaces"))
    cells = next(row for raw in sent["raw"] if (row := json.loads(raw)).get("driver_phone_trunc"))
    names = ("phone_trunc", "operator_user_id")
    asked = {name: cells[f"driver_{name}"] for name in names} | {"operator_id": "troisplaces"}
    rejected = find(copy, asked).rejected
    assert cells in [json.loads(raw) for raw in rejected["raw"]]
    assert [raw for raw in rejected["raw"] if asked["operator_user_id"] not in raw] == []
    assert rejected.height < sent.height
    # The same account with the whole phone is the same person.
    whole = dict(one) | {
        "phone": one["phone_trunc"] + "00",
        "phone_trunc": None,
        "drop_id": "x-1",
        "month": "2021-03",
    }
    whole["identity_key"] = find(copy, {"phone": whole["phone"]}).keys[0]
    schema = IDENTITIES.empty.schema | {"month": pl.String}
    copy.write(IDENTITIES, pl.DataFrame([whole], schema=schema), "x-1-00000")
    for asked in (given, {"phone": whole["phone"]}):
        assert set(find(copy, asked).keys) == {one["identity_key"], whole["identity_key"]}


def test_access_tells_all_that_is_held_and_nothing_of_the_other_person(copy: Lake) -> None:
    person = _by_phone(copy)[0]
    file = copy.home.parent / "demande"
    file.write_text(f"telephone: {person.given['phone']}\n")
    command = ["person", "access", "--date", str(DAY), "--file", str(file)]
    file.chmod(0o644)
    refused = CliRunner().invoke(cli.main, command)
    assert "chmod 600" in refused.output and person.given["phone"] not in refused.output
    file.chmod(0o600)
    assert CliRunner().invoke(cli.main, command).exit_code == 0
    (folder,) = copy.requests.iterdir()
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    held = json.loads((folder / "acces.json").read_text("utf-8"))
    text = (folder / "acces.json").read_text("utf-8")
    assert len(held["trajets"]) == person.journeys.height
    assert held["identites"][0]["téléphone"] == person.given["phone"]
    assert len(held["lignes_rejetees"]) == person.rejected.height
    assert held["montants"] and held["exports"] == ["pmgf"]
    roles = [(one["role"], "passenger_over_18" in one) for one in held["trajets"]]
    assert [one for one in roles if one[1] != (one[0] == "passager")] == []
    others = copy.read(IDENTITIES).filter(~pl.col("identity_key").is_in(person.keys))
    for name in ("identity_key", "phone", "email"):
        assert [value for value in others[name].drop_nulls() if value in text] == []
    last = {one["operator_journey_id"]: one["conserve_jusqu_au"] for one in held["trajets"]}
    due = plan(copy, date.fromisoformat(min(last.values())), TERMS).journeys
    assert {name for name, day in last.items() if day == min(last.values())} <= set(
        due["operator_journey_id"]
    )
    pages = " ".join(shown_texts((folder / "acces.pdf").read_bytes()))
    assert person.given["phone"] in pages and "Vos trajets" in pages and "DINUM" in pages
    # The answer has a term of its own.
    last_day = TERMS["requests"].ends_on(DAY)
    assert folder in {one.path for one in plan(copy, last_day, TERMS).removals}
    assert folder not in {
        one.path for one in plan(copy, last_day.replace(day=last_day.day - 1), TERMS).removals
    }


def test_another_phone_is_another_person_from_then_on_and_a_killed_rectification_is_completed(
    copy: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = _by_phone(copy)[0]
    before = _rows(copy)
    restrict(copy, person, DAY)
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "replace", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            rectify(copy, person, {"phone": "+33639980000"}, DAY)
    rectify(copy, find(copy, person.given), {"phone": "+33639980000"}, DAY)
    now, left = (find(copy, {"phone": one}) for one in ("+33639980000", person.given["phone"]))
    assert left.journeys.is_empty() and left.identities.is_empty()
    assert now.journeys.height >= person.journeys.height
    assert copy.read(RESTRICTIONS)["identity_key"].to_list() == list(now.keys)
    assert copy.read(JOURNEYS).height == before["journeys"].height
    lift(copy, now, DAY)
    assert copy.read(RESTRICTIONS).is_empty()
    with pytest.raises(RequestError, match="nothing to rectify"):
        rectify(copy, left, {"lastname": "X"}, DAY)
    # A drop that brings the old phone back is told by its digest; the night that took the drop is DAY here.
    row = before["identities"].filter(pl.col("identity_key").is_in(person.keys)).head(1)
    drop = before["drops"].filter(drop_id=row["drop_id"][0])
    assert record_returns(copy, drop["business_date"][0]) == {}
    copy.write(IDENTITIES, row.with_columns(month=pl.lit("2021-03")), f"{row['drop_id'][0]}-99999")
    assert record_returns(copy, drop["business_date"][0]) == {row["operator_id"][0]: 1}
    told = copy.read(REQUESTS).filter(kind="return")
    assert (
        told["person_digests"].to_list() == [person.digests[0]] and told["detail"][0] == row["operator_id"][0]
    )


def _interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "named by telephone"),
        ("telephone: 06 12", "telephone_tronque"),
        ("telephone: 0639980123\noperateur: karavane", "named by telephone"),
        ("telefone: 0639980123", "line 1 is not"),
        ("telephone: 0639980123\nnouveau_telephone: 12", "telephone: 06 39 98 01 23"),
    ],
)
def test_a_request_that_names_nobody_is_refused_without_its_values(text: str, told: str) -> None:
    with pytest.raises(RequestError, match=told) as refused:
        parse_request(text)
    assert "0639980123" not in str(refused.value)


def test_a_request_may_be_typed_in(copy: Lake) -> None:
    outcome = CliRunner().invoke(cli.main, ["person", "restrict", "--lift", "--date", str(DAY)], input="12\n")
    assert outcome.exit_code == 1 and "06 39 98 01 23" in outcome.output
    assert read_request(_written(copy, "telephone: 06 39 98 01 23\n")) == ({"phone": "+33639980123"}, {})


def _written(lake: Lake, text: str) -> Path:
    file = lake.home.parent / "written"
    file.touch(0o600)
    file.write_text(text)
    return file


def test_every_personal_column_has_its_category_in_the_register_of_processing() -> None:
    personal = {column for table in TABLES.values() for column in table.personal_columns}
    assert personal == set(CATEGORIES)
