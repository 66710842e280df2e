"""What a well-formed campaign file can still get wrong: names, codes, periods, bands and tables.

Every problem is a path into the file and a French sentence with its remedy. Not here: the shape (model).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from dagster_project.campaigns.applicability import inapplicable, located
from dagster_project.campaigns.conditions import Condition, Dated, first_instant
from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.rules import named_operators
from dagster_project.campaigns.territories import LEVELS
from dagster_project.campaigns.yaml_files import Path_, Problem, nearest

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
    """What the catalogue knows: operators, authorities and, a row each, the codes of places by level."""

    operators: frozenset[str]
    authorities: frozenset[str]
    places: pl.DataFrame


@lru_cache(maxsize=4)
def known_places(reference: Path) -> pl.DataFrame:
    """The codes of every place in any year of the reference; no AOM, which our authorities say."""
    territories = pl.scan_parquet(reference / "territories.parquet")
    return (
        territories.select(pl.col(column).alias(level) for level, column in _COLUMNS.items())
        .unique()
        .collect()
    )


def problems(campaign: Campaign, known: Known) -> list[Problem]:
    """What is wrong with it, be its names and codes known or not."""
    unresolved = list(_names(campaign))
    # Without its territories no condition has a meaning.
    rest = [] if unresolved else inapplicable(campaign, known.places)
    found: dict[Path_, str] = {}
    for path, what in [*unresolved, *_periods(campaign), *_money(campaign), *rest]:
        found.setdefault(path, what)
    return list(found.items())


def _names(campaign: Campaign) -> Iterator[Problem]:
    territories = set(campaign.territoires)
    named = [(path, name) for path, one in located(campaign) for name in one.named_territories()]
    if campaign.perimetre:
        named.append((("perimetre", "territoire"), campaign.perimetre.territoire))
    for path, name in named:
        if name not in territories:
            yield path, f"territoire `{name}` absent de `territoires`{nearest(name, territories)}"
    tests = {test.nom for test in campaign.eligibilite}
    for name in campaign.commission.sans_test if campaign.commission else []:
        if name not in tests:
            yield ("commission", "sans_test"), f"test `{name}` inconnu{nearest(name, tests)}"


def unknown(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """Operators, authority and codes that the catalogue does not know."""
    remedy = "corriger le nom ou ajouter sa fiche"
    for index, entry in enumerate(campaign.operateurs):
        for place, name in enumerate(entry.liste):
            if name not in known.operators:
                yield (
                    ("operateurs", index, "liste", place),
                    (f"opérateur `{name}` inconnu{nearest(name, known.operators)} ; {remedy}"),
                )
    listed = {name for entry in campaign.operateurs for name in entry.liste}
    for index, forecast in enumerate(campaign.acompte.previsions if campaign.acompte else []):
        for name in sorted(set(forecast.euros) - listed):
            told = f"opérateur `{name}` dans aucune liste d'`operateurs`{nearest(name, listed)}"
            yield ("acompte", "previsions", index), f"{told} ; corriger le nom ou l'ajouter à une liste"
    for path, condition in located(campaign):
        for name in sorted(named_operators(condition) - listed):
            told = f"opérateur `{name}` dans aucune liste d'`operateurs`{nearest(name, listed)}"
            yield path, f"{told} ; corriger le nom ou l'ajouter à une liste"
    if campaign.autorite not in known.authorities:
        told = f"autorité `{campaign.autorite}` inconnue{nearest(campaign.autorite, known.authorities)}"
        yield ("autorite",), f"{told} ; {remedy}"
    codes = {level: frozenset(known.places[level].drop_nulls()) for level in LEVELS}
    for where, level, code in _codes(campaign):
        if code not in codes[level]:
            source = "de data/authorities" if level == "aom" else "du référentiel"
            yield where, f"{level} `{code}` inconnu {source}{nearest(code, codes[level])} ; corriger le code"


def _codes(campaign: Campaign) -> Iterator[tuple[Path_, str, str]]:
    for name, selector in campaign.territoires.items():
        for level in LEVELS:
            for index, code in enumerate(getattr(selector, level)):
                yield ("territoires", name, level, index), level, code

    def excepted(condition: Condition) -> Iterator[tuple[str, str]]:
        if condition.meme_code:
            yield from ((condition.meme_code.niveau, code) for code in condition.meme_code.sauf)
        for inner in condition.inner():
            yield from excepted(inner)

    for path, condition in located(campaign):
        for level, code in excepted(condition):
            yield path, level, code


def unpublishable(campaign: Campaign) -> Iterator[Problem]:
    """What no document could say: better none than a wrong one. `simulate` takes it all the same."""
    if campaign.commission and campaign.commission.centimes_ht * campaign.commission.tva_pourcent % 100:
        what = "TVA par trajet plus fine que le centime : aucune facture électronique ne la porterait"
        yield ("commission", "centimes_ht"), f"{what} ; choisir un prix dont la TVA est en centimes entiers"


def _periods(campaign: Campaign) -> Iterator[Problem]:
    zone, period = campaign.zone, campaign.periode
    whole = Dated(du=period.du, au=None if period.jusqu_a_epuisement else period.au)
    first, last = whole.instants(zone)
    dated: list[tuple[Path_, Dated]] = [*located(campaign)]
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
    if campaign.acompte and campaign.acompte.first_euros > campaign.budget.euros:
        yield (
            ("acompte", "previsions"),
            f"l'acompte ({campaign.acompte.first_euros} €) dépasse le budget ({campaign.budget.euros} €)",
        )
