"""Attestations for carpoolers: who may be attested, what is counted, what goes back, what stays."""

import io
import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from dagster_project.attestations.answering import Answered
from dagster_project.attestations.request import RequestFileError, read_request
from dagster_project.cli.main import main
from dagster_project.contracts.attestations import ATTESTATIONS, MOST_PERSONS
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.claim import is_request
from dagster_project.files.pdf_text import shown_texts
from dagster_project.lake.store import Lake
from dagster_project.proof.signing import signer
from dagster_project.reports.shared.attestation import ATTACHMENT
from dagster_project.retention.apply import apply
from dagster_project.retention.plan import plan
from dagster_project.rights.limits import lift, restrict
from dagster_project.rights.person import find
from dagster_project.warehouse.cache import EVALUATION, build, reading
from tests.support.attestation_requests import DAY, HEAD, PERIOD, ask
from tests.support.deliveries import run_models

from .conftest import copy_home, use

TOOL = Path(__file__).parents[1] / "tools" / "verify_call.py"


@pytest.fixture
def copy(house: Lake, tmp_path: Path) -> Lake:
    """The sample's house, to change."""
    copy_home(house, tmp_path / "copy")
    return use(tmp_path / "copy")


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "demande_attestation.csv"
    file.write_text(text, "utf-8")
    return file


WRONG = {
    ";;;2021-03-01;2021-03-31;incitation": ("telephone", "request_person"),
    "0639980123;;AB1;2021-03-01;2021-03-31;incitation": ("telephone", "request_person"),
    "12;;;2021-03-01;2021-03-31;incitation": ("telephone", "request_phone"),
    ";12;AB1;2021-03-01;2021-03-31;incitation": ("telephone_tronque", "request_phone"),
    "0639980123;;;mars;2021-03-31;incitation": ("du", "request_day"),
    "0639980123;;;2021-03-31;2021-03-01;incitation": ("au", "request_order"),
    "0639980123;;;2021-03-01;2021-08-02;incitation": ("au", "request_future"),
    "0639980123;;;2020-08-01;2021-03-01;incitation": ("du", "request_beyond_base"),
    "0639980123;;;2021-03-01;2021-03-31;divers": ("usage", "request_usage"),
    "0639980123;;2021-03-01;2021-03-31;incitation": ("", "request_cells"),
}


def test_each_wrong_line_is_told_by_its_place_and_the_right_ones_go_on(tmp_path: Path) -> None:
    right = "06 39 98 01 23;;;01/03/2021;2021-08-01;incitation"
    request = read_request(_file(tmp_path, "\n".join((HEAD, *WRONG, "", right))), DAY)
    assert request.faults.select("line", "column", "code").rows() == [
        (line, *fault) for line, fault in enumerate(WRONG.values(), 2)
    ]
    assert request.asked.select("line", "phone", "first_on").rows() == [
        (len(WRONG) + 3, "+33639980123", date(2021, 3, 1))
    ]


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("", "request_columns", "il manque du, au, usage, telephone"),
        (f"{HEAD}\n", "request_columns", "il n'y a aucune personne"),
        (f"+33639980123;;;{PERIOD}\n", "request_columns", "colonnes 1, 2, 3, 4, 5, 6 de l'en-tête"),
        ("telephone_tronque;du;au;usage\n", "request_columns", "il manque telephone"),
        (f'{HEAD}\n"06;;;{PERIOD}\n', "request_columns", "ligne 2, guillemets"),
        (f"{HEAD}\n" + f"0639980123;;;{PERIOD}\n" * (MOST_PERSONS + 1), "request_too_large", ""),
    ],
)
def test_what_is_no_request_goes_back_whole_and_repeats_nothing(
    tmp_path: Path, text: str, code: str, detail: str
) -> None:
    with pytest.raises(RequestFileError) as refusal:
        read_request(_file(tmp_path, text), DAY)
    assert (refusal.value.code, refusal.value.detail) == (code, detail)


def test_a_request_is_told_from_a_drop_by_its_name() -> None:
    asking = ("demande_attestation.csv", "Demande d'attestations 2.CSV", "demande-attestation_3.csv")
    assert [name for name in asking if not is_request(name)] == []
    others = ("trajets.csv", "demande.csv", "attestation_demandee.csv")
    assert [name for name in others if is_request(name)] == []


def _pdfs(lake: Lake, operator_id: str) -> dict[str, bytes]:
    folder = lake.drops / operator_id / "feedback"
    return {file.name: file.read_bytes() for file in sorted(folder.glob("attestation_*.pdf"))}


def _said(pdf: bytes) -> dict[str, object]:
    content = json.loads(PdfReader(io.BytesIO(pdf)).attachments[ATTACHMENT][0])
    return dict(content["valeurs"])


def _phone(lake: Lake, operator_id: str = "karavane") -> str:
    """The phone of a driver of the operator who has most journeys."""
    journeys = lake.read(JOURNEYS).filter(operator_id=operator_id)
    busy = (
        journeys["driver_identity_key"].value_counts().sort("count", "driver_identity_key", descending=True)
    )
    people = lake.read(IDENTITIES).filter(pl.col("phone").is_not_null(), operator_id=operator_id)
    return str(
        busy.join(people, left_on="driver_identity_key", right_on="identity_key", maintain_order="left")[
            "phone"
        ][0]
    )


def test_days_journeys_and_kilometres_are_those_of_the_valid_journeys(copy: Lake) -> None:
    phone = _phone(copy)
    keys = find(copy, {"phone": phone}).keys
    assert ask(copy, "karavane", f"{phone};;;{PERIOD}") == Answered(1, {})
    with reading(copy) as connection:
        valid = connection.execute("from active.journeys where outcome = 'valid' order by all").pl()
    driven = valid.filter(pl.col("driver_identity_key").is_in(keys))
    cars = {(row["operator_id"], row["operator_trip_id"]): 0 for row in driven.to_dicts()}
    for row in driven.to_dicts():
        car = (row["operator_id"], row["operator_trip_id"])
        cars[car] = max(cars[car], row["distance_m"])
    ridden = valid.filter(pl.col("passenger_identity_key").is_in(keys))
    days = {*driven["start_on"], *ridden["start_on"]}
    (pdf,) = _pdfs(copy, "karavane").values()
    said = _said(pdf)
    assert (said["jours"], said["trajets"]) == (len(days), len(cars) + ridden.height)
    km = float(str(said["km"]).replace("\u00a0", "").replace(",", "."))
    assert abs(km * 1000 - sum(cars.values()) - ridden["distance_m"].sum()) < 500
    page = "".join(shown_texts(pdf))
    assert phone not in page.replace(" ", "") and phone.encode() not in pdf
    assert [key for key in keys if key in page] == []


def test_the_same_request_gives_the_same_bytes_and_no_second_answer(copy: Lake) -> None:
    line = f"{_phone(copy)};;;{PERIOD}"
    ask(copy, "karavane", line, f"0639989999;;;{PERIOD}")
    feedback = copy.drops / "karavane" / "feedback"
    before = {file.name: file.read_bytes() for file in feedback.iterdir()}
    again = ask(copy, "karavane", line, f"0639989999;;;{PERIOD}", on=DAY + timedelta(days=1))
    assert again == Answered(1, {"attestation_nothing_known": 1}, is_known=True)
    assert {file.name: file.read_bytes() for file in feedback.iterdir()} == before
    # Another file asks the same after the PDF was taken away: it is given again, as it was.
    (name,) = _pdfs(copy, "karavane")
    (feedback / name).unlink()
    ask(copy, "karavane", line, name="demande_attestation_2.csv", on=DAY + timedelta(days=1))
    assert _pdfs(copy, "karavane") == {name: before[name]}


def test_a_night_killed_before_the_answer_ends_as_it_had_begun(
    copy: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"{_phone(copy)};;;{PERIOD}"
    monkeypatch.setattr(
        "dagster_project.attestations.answering.keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        ask(copy, "karavane", line)
    monkeypatch.undo()
    begun = _pdfs(copy, "karavane")
    assert len(begun) == 1
    ask(copy, "karavane", line, on=DAY + timedelta(days=1))
    assert _pdfs(copy, "karavane") == begun


def test_a_stranger_is_unknown_and_a_truncated_phone_is_one_operators_person(copy: Lake) -> None:
    people = copy.read(IDENTITIES)
    known = set(people.filter(operator_id="karavane")["phone"].drop_nulls())
    stranger = next(
        phone
        for phone in people.filter(operator_id="covoit_leman")["phone"].drop_nulls()
        if phone not in known
    )
    account = people.filter(pl.col("phone_trunc").is_not_null(), operator_id="troisplaces").row(0, named=True)
    cut, own = account["phone_trunc"], account["operator_user_id"]
    assert ask(copy, "karavane", f"{stranger};;;{PERIOD}", f";{cut};{own};{PERIOD}") == Answered(
        0, {"attestation_nothing_known": 2}
    )
    ask(copy, "troisplaces", f";{cut};{own};{PERIOD}")
    (pdf,) = _pdfs(copy, "troisplaces").values()
    assert {row[0] for row in _said(pdf)["detail"]} == {"Trois Places"}  # type: ignore[attr-defined]


def _evaluate(lake: Lake) -> None:
    """The base as it is after a request: attestations read nothing of what comes after it."""
    run_models(lake, DAY, *EVALUATION)
    lake.building.replace(lake.cache_file)


def test_a_limited_person_is_refused_with_the_reason_and_the_pdf_is_withdrawn(copy: Lake) -> None:
    phone = _phone(copy)
    ask(copy, "karavane", f"{phone};;;{PERIOD}")
    restrict(copy, find(copy, {"phone": phone}), DAY)
    _evaluate(copy)
    assert not _pdfs(copy, "karavane")
    assert ask(copy, "karavane", f"{phone};;;{PERIOD}") == Answered(0, {"attestation_limited": 1})
    assert ask(copy, "covoit_leman", f"{phone};;;{PERIOD}").refused in (
        {"attestation_nothing_known": 1},  # of a stranger, a limitation is not told
        {"attestation_limited": 1} if _knows(copy, "covoit_leman", phone) else {},
    )
    lift(copy, find(copy, {"phone": phone}), DAY)
    _evaluate(copy)
    assert ask(copy, "karavane", f"{phone};;;{PERIOD}").attestations == 1


def _knows(lake: Lake, operator_id: str, phone: str) -> bool:
    return phone in lake.read(IDENTITIES).filter(operator_id=operator_id)["phone"].to_list()


def test_pdf_and_register_go_at_their_terms(copy: Lake) -> None:
    ask(copy, "karavane", f"{_phone(copy)};;;{PERIOD}")
    (name,) = _pdfs(copy, "karavane")
    last_on = TERMS["attestations"].ends_on(DAY)
    of_files = {
        day: {one.path.name for one in plan(copy, day, TERMS).removals}
        for day in (last_on - timedelta(days=1), last_on)
    }
    assert [name in names for names in of_files.values()] == [False, True]
    ended_on = TERMS["journeys"].ends_on(copy.read(ATTESTATIONS)["last_ended_on"].max())  # type: ignore[arg-type]
    assert plan(copy, ended_on - timedelta(days=1), TERMS).attestations.is_empty()
    apply(copy, plan(copy, ended_on, TERMS))
    assert copy.read(ATTESTATIONS).is_empty() and not _pdfs(copy, "karavane")


def test_an_employer_verifies_offline_and_the_registry_says_whether_the_count_stands(
    copy: Lake, tmp_path: Path
) -> None:
    phone = _phone(copy)
    ask(copy, "karavane", f"{phone};;;{PERIOD}")
    ((name, content),) = _pdfs(copy, "karavane").items()
    file, key, scanned = tmp_path / name, tmp_path / "cle.pem", tmp_path / "carre.txt"
    file.write_bytes(content)
    key.write_bytes(signer(copy).pem)
    scanned.write_bytes(PdfReader(io.BytesIO(content)).attachments[ATTACHMENT][0])
    for given in (file, scanned):
        checked = _tool(given, key)
        assert checked.returncode == 0 and "[" not in checked.stdout
        assert re.search(r"du \d\d/.* km en covoiturage, dont\n  - .*classe de preuve", checked.stdout)
        told = CliRunner().invoke(main, ["attest", "verify", str(given)])
        assert (
            told.exit_code == 0
            and "attestation authentique" in told.output
            and "compte de même" in told.output
        )
    changed = json.loads(scanned.read_text())
    changed["valeurs"]["jours"] += 1
    scanned.write_text(json.dumps(changed))
    assert "pas signées" in _tool(scanned, key).stdout
    assert CliRunner().invoke(main, ["attest", "verify", str(scanned)]).exit_code == 1
    # Journeys are corrected since: what was signed stays true of its day, and the registry says it is past.
    person = find(copy, {"phone": phone})
    for part in copy.folder(JOURNEYS).rglob("*.parquet"):
        rows = copy.rows(JOURNEYS, [part])
        mine = pl.any_horizontal(
            pl.col(role).is_in(person.keys) for role in ("driver_identity_key", "passenger_identity_key")
        )
        copy.replace(
            JOURNEYS,
            rows.with_columns(
                distance_m=pl.when(mine).then(pl.col("distance_m") + 900).otherwise("distance_m")
            ),
            part,
        )
    build(copy, DAY)
    assert _tool(file, key).returncode == 0
    told = CliRunner().invoke(main, ["attest", "verify", str(file)])
    assert told.exit_code == 1 and "attestation authentique" in told.output and "dépassée" in told.output


def _tool(file: Path, key: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, TOOL, file, "--key", key], capture_output=True, text=True, check=False
    )
