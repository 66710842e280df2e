"""What a well-formed campaign file can still get wrong: names, codes, periods, bands and tables.

Every problem is a path into the file and a French sentence with its remedy. Not here: the shape (model).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import polars as pl

from dagster_project.campaigns import logic
from dagster_project.campaigns.clauses import Compiler
from dagster_project.campaigns.conditions import Condition, Dated, first_instant
from dagster_project.campaigns.logic import Clauses, all_of, satisfiable, within
from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.parts import simple_price
from dagster_project.campaigns.rules import operator_names
from dagster_project.campaigns.tariff import TariffTable

Path_ = tuple[str | int, ...]
Problem = tuple[Path_, str]
_COLUMNS = {
    "commune": "commune_code",
    "ville": "city_code",
    "epci": "epci_code",
    "departement": "departement_code",
    "region": "region_code",
    "pays": "country_code",
}


@dataclass(frozen=True)
class Known:
    """What the catalogue knows: operators, authorities and, by level, codes."""

    operators: frozenset[str]
    authorities: frozenset[str]
    codes: dict[str, frozenset[str]]


@lru_cache(maxsize=4)
def known_codes(reference: Path) -> dict[str, frozenset[str]]:
    """The codes of each level that any year of the reference has; none for AOM, which it lacks."""
    territories = pl.scan_parquet(reference / "territories.parquet")
    return {
        level: frozenset(territories.select(pl.col(column).unique().drop_nulls()).collect()[column])
        for level, column in _COLUMNS.items()
    }


def problems(campaign: Campaign) -> list[Problem]:
    """What is wrong whatever the catalogue knows."""
    unresolved = list(_names(campaign))
    # Without its territories the tariff has no meaning.
    return [*unresolved, *_periods(campaign), *_money(campaign), *([] if unresolved else _tariff(campaign))]


def _nearest(name: str, names: frozenset[str] | set[str]) -> str:
    close = get_close_matches(name, sorted(names), 1, 0.5)
    return f" ; le plus proche est `{close[0]}`" if close else ""


def _conditions(campaign: Campaign) -> Iterator[tuple[Path_, Condition]]:
    for index, test in enumerate(campaign.eligibilite):
        yield ("eligibilite", index), test
    for index, table in enumerate(campaign.tarif.tables or []):
        yield ("tarif", "tables", index), table
    for index, step in enumerate(campaign.tarif.ajustements):
        yield ("tarif", "ajustements", index, "quand"), step.quand
    for index, cap in enumerate(campaign.plafonds):
        yield ("plafonds", index, "quand"), cap.quand


def _names(campaign: Campaign) -> Iterator[Problem]:
    territories = set(campaign.territoires)
    named = [(path, name) for path, one in _conditions(campaign) for name in one.named_territories()]
    if campaign.perimetre:
        named.append((("perimetre", "territoire"), campaign.perimetre.territoire))
    for path, name in named:
        if name not in territories:
            yield path, f"territoire `{name}` absent de `territoires`{_nearest(name, territories)}"
    tests = {test.nom for test in campaign.eligibilite}
    for name in campaign.commission.sans_test if campaign.commission else []:
        if name not in tests:
            yield ("commission", "sans_test"), f"test `{name}` inconnu{_nearest(name, tests)}"


def unknown(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """Operators, authority and codes that the catalogue does not know."""
    remedy = "corriger le nom ou ajouter sa fiche"
    for index, entry in enumerate(campaign.operateurs):
        for place, name in enumerate(entry.liste):
            if name not in known.operators:
                path = ("operateurs", index, "liste", place)
                yield path, f"opérateur `{name}` inconnu{_nearest(name, known.operators)} ; {remedy}"
    listed = {name for entry in campaign.operateurs for name in entry.liste}
    for name in sorted(operator_names(campaign) - listed):
        yield (
            ("eligibilite",),
            f"opérateur `{name}` dans une condition, mais dans aucune liste d'`operateurs`",
        )
    if campaign.autorite not in known.authorities:
        told = f"autorité `{campaign.autorite}` inconnue{_nearest(campaign.autorite, known.authorities)}"
        yield ("autorite",), f"{told} ; {remedy}"
    for name, selector in campaign.territoires.items():
        for level, codes in known.codes.items():
            for index, code in enumerate(getattr(selector, level)):
                if code not in codes:
                    told = f"{level} `{code}` inconnu du référentiel{_nearest(code, codes)}"
                    yield ("territoires", name, level, index), told


def unpublishable(campaign: Campaign) -> Iterator[Problem]:
    """What the night cannot evaluate or the fund call cannot show yet: better no document than a wrong one.

    `simulate` takes such a campaign all the same.
    """
    for name, selector in campaign.territoires.items():
        if selector.aom:
            yield (
                ("territoires", name, "aom"),
                "le référentiel de la nuit n'a pas les AOM, rien ne serait reconnu ; lister les EPCI",
            )
    tariff, told = campaign.tarif, "l'appel de fonds ne sait pas encore le présenter ; simuler seulement"
    if tariff.tables or tariff.mode != "unique" or tariff.par != "siege" or tariff.ajustements:
        yield ("tarif",), f"tables, cumul, montants par trajet ou ajustements : {told}"
    step = tariff.distance_facturee.arrondi_m
    for index, band in enumerate(tariff.tranches or []):
        flat, tenths = simple_price(band, tariff.all_tables[0], tariff)
        if flat is None and (tenths is None or tenths * step % 10_000):
            yield ("tarif", "tranches", index), f"montant composé, ou plus fin que le centime : {told}"
    if campaign.plafonds:
        yield ("plafonds",), f"plafonds : {told}"


def _periods(campaign: Campaign) -> Iterator[Problem]:
    zone, period = campaign.zone, campaign.periode
    whole = Dated(du=period.du, au=None if period.jusqu_a_epuisement else period.au)
    first, last = whole.instants(zone)
    dated: list[tuple[Path_, Dated]] = [*_conditions(campaign)]
    dated += [(("plafonds", index), cap) for index, cap in enumerate(campaign.plafonds)]
    for path, one in dated:
        start, end = one.instants(zone)
        if (start and last and start > last) or (end and first and end < first):
            yield path, "période hors de celle de la campagne : ne s'appliquerait jamais ; corriger les dates"
    for index, entry in enumerate(campaign.operateurs):
        if last and first_instant(entry.du, zone) > last:
            yield (
                ("operateurs", index, "du"),
                "liste en vigueur après la fin de la campagne ; corriger la date",
            )


def _money(campaign: Campaign) -> Iterator[Problem]:
    if campaign.acompte and campaign.acompte.euros > campaign.budget.euros:
        yield (
            ("acompte", "euros"),
            f"l'acompte ({campaign.acompte.euros} €) dépasse le budget ({campaign.budget.euros} €)",
        )


def _tariff(campaign: Campaign) -> Iterator[Problem]:
    numbers = {name: number for number, name in enumerate(sorted(operator_names(campaign)), 1)}
    compiler = Compiler(campaign, numbers)
    period = Dated(du=campaign.periode.du, au=campaign.periode.au)
    eligible = all_of([compiler.period(period), *(compiler.test(test) for test in campaign.eligibilite)])
    tables = campaign.tarif.all_tables
    for index, table in enumerate(tables):
        path: Path_ = ("tarif", "tables", index) if campaign.tarif.tables else ("tarif",)
        in_force = all_of([eligible, compiler.rule(table)])
        if not satisfiable(in_force):
            yield (
                path,
                f"la table `{table.nom}` ne s'applique à aucun trajet éligible ; la retirer ou corriger",
            )
            continue
        yield from _bands(path, table, in_force)
        for other in tables[:index]:
            both = all_of([in_force, compiler.rule(other)])
            if _certain(compiler.rule(table)) and _certain(compiler.rule(other)) and satisfiable(both):
                yield (
                    path,
                    f"les tables `{other.nom}` et `{table.nom}` se recouvrent ; limiter l'une des deux",
                )


def _bands(path: Path_, table: TariffTable, in_force: Clauses) -> Iterator[Problem]:
    for place, band in enumerate(table.tranches or []):
        last = band.a_m - 1 if table.mode == "unique" and band.a_m is not None else logic.INFINITE
        if not satisfiable(all_of([in_force, within(logic.DISTANCE, [(band.de_m, last)])])):
            told = f"la tranche dès {band.de_m} m ne s'appliquerait jamais : les tests de distance l'excluent"
            yield (*path, "tranches", place), told


def _certain(clauses: Clauses) -> bool:
    # Two territories may or may not share a journey: only data can tell, and the engine reports it.
    return all(literal.bit < 0 for clause in clauses for literal in clause)
