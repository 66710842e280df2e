"""What a campaign file can say, and what is told where it says too much, twice, or nothing that can be."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from dagster_project.campaigns.compile.rules import rule_rows
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.cli.main import main
from dagster_project.contracts.small_counts import FEW
from dagster_project.lake.encryption import Database
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT
from dagster_project.warehouse import cache, dbt_run
from tests.support.campaign_files import BASE, campaign_file

from .conftest import use

DATA = PROJECT / "data"
BANDS = [{"de_m": 0, "centimes": 100}]


def _run(*arguments: object) -> Any:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def _tables(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    tables = [{"nom": "une", "tranches": BANDS} | one, {"nom": "autre", "tranches": BANDS} | other]
    return {"par": "siege", "tables": tables}


_ABROAD = {
    "une_de": [{"origine": "pole", "destination": "suisse"}, {"origine": "suisse", "destination": "pole"}]
}


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({"origine": "pole"}, {"origine": "pole"}, True),
        ({"origine": "pole"}, {"destination": "pole"}, True),
        ({"origine": "annemasse"}, {"origine": "agglo"}, True),
        ({"origine": "annemasse"}, {"origine": "pole", "sauf": {"destination": "thonon"}}, True),
        ({"origine": "annemasse"}, {"origine": "thonon"}, False),
        ({"origine": "annemasse"}, {"origine": "pole", "sauf": {"origine": "agglo"}}, False),
        (_ABROAD, {"origine_et_destination": "pole"}, False),
        (_ABROAD, {"origine_ou_destination": "agglo"}, True),
        ({"meme_code": {"niveau": "epci"}}, {"origine_et_destination": "pole"}, True),
        ({"meme_code": {"niveau": "epci"}}, {"origine": "annemasse", "destination": "thonon"}, False),
        (
            {"sauf": {"meme_code": {"niveau": "epci"}}},
            {"origine": "annemasse", "destination": "agglo"},
            False,
        ),
        ({"origine": "pole", "jours": ["lundi"]}, {"origine": "pole", "jours": ["mardi"]}, False),
        ({"origine": "pole", "avant": "2021-05-01"}, {"origine": "pole", "du": "2021-05-01"}, False),
        ({"origine": "gare"}, {"destination": "gare"}, True),
        ({"origine": "gare"}, {"origine": "annemasse"}, False),  # only data can tell
        ({"origine": "ailleurs"}, {"destination": "ailleurs"}, True),
    ],
)
def test_tables_that_codes_prove_to_overlap_are_told_when_the_file_is_loaded(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any], overlap: bool
) -> None:
    told = catalogue.check(campaign_file(tmp_path, tarif=_tables(one, other)), DATA)
    assert any("les tables `une` et `autre` se recouvrent" in line for line in told) == overlap, told


def test_the_night_counts_journeys_with_two_tables_and_goes_on(tmp_path: Path) -> None:
    from dagster_project.defs.warehouse import _verdicts, evaluate

    database = Database(tmp_path / "entrepot.duckdb", bytes(32))
    rows = [("c", True, True), ("c", True, True), ("c", True, False), ("c", False, True), ("d", True, True)]
    with database.open() as connection:
        amounts = pl.DataFrame(rows, ["campaign_id", "is_eligible", "is_ambiguous"], orient="row")
        cache.load(connection, {"campaigns": {"campaign_incentives": amounts}})
    select = ["test", "--select", "assert_no_journey_has_two_tables"]
    results = dbt_run.run(database, tmp_path, select)
    specs = [spec for spec in evaluate.check_specs if spec.name == "assert_no_journey_has_two_tables"]
    (check,) = _verdicts(specs, results)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.asset_key == dg.AssetKey(["campaigns", "campaign_incentives"])
    assert check.metadata["failing_rows"].value == FEW


_TOO_MANY = {
    "conditions": {"eligibilite": [{"nom": f"t_{i}", "distance": {"min_m": i}} for i in range(63)]},
    "territoires": {
        "territoires": BASE["territoires"] | {f"t_{i}": {"commune": ["74012"]} for i in range(63)}
    },
    "combinaisons": {
        "eligibilite": [
            {
                "nom": "tout",
                "une_de": [
                    {"jours": ["lundi"], "distance": {"min_m": i}, "mois": [i + 1]} for i in range(12)
                ],
            }
        ]
    },
    "plafonds": {
        "plafonds": [
            {"nom": f"p_{i}", "compte": "trajets", "par": "conducteur", "fenetre": "jour", "maximum": 1}
            for i in range(9)
        ]
    },
    "ajustements": {"tarif": BASE["tarif"] | {"ajustements": [{"plafond_centimes": i} for i in range(9)]}},
}


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("conditions", "conditions et 8 territoires distincts, 62 au plus de chaque ; réunir"),
        ("territoires", "71 territoires distincts, 62 au plus de chaque ; réunir"),
        ("combinaisons", "eligibilite.0 : trop de combinaisons dans `une_de` ou `sauf` ; réunir"),
        ("plafonds", "plafonds : 9 éléments, 8 au plus ; en réunir"),
        ("ajustements", "tarif.ajustements : 9 éléments, 8 au plus ; en réunir"),
    ],
)
def test_a_limit_that_is_passed_is_told_with_its_remedy(tmp_path: Path, what: str, told: str) -> None:
    file = campaign_file(tmp_path, **_TOO_MANY[what])
    for command in (["check-campaign", file], ["simulate", "--campaign", file, "--journeys", tmp_path / "x"]):
        result = _run(*command)
        assert result.exit_code == 1 and told in result.output, result.output


def test_many_lines_between_places_are_few_conditions(tmp_path: Path) -> None:
    codes = [
        f"74{number:03}" for number in (12, 281, 243, 145, 153, 94, 118, 133, 158, 197, 224, 298, 305, 40)
    ]
    lines = [{"origine": f"t_{a}", "destination": f"t_{b}"} for a in codes for b in codes if a < b]
    abroad = [
        {"origine": "suisse", "destination": f"t_{codes[0]}"},
        {"origine": "gare", "destination": "suisse"},
    ]
    file = campaign_file(
        tmp_path,
        territoires=BASE["territoires"] | {f"t_{code}": {"commune": [code]} for code in codes},
        eligibilite=[{"nom": "lignes", "une_de": [*lines, *abroad]}],
    )
    told = catalogue.check(file, DATA)
    assert len(lines) > 60 and not [line for line in told if "ailleurs" not in line], told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("heures: [{de: 07:02, a: 09:00}]", "de cinq en cinq minutes"),
        ("heures: [{de: 22:00, a: 05:00}]", "une nuit s'écrit en deux plages"),
        ("dates: [2021-02-30]", "date attendue"),
        ("contribution: {min_centimes: 5, max_centimes: 1}", "aucun trajet ne passerait"),
        ("distance: {min: 2000}", "le plus proche est `min_m`"),
        ("origine: anemasse", "le plus proche est `annemasse`"),
        ("operateurs: [alpimo]", "le plus proche est `alpimob`"),
        ("meme_code: {niveau: aom, sauf: [200075373]}", "le plus proche est `200075372`"),
        ("origine: ailleurs", "aom `123456789` inconnu de data/authorities ; connus : 200075372"),
        ("distance: {min_m: 12,5}", "les décimales d'un taux ont un point"),
        ("classes: [C]\n  classes: [B]", "clé écrite deux fois"),
        ("sauf: {mois: [3, 4, 5, 6, 7]}\n- nom: au_printemps\n  mois: [4]", "aucun trajet ne peut passer"),
    ],
)  # fmt: skip
def test_a_fault_in_a_condition_is_told_in_french(tmp_path: Path, text: str, told: str) -> None:
    file = campaign_file(tmp_path)
    file.write_text(f"{file.read_text('utf-8')}eligibilite:\n- nom: essai\n  {text}\n", "utf-8")
    lines = catalogue.check(file, DATA)
    assert [line for line in lines if told in line], lines
    assert not [line for line in lines if "Input" in line or "should" in line], lines


def test_codes_hours_and_articles_are_read_as_they_are_written(tmp_path: Path) -> None:
    file = campaign_file(tmp_path)
    tests = "eligibilite:\n- {nom: soir, heures: [{de: 17:30, a: 19:00}], article: 6.10}\n"
    file.write_text(file.read_text("utf-8").replace("'74012'", "01004") + tests, "utf-8")
    campaign = catalogue.campaign(file)
    assert campaign.territoires["annemasse"].commune == ["01004"]
    assert (campaign.eligibilite[0].heures[0].de, campaign.eligibilite[0].article) == ("17:30", "6.10")


def test_an_epci_is_in_one_authority(tmp_path: Path) -> None:
    folder = tmp_path / "authorities"
    shutil.copytree(DATA / "authorities", folder)
    shutil.copytree(DATA / "operators", tmp_path / "operators")
    (tmp_path / "reference").symlink_to(DATA / "reference")
    pmgf = (DATA / "authorities/pmgf.yml").read_text("utf-8")
    assert len(catalogue.authorities(tmp_path)) == 1
    (folder / "voisine.yml").write_text(pmgf.replace("id: pmgf", "id: voisine"), "utf-8")
    with pytest.raises(catalogue.CatalogueError) as error:
        catalogue.authorities(tmp_path)
    line = pmgf[: pmgf.index('- "240100750"')].count("\n") + 1
    told = (
        f"{folder / 'voisine.yml'}:{line}: epci.0 : EPCI `240100750` déjà dans l'autorité `pmgf` ; le retirer"
    )
    assert told in str(error.value)


def test_an_authority_is_its_epcis_in_the_night_and_in_a_simulation(house: Lake, tmp_path: Path) -> None:
    members = [one.code for one in catalogue.authorities(DATA)[0].epci]
    pole = BASE["territoires"]["pole"]
    found = []
    for territory in (pole, {"epci": members}):
        perimeter = {"perimetre": {"territoire": "pole"}}
        file = campaign_file(
            tmp_path, territoires=BASE["territoires"] | {"pole": territory, "ailleurs": pole}, **perimeter
        )
        use(house.home)
        days = ("--from", "2021-03-01", "--to", "2021-07-31")
        assert _run("simulate", "--campaign", file, *days, "--out", tmp_path / "out.csv").exit_code == 0
        found.append(pl.read_csv(tmp_path / "out.csv"))
    assert_frame_equal(found[0], found[1], check_exact=True)
    assert 0 < found[0]["eligible"].sum() < found[0].height


HEADER = "operator_id,operator_journey_id,start_at,distance_m,start_lat,start_lon,end_lat,end_lon"
ANNEMASSE, THONON, ST_JULIEN = "46.193,6.236", "46.370,6.479", "46.144,6.081"


def test_lines_months_and_ambiguous_journeys_in_one_simulation(tmp_path: Path) -> None:
    """Lines between disjoint places, payees by month, a circle over a code: from positions alone."""
    use(tmp_path / "home")
    places = {"annemasse": ANNEMASSE, "thonon": THONON, "st_julien": ST_JULIEN}
    lines = [
        ("annemasse", "thonon"),
        ("thonon", "annemasse"),
        ("st_julien", "annemasse"),
        ("thonon", "st_julien"),
    ]
    pairs = [
        {"origine": a, "destination": b} for a, b in [*lines, ("annemasse", "suisse"), ("suisse", "agglo")]
    ]
    file = campaign_file(
        tmp_path,
        beneficiaire=[{"qui": "passager", "mois": [4, 6], "article": "5"}, {"qui": "conducteur"}],
        eligibilite=[{"nom": "lignes", "une_de": pairs}],
        tarif=_tables({"origine": "gare"}, {"origine": "annemasse", "avant": "2021-05-01"}),
    )
    rows = [
        f"alpimob,{month}-{a}-{b},2021-{month:02}-10T10:00:00Z,9000,{places[a]},{places[b]}"
        for month in (4, 5)
        for a in places
        for b in places
    ]
    journeys, out = tmp_path / "journeys.csv", tmp_path / "out.csv"
    journeys.write_text("\n".join([HEADER, *rows]), "utf-8")
    result = _run("simulate", "--campaign", file, "--journeys", journeys, "--out", out)
    assert result.exit_code == 0, result.output
    found = {row["operator_journey_id"]: row for row in pl.read_csv(out).to_dicts()}
    assert {name for name, row in found.items() if row["eligible"]} == {
        f"{m}-{a}-{b}" for m in (4, 5) for a, b in lines
    }
    assert {row["beneficiaire"] for name, row in found.items() if name.startswith("4-")} == {"passager"}
    assert {row["beneficiaire"] for name, row in found.items() if name.startswith("5-")} == {"conducteur"}
    assert (found["4-annemasse-thonon"]["reasons"], found["4-annemasse-thonon"]["amount_cents"]) == (
        "tarif_ambigu",
        0,
    )
    assert found["5-annemasse-thonon"]["amount_cents"] == 100
    assert "attention : essai : 1 trajet(s) ont plusieurs tables" in result.stderr

    explain = ("explain", "--campaign", file, "--journeys", journeys, "--operator", "alpimob", "--journey")
    page = _run(*explain, "4-annemasse-thonon").output
    assert "plusieurs tables s'appliquent (une, autre)" in page and "versée au passager" in page
    told = json.loads(_run(*explain, "5-annemasse-thonon", "--json").stdout)
    assert (told["payee"]["who"], told["budget"]["incentive_cents"]) == ("conducteur", 100)


def test_every_example_of_the_documentation_is_a_campaign() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (PROJECT / "docs/campagnes.md").read_text("utf-8"), re.DOTALL)
    examples = [yaml.safe_load(block) for block in blocks]
    territories = {name: one for example in examples for name, one in example.get("territoires", {}).items()}
    assert len(examples) >= 6 and territories
    tests = [test["nom"] for example in examples for test in example.get("eligibilite", [])]
    for example in examples:
        named = [{"nom": name, "classes": ["C"]} for name in tests if "commission" in example]
        given = BASE | {"eligibilite": named} | example | {"territoires": territories}
        assert rule_rows([Campaign.model_validate(given)])["campaigns"]


def test_an_editor_accepts_every_campaign_file_and_refuses_a_wrong_key() -> None:
    schema = json.loads((PROJECT / "docs/schemas/campagne.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    files = [*(DATA / "campaigns").glob("*.yml"), *(PROJECT / "tests/campaigns").glob("*.yml")]
    assert len(files) > 22
    alternating = {"beneficiaire": [{"qui": "passager", "mois": [2]}, {"qui": "conducteur"}]}
    for given in [*(yaml.safe_load(file.read_text("utf-8")) for file in files), BASE, BASE | alternating]:
        as_json = json.loads(json.dumps(given, default=str))
        assert not list(validator.iter_errors(as_json)), given["id"]
        assert list(validator.iter_errors(as_json | {"fuso": "x"}))
