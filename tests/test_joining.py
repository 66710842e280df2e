"""Who may send: the state that a dossier's dates make, what it keeps private, what each environment takes in."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from dagster_project.catalogue import catalogue, rows, standing
from dagster_project.catalogue.dossier import ADMITTED
from dagster_project.catalogue.parties import Operator
from dagster_project.cli.main import main
from dagster_project.contracts.lake_tables import DROPS
from dagster_project.defs.drops import _known
from dagster_project.defs.resources import Night
from dagster_project.drops.answers.follow_up import follow_up
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.home import LockedError
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT, settings
from dagster_project.warehouse import cache
from tests.support.deliveries import run_models

from .conftest import use

NEWCOMER = """
id: nouvelle
name: Nouvelle Route
siret: "91234567500017"
vat_number: FR65912345675
legal_form: SAS
address: {street: 3 place de la Gare, postcode: "74000", city: Annecy}
terms: [{version: "2019-06", accepted_on: 2021-03-01}]
register_extract: {document: Kbis, received_on: 2021-03-02}
technical_file: {document: Dossier technique, received_on: 2021-03-02}
staging_on: 2021-03-05
"""
PRIVATE = """
id: nouvelle
bank: {holder: Nouvelle Route, name: Banque fictive, iban: "FR76 9999 9000 0100 9023 4567 790", bic: FICTFRP0XXX, received_on: 2021-03-08}
contacts:
  received_on: 2021-03-08
  dpo: {last_name: Secrète, first_name: Personne, email: secrete@nouvelle.example}
  controller: {last_name: Secrète, first_name: Personne, email: secrete@nouvelle.example}
  technical: {last_name: Secrète, first_name: Personne, email: secrete@nouvelle.example, phone: "+33 1 99 00 00 00"}
"""
REST = """
logo: {document: logos/nouvelle.svg, received_on: 2021-03-09}
proof_classes: [{from: 2021-03-20, class: B}]
production_on: 2021-03-15
suspensions: [{from: 2021-05-01, to: 2021-05-10, reason: contrôle des preuves}]
departures: [{from: 2021-09-01, to: 2021-10-31}]
"""
ROW = (
    "operator_journey_id,operator_trip_id,operator_class,start.datetime,start.lat,start.lon,end.datetime,end.lat,"
    "end.lon,distance,driver.identity.phone,driver.revenue,passenger.identity.phone,passenger.contribution,"
    "passenger.seats,incentives\n"
    "J,V,C,2021-03-{day}T07:30:00Z,46.1958,6.2354,2021-03-{day}T08:00:00Z,46.2044,6.1432,9800,+33639980001,350,"
    "+33639980002,150,1,[]\n"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue with a newcomer, and the private part of its dossier elsewhere."""
    root, private = tmp_path / "data", tmp_path / "private"
    shutil.copytree(PROJECT / "data", root, ignore=shutil.ignore_patterns("reference"))
    (root / "reference").symlink_to(PROJECT / "data" / "reference")
    (root / "operators/nouvelle.yml").write_text(NEWCOMER, "utf-8")
    (root / "operators/logos/nouvelle.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'
    )
    (private / "operators").mkdir(parents=True)
    (private / "operators/nouvelle.yml").write_text(PRIVATE, "utf-8")
    monkeypatch.setenv("ENTREPOT_PRIVATE_CATALOGUE", str(private))
    monkeypatch.setenv("ENTREPOT_CATALOGUE", str(root))
    monkeypatch.setenv("ENTREPOT_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield root
    settings.cache_clear()


def _newcomer(root: Path) -> Operator:
    return next(one for one in catalogue.operators(root) if one.id == "nouvelle")


def test_a_departure_as_it_was_written_before_is_told_by_its_successor(root: Path) -> None:
    (root / "operators/nouvelle.yml").write_text(NEWCOMER + "left_on: 2021-09-01\n", "utf-8")
    with pytest.raises(catalogue.CatalogueError, match=r"nouvelle\.yml.*departures: "):
        catalogue.operators(root)


def test_a_reference_table_that_is_missing_is_named(root: Path) -> None:
    (root / "reference").unlink()
    shutil.copytree(
        PROJECT / "data/reference", root / "reference", ignore=shutil.ignore_patterns("holi*", "depa*")
    )
    with pytest.raises(catalogue.CatalogueError, match=r"departements\.parquet, holidays\.parquet absent"):
        catalogue.authorities(root)


def test_the_state_of_a_day_follows_from_dated_facts(root: Path) -> None:
    (root / "operators/nouvelle.yml").write_text(NEWCOMER + REST, "utf-8")
    dossier = _newcomer(root)
    days = {
        "applying": date(2021, 3, 4),
        "staging": date(2021, 3, 19),  # opened on the 15th, but no class was granted
        "production": date(2021, 3, 20),
        "suspended": date(2021, 5, 10),
        "left": date(2021, 9, 1),
    }
    assert {state: dossier.state(day) for state, day in days.items()} == {state: state for state in days}
    assert dossier.state(date(2021, 5, 11)) == dossier.state(date(2021, 11, 1)) == "production"
    assert dossier.missing(date(2021, 3, 19)) == ["classe de preuve accordée au vu du dossier technique"]
    assert [state for state, _, _ in dossier.periods()] == [
        *("applying", "staging", "production", "suspended", "production", "left", "production")
    ]
    for state, first, last in dossier.periods():
        assert dossier.state(first) == dossier.state(last) == state


RENEWED = {
    "RIB": ("bank", {"received_on": "2021-05-05", "iban": "FR76 9999 9000 0100 9023 4567 790"}),
    "personnes": ("contacts", {"received_on": "2021-05-05"}),
    "logo": ("logo", {"received_on": "2021-05-05"}),
    "CGU": ("terms", [{"version": "2021-05", "accepted_on": "2021-05-05"}]),
    "Kbis": ("register_extract", {"document": "Kbis de mai", "received_on": "2021-05-05"}),
    "dossier technique": ("technical_file", {"document": "Dossier, 2", "received_on": "2021-05-05"}),
    "classe": ("proof_classes", [{"from": "2021-05-05", "class": "B"}]),
    "préproduction": ("staging_on", "2021-05-05"),
    "production": ("production_on", "2021-05-05"),
    "plus de RIB": ("bank", None),
}


@pytest.mark.parametrize("piece", RENEWED)
def test_a_piece_put_in_the_place_of_another_takes_nothing_back(
    root: Path, tmp_path: Path, piece: str
) -> None:
    lake, file = Lake(tmp_path / "home"), root / "operators/karavane.yml"
    day, tables = date(2021, 5, 3), ("operator_admissions", "operator_classes")
    parties = [*catalogue.operators(root), *catalogue.authorities(root)]
    standing.record(lake, parties, day)
    before = {name: rows.read(root, lake=lake)[name].filter(operator_id="karavane") for name in tables}
    key, new = RENEWED[piece]
    data = yaml.safe_load(file.read_text("utf-8"))
    data[key] = data[key] | new if isinstance(new, dict) else new
    file.write_text(
        yaml.safe_dump({name: value for name, value in data.items() if value is not None}), "utf-8"
    )
    alone = {name: rows.read(root)[name].filter(operator_id="karavane") for name in tables}
    for _ in range(2):
        after = {name: rows.read(root, lake=lake)[name].filter(operator_id="karavane") for name in tables}
        assert_frame_equal(after["operator_admissions"], before["operator_admissions"], check_exact=True)
        at = pl.col("from_at") < datetime(2021, 5, 4, 22, tzinfo=UTC)
        assert_frame_equal(after["operator_classes"].filter(at), before["operator_classes"], check_exact=True)
        standing.record(lake, parties, date(2021, 5, 6))
    is_of_state = piece != "préproduction"
    moved = [name for name in tables if not alone[name].equals(before[name])]
    assert moved or not is_of_state, "without a record nothing would move either"


def test_an_authority_keeps_its_state_and_a_suspension_ends_it(root: Path, tmp_path: Path) -> None:
    lake, file = Lake(tmp_path / "home"), root / "authorities/pmgf.yml"
    standing.record(lake, catalogue.authorities(root), date(2021, 5, 3))
    text = file.read_text("utf-8").replace("received_on: 2021-01-29", "received_on: 2021-05-05")
    file.write_text(text.replace("from: 2021-02", "from: 2021-06"), "utf-8")
    (authority,) = catalogue.authorities(root)
    assert authority.state(date(2021, 5, 3)) == "applying"
    (kept,) = standing.remembered(lake, [authority])
    assert (kept.state(date(2021, 5, 3)), kept.reached(date(2021, 5, 3))) == (
        "production",
        {"production": date(2021, 2, 22)},
    )
    assert "sélection des opérateurs" in kept.missing(date(2021, 5, 3))
    with file.open("a", encoding="utf-8") as more:
        more.write("suspensions: [{from: 2021-05-04, reason: contrôle}]\n")
    (stopped,) = standing.remembered(lake, catalogue.authorities(root))
    assert [stopped.state(date(2021, 5, day)) for day in (3, 4)] == ["production", "suspended"]


def test_an_authority_that_is_not_in_production_has_no_access_and_reads_what_is_missing(
    root: Path, tmp_path: Path
) -> None:
    lake, file, day = Lake(tmp_path / "home"), root / "authorities/pmgf.yml", date(2021, 3, 15)
    assert standing.without_access(lake, root, day) == {}
    assert list(standing.without_access(lake, root, date(2021, 2, 21))) == ["pmgf"]
    data = yaml.safe_load(file.read_text("utf-8"))
    late = data["incentive_policy"] | {"received_on": "2021-03-16"}
    file.write_text(
        yaml.safe_dump({k: v for k, v in data.items() if k != "logo"} | {"incentive_policy": late})
    )
    told = standing.without_access(lake, root, day)
    assert told == {"pmgf": "candidature ; il manque : logo, politique incitative"}


def test_an_operator_that_signed_no_convention_is_told_with_the_first_euro(root: Path) -> None:
    campaign, file = root / "campaigns/pmgf_2021.yml", root / "authorities/pmgf.yml"
    assert catalogue.warnings([campaign], root) == []
    data = yaml.safe_load(file.read_text("utf-8"))
    late = [one | {"signed_on": "2021-02-24"} for one in data["conventions"] if one["operator"] == "karavane"]
    signed = [one for one in data["conventions"] if one["operator"] not in ("karavane", "alpimob")]
    file.write_text(yaml.safe_dump(data | {"conventions": signed + late}), "utf-8")
    told = catalogue.warnings([campaign], root)
    assert [line.partition("`")[2].partition("`")[0] for line in told] == ["alpimob", "karavane"]
    assert "aucune convention avec `pmgf` au 2021-02-23" in told[1] and "pmgf_2021.yml:" in told[1]
    result = CliRunner().invoke(main, ["check-campaign", str(campaign)])
    assert result.exit_code == 0 and told[0] in result.output


def test_a_document_names_the_account_of_its_day(root: Path) -> None:
    file = root / "operators/karavane.yml"
    data = yaml.safe_load(file.read_text("utf-8"))
    (first,) = catalogue.operators(root)[2].bank
    data["bank"] = [
        data["bank"] | {"received_on": "2021-05-05", "iban": "FR76 9999 9000 0100 9023 4567 790"},
        data["bank"],
    ]
    file.write_text(yaml.safe_dump(data), "utf-8")
    karavane = next(one for one in catalogue.operators(root) if one.id == "karavane")
    assert [karavane.account(date(2021, 5, day)).iban[-3:] for day in (4, 5)] == ["540", "790"]
    assert karavane.account(date(2018, 1, 1)) == first  # before any came
    assert karavane.state(date(2021, 5, 3)) == "production"
    data["bank"][1]["received_on"] = "2021-05-05"
    file.write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(catalogue.CatalogueError, match="deux versions reçues le même jour"):
        catalogue.operators(root)


def test_a_logo_that_cannot_be_drawn_is_told_with_its_remedy(root: Path) -> None:
    (root / "operators/logos/karavane.svg").write_text("<svg")
    with pytest.raises(catalogue.CatalogueError, match=r"karavane.svg` ne se dessine pas ; donner une image"):
        catalogue.operators(root)
    (root / "operators/logos/karavane.svg").write_bytes(b"<svg/>" + b" " * 200_000)
    with pytest.raises(catalogue.CatalogueError, match="dépasse 200 ko"):
        catalogue.operators(root)


def test_a_party_is_named_as_it_was_on_a_documents_day_and_so_is_who_keeps_the_registry(root: Path) -> None:
    """A merger, a move, another service: what is drawn of a day before says what held then."""
    file = root / "authorities/pmgf.yml"
    data = yaml.safe_load(file.read_text("utf-8"))
    old = {"name": data["name"], "siret": data["siret"]}
    data |= {"name": "Pôle fusionné", "siret": "90234567700014"}
    data["formerly"] = [
        old | {"to": "2021-06-30"},
        {
            "to": "2021-03-31",
            "address": {"street": "1 rue d'Avant", "postcode": "74100", "city": "Annemasse"},
        },
    ]
    file.write_text(yaml.safe_dump(data), "utf-8")
    (authority,) = catalogue.authorities(root)
    days = {day: authority.on(day) for day in (date(2021, 3, 31), date(2021, 6, 30), date(2021, 7, 1))}
    assert [one.name for one in days.values()] == [old["name"], old["name"], "Pôle fusionné"]
    assert [one.siren for one in days.values()] == ["200075372", "200075372", "902345677"]
    assert [one.address.street[:8] for one in days.values()] == ["1 rue d'", "15 avenu", "15 avenu"]
    rules = root / "rules/registry.yml"
    registry = yaml.safe_load(rules.read_text("utf-8"))
    successor = registry["operators"][0] | {"from": "2021-07-01", "service": "Agence du covoiturage"}
    registry["operators"].append(successor)
    rules.write_text(yaml.safe_dump(registry), "utf-8")
    kept = catalogue.registry(root)
    assert kept.on(date(2021, 6, 30)).service == "Mission Incubateur de Services Numériques"
    assert kept.on(date(2021, 7, 1)).service == "Agence du covoiturage"


def test_onboarding_says_what_is_missing_and_names_nobody(root: Path) -> None:
    result = CliRunner().invoke(main, ["onboarding", "--date", "2021-03-10"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if "nouvelle" in line]
    assert "préproduction" in line and "2021-03-05" in line and "logo, classe de preuve" in line
    assert "clause de consentement" in result.output
    assert not [line for line in result.output.splitlines() if "karavane" in line and "clause" in line]
    assert "annexe 1" in result.output and "annexe 5" not in result.output
    file = root / "authorities/pmgf.yml"
    data = yaml.safe_load(file.read_text("utf-8"))
    of_karavane = next(one for one in data["conventions"] if one["operator"] == "karavane")
    of_karavane["fraud_control"]["received_on"] = "2021-03-11"
    file.write_text(yaml.safe_dump(data), "utf-8")
    told = {}
    for day in ("2021-03-10", "2021-03-11"):
        result = CliRunner().invoke(main, ["onboarding", "--date", day], env={"COLUMNS": "400"})
        told[day] = [line.split()[1] for line in result.output.splitlines() if "annexe 5" in line]
    assert told == {"2021-03-10": ["karavane"], "2021-03-11": []}
    for secret in ("Secrète", "secrete@", "FR76", "+33 1"):
        assert secret not in result.output + repr(_newcomer(root))


def test_a_wrong_private_file_is_told_by_its_line_and_never_by_a_persons_value(
    root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "private/operators/nouvelle.yml"
    wrong = PRIVATE.replace(
        "secrete@nouvelle.example}\n  controller", "secrete.nouvelle.example}\n  controller"
    )
    file.write_text(wrong.replace("790", "791"), "utf-8")
    with pytest.raises(catalogue.CatalogueError) as told:
        catalogue.operators(root)
    assert f"{file}:3: bank.iban : n'est pas un IBAN" in str(told.value)
    assert f"{file}:6: contacts.dpo.email : n'est pas une adresse" in str(told.value)
    assert "secrete" not in str(told.value) and "FR76" not in str(told.value)


def _night(environment: str, home: Path, day: int, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Take the newcomer's drop of that day in March."""
    monkeypatch.setenv("ENTREPOT_ENVIRONMENT", environment)
    lake = use(home)
    incoming = lake.drops / "nouvelle/incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    (incoming / "trajets.csv").write_text(ROW.format(day=day), "utf-8")
    with lake.lock():
        (drop,) = claim(lake.drops, Troubles())
        ingest(drop, lake, _known(Night()), date(2021, 3, day), Troubles())
    return lake


def test_a_staging_operators_drop_runs_through_staging_and_is_answered_elsewhere(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    production = _night("production", tmp_path / "production", 16, monkeypatch)
    assert production.read(DROPS)["refused_code"].to_list() == ["operator_not_in_production"]
    assert list((production.home / "lake/active/journeys").rglob("*.parquet")) == []
    (answer,) = (production.drops / "nouvelle/feedback").glob("*.json")
    told = json.loads(answer.read_text("utf-8"))["refus"]
    assert (
        "préproduction ; il manque : logo, classe de preuve" in told["motif"]
        and "étapes 1 à 3" in told["remede"]
    )

    staging = _night("staging", tmp_path / "staging", 16, monkeypatch)
    (root / "operators/nouvelle.yml").write_text(NEWCOMER + REST.replace("03-20", "03-01"), "utf-8")
    staging.write_catalogue(rows.read(root))
    run_models(staging, date(2021, 3, 16), "+journey_notices")
    with cache.reading(staging, building=True) as connection:
        found = connection.execute(
            "select outcome, declared_class, operator_class from active.int_accepted_journeys"
        ).fetchall()
        assert found == [("valid", "C", "B")]
        assert follow_up(staging, connection, date(2021, 3, 16), Troubles()) == {"class_above_granted": 1}
    lines = (staging.drops / "nouvelle/feedback/suivi_des_trajets.csv").read_text("utf-8").splitlines()
    assert lines[1].startswith(
        '"J";"2021-03-16";"class_above_granted";"avertissement";"La classe déclarée dépasse'
    )
    with pytest.raises(LockedError, match="home of the environment production"), Lake(production.home).lock():
        pass
    (root / "operators/nouvelle.yml").write_text(NEWCOMER, "utf-8")
    monkeypatch.setenv("ENTREPOT_ENVIRONMENT", "production")
    use(production.home)
    assert rows.read(root)["operator_admissions"].filter(operator_id="nouvelle").is_empty()

    given = "ab" * 32
    monkeypatch.setenv("ENTREPOT_ACTIVE_KEY", given)
    keys = {}
    for environment in ADMITTED:
        monkeypatch.setenv("ENTREPOT_ENVIRONMENT", environment)
        settings.cache_clear()
        keys[environment] = settings().active_key.get_secret_value()  # type: ignore[union-attr]
    assert keys["production"] == given != keys["staging"]
