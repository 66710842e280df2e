"""What is told of a wrong campaign, authority or operator file: its line, the error, a remedy."""

import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml

from dagster_project.campaigns.check.codes import known_places
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue, rows
from dagster_project.catalogue.parties import Operator
from dagster_project.drops.incentives import _judged
from dagster_project.files import yaml_files
from dagster_project.reports.shared.source import parties
from dagster_project.settings import PROJECT

DATA = PROJECT / "data"
PMGF = (DATA / "campaigns/pmgf_2021.yml").read_text("utf-8")
LIST = "  - du: 2021-02-23\n    liste: [alpimob, covoit_leman, karavane, troisplaces]\n"
CAP = "plafonds:\n  - {{nom: {}, compte: trajets, par: conducteur, fenetre: jour, maximum: {}}}\n"
NOWHERE = "  nulle_part: {{{}}}\nperimetre:"


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        # Several bands and no mode: 200 or 250 cents for the same 25 km.
        ("  mode: unique\n", "", "tarif:", "plusieurs tranches et pas de `mode` ; écrire `mode: unique` (la tranche"),
        ("de_m: 20000", "de_m: 30000", "de_m: 30000", "rien n'est dit de 20000 à 30000 m"),
        ("commission:", CAP.format("jour", 0) + "commission:", "maximum: 0", "un plafond de 0 ôte tout à chaque trajet"),
        ("perimetre:", NOWHERE.format("cercle: {lat: 6.23, lon: 46.19, rayon_m: 900}"), "nulle_part", "vérifier `lat` et `lon`"),
        ("perimetre:", NOWHERE.format("polygone: {type: Polygon, coordinates: [[[46, 6], [47, 6], [47, 7], [46, 6]]]}"),
         "nulle_part", "ce polygone ne touche aucun lieu connu ; vérifier l'ordre, [longitude, latitude]"),
        (LIST, LIST + LIST, "- du: 2021-02-23", "operateurs.0.du : commence le même jour que operateurs.1"),
        (LIST, LIST + LIST.replace("23\n", "23 #\n"), "23 #", "operateurs.1.du : commence le même jour que operateurs.0"),
        # Codes: of no year, of another year, of an authority that has no file.
        ("perimetre:", NOWHERE.format("commune: [12218]"), "nulle_part",
         "commune `12218` n'est pas un code de 2021 : il vaut de 2025 à 2026, et son territoire porte en 2021 `12076` ; "
         "l'écrire, ou `millesime: 2025`"),
        ("perimetre:", NOWHERE.format("aom: [200067551]"), "nulle_part", "un SIREN juste, mais aucune fiche de data/authorities ; ajouter sa fiche"),
        ("nom: distance_minimale\n", "nom: classe\n", "nom: classe", "eligibilite.1.nom : le nom `classe` sert déjà à eligibilite.0"),
        ("commission:", CAP.format("budget", 5) + "commission:", "nom: budget", "sert déjà à le calcul lui-même"),
        ("beneficiaire: conducteur", "beneficiaire: [conducteur, passager]", "beneficiaire", "`{qui: partage, passager_pourcent: 50}`"),
        ("beneficiaire: conducteur", "beneficiaire: [{qui: partage}]", "beneficiaire", "un partage dit la part du passager"),
        ("centimes_ht: 50", "centimes_ht: 0,50", "centimes_ht", "sans virgule ni point (150 centimes pour 1,50 €) ; ici `0,50`"),
        ("{de_m: 50001, centimes: 500}", "{de_m: 50001, centimes: 1,50}", "de_m: 50001", "un montant est en centimes entiers (150)"),
        ("  euros: 12000", "\teuros: 12000", "euros: 12000", "une tabulation, que YAML n'admet pas ; mettre des espaces"),
        # A key that is missing, or wrong, hides nothing of the others.
        ("convention: 074", "conventions: 074", "fichier", "convention : clé obligatoire, absente"),
        ("convention: 074", "conventions: 074", "autorite", "autorité `pmgff` inconnue ; le plus proche est `pmgf`"),
        ("par: siege\n  centimes_ht", "centimes_ht", "autorite", "autorité `pmgff` inconnue ; le plus proche est `pmgf`"),
        ("liste: [alpimob, ", "liste: [alpimbo, ", "liste:", "opérateur `alpimbo` inconnu ; le plus proche est `alpimob` ; corriger"),
        # VAT
        ("tva_pourcent: 20", "tva_pourcent: 0", "commission", "un taux de 0 ne dit pas pourquoi"),
        ("tva_pourcent: 20", "tva: exoneree", "commission", "`tva_motif` va avec `tva: exoneree`"),
        ("  tva_pourcent: 20\n", "", "commission", "la TVA se dit d'une façon"),
        ("tva_pourcent: 20", "tva_pourcent: 8.5", "centimes_ht", "un multiple de 200 centimes"),
        ("  couvre:", "  avenants: [{du: 2021-06-15, euros: 9}]\n  couvre:", "avenants", "le premier jour d'un mois"),
        ("  couvre:", "  avenants: [{du: 2021-02-01, euros: 9}]\n  couvre:", "avenants", "avenant hors de la période"),
        ("  genevois:\n    epci:", "  genevois:\n  - du: 2021-03-01\n    epci:", "genevois", "la première version d'un territoire vaut dès le début"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_line_with_a_remedy(
    tmp_path: Path, before: str, after: str, line: str, told: str
) -> None:
    assert PMGF.count(before) >= 1
    text = PMGF.replace("autorite: pmgf", "autorite: pmgff") if "pmgff" in told else PMGF
    file = tmp_path / "pmgf_2021.yml"
    file.write_text(text.replace(before, after, 1), "utf-8")
    lines = file.read_text("utf-8").splitlines()
    found = [one for one in catalogue.check(file, DATA) if told in one]
    assert len(found) == 1, catalogue.check(file, DATA)
    number = int(found[0].removeprefix(f"{file}:").split(":")[0])
    assert line == "fichier" or line in lines[number - 1], (number, lines[number - 1])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("budget:\n  euros: 12000\n", "budget:\n  euros: aucun\n"),
        (LIST, "  - {du: 2021-02-23, liste: tous}\n"),
        ("operateurs:", "operateurs: tous\n#"),
        ("beneficiaire: conducteur", "beneficiaire: [{qui: partage, passager_pourcent: 40}]"),
        ("fuseau: Europe/Paris", "fuseau_des_plafonds: UTC"),
        ("tva_pourcent: 20", "tva: franchise_en_base"),
    ],
)
def test_what_conventions_say_is_said_without_error(tmp_path: Path, before: str, after: str) -> None:
    assert before in PMGF
    text = PMGF.replace(before, after, 1)
    if "operateurs: tous" in after:
        text = text.replace(LIST, "")
    file = tmp_path / "pmgf_2021.yml"
    file.write_text(text, "utf-8")
    assert catalogue.check(file, DATA) == []


def test_an_unknown_operator_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "pmgf_2021.yml"
    text = PMGF.replace("alpimob", "alpimbo").replace("classes: [A, B, C]", "operateurs: [alpimbo]")
    file.write_text(text, "utf-8")
    (line,) = [one for one in catalogue.check(file, DATA) if "alpimbo" in one]
    assert line.endswith("(3 fois dans le fichier)")


@pytest.fixture
def own_catalogue(tmp_path: Path) -> Path:
    """A catalogue of its own, with the reference of the other one."""
    for kind in ("operators", "authorities", "campaigns", "rules", "notes"):
        shutil.copytree(DATA / kind, tmp_path / kind)
    (tmp_path / "reference").symlink_to(DATA / "reference")
    return tmp_path


def _copy(root: Path, kind: str, name: str, *changes: tuple[str, str]) -> Path:
    text = (root / kind / f"{name}.yml").read_text("utf-8").replace(f"id: {name}", "id: voisin")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = root / kind / "voisin.yml"
    file.write_text(text, "utf-8")
    return file


def test_one_siren_twice_is_told_by_file(own_catalogue: Path) -> None:
    file = _copy(own_catalogue, "operators", "karavane")
    with pytest.raises(catalogue.CatalogueError) as error:
        catalogue.operators(own_catalogue)
    line = file.read_text("utf-8").splitlines().index('siret: "88876543500019"') + 1
    assert (
        f"{file}:{line}: siret : SIREN 888765435 déjà celui de {own_catalogue / 'operators/karavane.yml'}"
        in str(error.value)
    )


def test_a_siret_holds_to_its_own_key_and_its_sirens(own_catalogue: Path) -> None:
    # The whole number's key is right in both; of the first, the SIREN's own is wrong.
    for number, admitted in (("88876543600015", False), ("35600000000048", True), ("35600000049837", True)):
        text = f'[{{"index": 0, "siret": "{number}", "amount": 5}}]\x1e[]'
        assert (_judged(text)[1] is None) == admitted, number
    _copy(own_catalogue, "operators", "karavane", ("88876543500019", "88876543600015"))
    with pytest.raises(catalogue.CatalogueError, match="siret : n'est pas un SIRET"):
        catalogue.operators(own_catalogue)


def test_an_operator_without_vat_number_is_in_franchise_until_it_has_one(own_catalogue: Path) -> None:
    number = 'vat_number: "FR87888765435"\n'
    text = (DATA / "operators/karavane.yml").read_text("utf-8")
    (own_catalogue / "operators/karavane.yml").write_text(text.replace(number, ""), "utf-8")
    frame = rows.frames(catalogue.operators(own_catalogue), [], [])["operator_vat_exemptions"]
    assert frame["operator_id"].to_list() == ["karavane"] and frame["to_on"].dt.year().item() == 9999
    (own_catalogue / "operators/karavane.yml").write_text(
        text.replace(number, f"{number}vat_from: 2021-05-01\n"), "utf-8"
    )
    loaded: list[Operator] = catalogue.operators(own_catalogue)
    assert str(rows.frames(loaded, [], [])["operator_vat_exemptions"]["to_on"].item()) == "2021-04-30"
    (own_catalogue / "operators/karavane.yml").write_text(
        text.replace(number, "vat_from: 2021-05-01\n"), "utf-8"
    )
    with pytest.raises(catalogue.CatalogueError, match=r"vat_from : dit depuis quel mois"):
        catalogue.operators(own_catalogue)


def test_a_members_code_that_ends_before_the_membership_is_told_with_what_follows(
    own_catalogue: Path,
) -> None:
    file = own_catalogue / "authorities/pmgf.yml"
    text = file.read_text("utf-8")
    last = (
        known_places(own_catalogue / "reference")
        .drop_nulls("epci")
        .group_by("epci")
        .agg(pl.col("year").max())
    )
    code = last.filter(year=2021)["epci"].min()
    file.write_text(text.replace('"240100750"', f'"{code}"'), "utf-8")
    with pytest.raises(catalogue.CatalogueError) as error:
        catalogue.authorities(own_catalogue)
    assert f"le code d'EPCI `{code}` finit avec 2021 : ses communes sont ensuite dans `" in str(error.value)
    file.write_text(text.replace('"240100750"', f'{{code: "{code}", to: 2021-12-31}}'), "utf-8")
    assert catalogue.authorities(own_catalogue)[0].epci[0].through.year == 2021


@pytest.mark.parametrize(
    "text",
    [
        *("cle: " + "[" * 200_000, "{a: " * 200_000, "- " * 200_000 + "x", "? " * 200_000),
        "cle: &a [*a]\n",
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
    ],
    ids=["lists", "keys", "dashes", "question marks", "itself", "aliases of aliases"],
)
def test_a_file_nested_without_measure_gets_a_message_and_ends_no_process(text: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yml"
    file.write_text(text, "utf-8")
    read, (told,) = yaml_files.read(file, Campaign)
    assert read is None and "plus de 50 niveaux ou de 1000000 éléments ; aplatir" in told


def test_each_file_is_parsed_once_and_a_changed_one_anew(own_catalogue: Path) -> None:
    yaml_files._parsed.cache_clear()
    for _ in range(3):
        rows.read(own_catalogue)
        parties(own_catalogue)
    files = {file.read_text("utf-8") for file in own_catalogue.glob("*/*.yml")}
    assert yaml_files._parsed.cache_info().misses == len(files)
    file = own_catalogue / "campaigns/pmgf_2021.yml"
    file.write_text(PMGF.replace("euros: 12000", "euros: 13000"), "utf-8")
    assert rows.read(own_catalogue)["campaigns"]["budget_cents"].to_list() == [1_300_000]


@pytest.mark.parametrize("file", sorted(DATA.glob("*/*.yml")), ids=lambda file: file.stem)
def test_libyaml_gives_each_key_the_line_that_the_python_reader_gives(file: Path) -> None:
    text = file.read_text("utf-8")
    for one in (text, text.replace("\n", "\r\n"), f"# « é » ✓\n{text}"):
        plain = yaml.compose(one, yaml.SafeLoader)
        assert dict(yaml_files._nodes(yaml_files._parsed(one)[0], ())) == dict(yaml_files._nodes(plain, ()))
