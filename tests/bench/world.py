"""The country that `make bench` measures: twenty operators, twenty authorities with a campaign each.

Its catalogue is files, as an installation's; its drops are those of `dagster_project.sample`, a file a night.
"""

import shutil
from datetime import date
from pathlib import Path
from string import Template

import polars as pl
from stdnum import luhn
from stdnum.fr import siren

from dagster_project.sample import Spec
from dagster_project.settings import PROJECT

OPERATORS = tuple(f"op_{number:02d}" for number in range(1, 21))
AUTHORITIES = 20
FIRST_DAY = date(2025, 1, 1)
A_MONTH = 1_120_000  # journeys of the country, about

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
        text = _filled(
            "operator",
            id=operator,
            number=number,
            siret=siret,
            vat=_vat(siret),
            iban=_iban(number),
            slug=f"op{number}",
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
        text = _filled(
            "authority",
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
        text = _filled(
            "campaign",
            number=f"{number:02d}",
            authority=authority,
            operators=", ".join(OPERATORS),
            departements=", ".join(f'"{code}"' for code in own),
        )
        (root / "campaigns" / f"campagne_{number:02d}.yml").write_text(text)


def _filled(name: str, **values: object) -> str:
    """A file of the catalogue from its template."""
    template = Path(__file__).with_name("templates") / f"{name}.yml"
    return Template(template.read_text("utf-8")).substitute(values)


def _siret(number: int) -> str:
    nine = luhn.calc_check_digit(f"{number:08d}")
    establishment = f"{number:08d}{nine}0001"
    return establishment + luhn.calc_check_digit(establishment)


def _vat(siret: str) -> str:
    return f"FR{siren.to_tva(siret[:9])}"


def _iban(number: int) -> str:
    """Of a bank that does not exist; its check digits are right (ISO 13616)."""
    account = f"9999900001{number:011d}"
    key = 97 - int(f"{account}00") % 97  # the French account key
    national = f"{account}{key:02d}"
    check = 98 - int(f"{national}152700") % 97  # F = 15, R = 27
    return f"FR{check:02d}{national}"
