"""The country that `make bench` measures: twenty operators, twenty authorities with a campaign each, everybody in between.

Its catalogue is files, as an installation's; its drops are those of `dagster_project.sample`, a file a night.
"""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
from stdnum import luhn
from stdnum.fr import siren

from dagster_project.sample import Spec
from dagster_project.settings import PROJECT

OPERATORS = tuple(f"op_{number:02d}" for number in range(1, 21))
AUTHORITIES = 20
FIRST_DAY = date(2025, 1, 1)
A_MONTH = 1_120_000  # journeys of the country, about

_OPERATOR = """\
id: {id}
name: "Opérateur fictif {number}"
siret: "{siret}"
vat_number: "{vat}"
legal_form: "SAS fictive"
address: {{street: "{number} rue de l'Exemple", postcode: "74000", city: "Annecy"}}
bank:
  {{holder: "Opérateur {number}", name: "Banque fictive", iban: "{iban}", bic: FICTFRP0XXX, received_on: 2020-04-27}}
terms: [{{version: "2019-06", accepted_on: 2020-04-06}}]
register_extract: {{document: "Kbis", received_on: 2020-04-27}}
technical_file: {{document: Dossier technique, received_on: 2020-04-27}}
contacts:
  received_on: 2020-04-27
  dpo: {{last_name: Fictif, first_name: Claude, email: dpo@{slug}.example}}
  controller: {{last_name: Fictif, first_name: Dominique, email: direction@{slug}.example}}
  technical: {{last_name: Fictif, first_name: Camille, email: technique@{slug}.example, phone: "+33 1 99 00 00 00"}}
logo: {{document: logos/logo.svg, received_on: 2020-04-27}}
staging_on: 2020-05-11
production_on: 2020-06-01
proof_classes: [{{from: 2020-06-01, class: C}}]
"""
_AUTHORITY = """\
id: {id}
name: Autorité fictive {number}
name_genitive: de l'Autorité fictive {number}
region: France
siret: "{siret}"
address: {{street: "{number} place de l'Exemple", postcode: "74100", city: Annemasse}}
service: {{name: Service des finances, phone: 01 99 00 00 00, email: finances@{slug}.example}}
epci: [{epcis}]
conventions:
{conventions}
terms: [{{version: "2019-06", accepted_on: 2021-01-25}}]
register_extract: {{document: Avis de situation Sirene, received_on: 2021-01-25}}
incentive_policy: {{document: Délibération, received_on: 2021-01-29}}
selected_operators:
{selected}
contacts:
  received_on: 2021-01-29
  dpo: {{last_name: Fictif, first_name: Claude, email: dpo@{slug}.example}}
  controller: {{last_name: Fictif, first_name: Dominique, email: direction@{slug}.example}}
  technical: {{last_name: Fictif, first_name: Camille, email: technique@{slug}.example, phone: "+33 1 99 00 00 00"}}
logo: {{document: logos/logo.svg, received_on: 2021-01-29}}
production_on: 2021-02-22
"""
_CAMPAIGN = """\
id: campagne_{number:02d}
nom: Campagne fictive {number}
autorite: {authority}
convention: C-{number:02d}
fuseau: Europe/Paris
beneficiaire: conducteur
periode: {{du: 2024-01-01, au: 2027-12-31}}
operateurs:
  - {{du: 2024-01-01, liste: [{operators}]}}
territoires:
  ensemble: {{departement: [{departements}]}}
perimetre: {{territoire: ensemble}}
eligibilite:
  - {{nom: classe, classes: [B, C]}}
  - {{nom: distance_minimale, distance: {{min_m: 2000}}}}
tarif:
  par: siege
  distance_facturee: {{arrondi_m: 100}}
  mode: unique
  tranches:
    - {{de_m: 2000, a_m: 20000, centimes: 200}}
    - {{de_m: 20000, a_m: 50001, centimes_par_km: 10}}
    - {{de_m: 50001, centimes: 500}}
plafonds:
  - {{nom: conducteur_par_jour, compte: trajets, par: conducteur, fenetre: jour, maximum: 6}}
  - {{nom: passager_par_jour, compte: trajets, par: passager, fenetre: jour, maximum: 2}}
  - {{nom: conducteur_par_mois, compte: centimes, par: conducteur, fenetre: mois, maximum: 12000}}
commission: {{par: siege, centimes_ht: 50, tva_pourcent: 20}}
budget: {{euros: 100000000, couvre: [incitation, commission_ttc]}}
delai_d_envoi: {{heures: sans_limite}}
appels_de_fonds: {{rythme: trimestriel, paiement_jours: 30}}
"""
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>\n'
)


def spec(journeys: int, last_day: date) -> Spec:
    """The drops of a period that begins with the year, all over the country."""
    return Spec(journeys=journeys, first_day=FIRST_DAY, last_day=last_day, operators=OPERATORS, epcis=())


def write_catalogue(root: Path) -> None:
    """Operators, authorities, campaigns, rules and reference as files below `root`."""
    for name in ("reference", "rules"):
        shutil.copytree(PROJECT / "data" / name, root / name)
    for folder in ("operators", "authorities"):
        (root / folder / "logos").mkdir(parents=True)
        (root / folder / "logos" / "logo.svg").write_text(_LOGO)
    (root / "campaigns").mkdir()
    for number, operator in enumerate(OPERATORS, 1):
        siret = _siret(900_000 + number)
        text = _OPERATOR.format(
            id=operator, number=number, siret=siret, vat=_vat(siret), iban=_iban(number), slug=f"op{number}"
        )
        (root / "operators" / f"{operator}.yml").write_text(text)
    territories = pl.read_parquet(root / "reference/territories.parquet").filter(
        pl.col("year") == FIRST_DAY.year, pl.col("country_code") == "XXXXX"
    )
    home_of = territories.drop_nulls("epci_code").sort("population").unique("epci_code", keep="last")
    departements = territories["departement_code"].drop_nulls().unique().sort().to_list()
    for number in range(1, AUTHORITIES + 1):
        authority, own = f"aom_{number:02d}", departements[number - 1 :: AUTHORITIES]
        epcis = home_of.filter(pl.col("departement_code").is_in(own))["epci_code"]
        text = _AUTHORITY.format(
            id=authority,
            number=number,
            siret=_siret(800_000 + number),
            slug=f"aom{number}",
            epcis=", ".join(f'"{code}"' for code in epcis.sort()),
            conventions="\n".join(
                f"  - {{operator: {one}, reference: C-{number:02d}, signed_on: 2023-12-15}}"
                for one in OPERATORS
            ),
            selected="\n".join(f"  - {{operator: {one}, from: 2023-12-15}}" for one in OPERATORS),
        )
        (root / "authorities" / f"{authority}.yml").write_text(text)
        text = _CAMPAIGN.format(
            number=number,
            authority=authority,
            operators=", ".join(OPERATORS),
            departements=", ".join(f'"{code}"' for code in own),
        )
        (root / "campaigns" / f"campagne_{number:02d}.yml").write_text(text)


def _siret(number: int) -> str:
    nine = luhn.calc_check_digit(f"{number:08d}")
    establishment = f"{number:08d}{nine}0001"
    return establishment + luhn.calc_check_digit(establishment)


def _vat(siret: str) -> str:
    return f"FR{siren.to_tva(siret[:9])}".replace("FRFR", "FR").replace(" ", "")


def _iban(number: int) -> str:
    """Of a bank that does not exist; its check digits are right (ISO 13616)."""
    account = f"9999900001{number:011d}"
    key = 97 - int(f"{account}00") % 97  # the French account key
    national = f"{account}{key:02d}"
    check = 98 - int(f"{national}152700") % 97  # F = 15, R = 27
    return f"FR{check:02d}{national}"
