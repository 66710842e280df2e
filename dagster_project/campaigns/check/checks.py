"""What a well-formed campaign file can still get wrong: names, periods, bands, money.

Every problem is a path into the file and a French sentence with its remedy. Not here: the shape (model),
codes and the map (codes).
"""

from collections.abc import Iterable, Iterator
from math import gcd

from dagster_project.campaigns.check.applicability import inapplicable
from dagster_project.campaigns.check.codes import Known, unknown_codes, unknown_shapes
from dagster_project.campaigns.language.conditions import Dated
from dagster_project.campaigns.language.located import located, named_operators
from dagster_project.campaigns.language.model import ANY, RESERVED, Campaign
from dagster_project.contracts.moments import first_instant
from dagster_project.files.yaml_faults import Path_, nearest
from dagster_project.files.yaml_files import Problem

# A key that is wrong says nothing about those that build on it.
_RULES = {"territoires", "operateurs", "periode", "eligibilite", "perimetre", "fuseau"}
_NEEDS = {
    **dict.fromkeys(("beneficiaire", "eligibilite", "tarif", "plafonds"), _RULES),
    "territoires": {"periode"},
    "perimetre": {"territoires"},
    "commission": {"eligibilite"},
    "acompte": {"operateurs", "budget"},
    "operateurs": {"periode", "fuseau"},
    "budget": {"periode", "fuseau"},
}
# In place of a key that is missing or wrong, so that the others can be judged.
STAND_INS = {
    "id": "essai",
    "nom": "x",
    "autorite": "essai",
    "convention": "x",
    "beneficiaire": "conducteur",
    "periode": {"du": "2021-01-01", "au": "2099-12-31"},
    "operateurs": ANY,
    "tarif": {"par": "siege", "tranches": [{"de_m": 0, "centimes": 1}]},
    "budget": "aucun",
    "appels_de_fonds": {"rythme": "trimestriel"},
}


def sound(candidates: Iterable[Problem], broken: set[str]) -> Iterator[Problem]:
    """The problems that do not come from keys that are broken."""
    for path, what in candidates:
        key = str(path[0]) if path else ""
        if key not in broken and not _NEEDS.get(key, _RULES) & broken:
            yield path, what


def problems(campaign: Campaign, known: Known) -> list[Problem]:
    """What is wrong with it, be its names and codes known or not."""
    unresolved = list(_names(campaign))
    twice = [*_double_names(campaign), *_double_lists(campaign)]
    # Without its territories no condition has a meaning.
    rest = [] if unresolved or twice else inapplicable(campaign, known.places)
    first_of_path: dict[Path_, str] = {}
    for path, what in [*unresolved, *twice, *_periods(campaign), *_gaps(campaign), *_money(campaign), *rest]:
        first_of_path.setdefault(path, what)
    return list(first_of_path.items())


def unknown(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """Operators, authority, codes and places that the catalogue does not know."""
    yield from _operators(campaign, known)
    if campaign.autorite not in known.authorities:
        message = f"autorité `{campaign.autorite}` inconnue{nearest(campaign.autorite, known.authorities)}"
        yield ("autorite",), f"{message} ; corriger le nom ou ajouter sa fiche"
    yield from unknown_codes(campaign, known)
    yield from unknown_shapes(campaign, known)


def _names(campaign: Campaign) -> Iterator[Problem]:
    territories = set(campaign.territoires)
    named = [(path, name) for path, condition in located(campaign) for name in condition.named_territories()]
    if campaign.perimetre:
        named.append((("perimetre", "territoire"), campaign.perimetre.territoire))
    for path, name in named:
        if name not in territories:
            yield path, f"territoire `{name}` absent de `territoires`{nearest(name, territories)}"
    tests = {test.nom for test in campaign.eligibilite}
    for name in campaign.commission.sans_test if campaign.commission else []:
        if name not in tests:
            yield ("commission", "sans_test"), f"test `{name}` inconnu{nearest(name, tests)}"


def _double_names(campaign: Campaign) -> Iterator[Problem]:
    motives: list[tuple[Path_, str]] = [
        (("eligibilite", index, "nom"), test.nom) for index, test in enumerate(campaign.eligibilite)
    ]
    motives += [(("plafonds", index, "nom"), cap.nom) for index, cap in enumerate(campaign.plafonds)]
    tables: list[tuple[Path_, str]] = [
        (("tarif", "tables", index, "nom"), table.nom)
        for index, table in enumerate(campaign.tarif.tables or [])
    ]
    for places, reserved in ((motives, RESERVED), (tables, ())):
        first = dict.fromkeys(reserved, "le calcul lui-même")
        for path, name in places:
            if name in first:
                yield path, f"le nom `{name}` sert déjà à {first[name]} ; en changer"
            first.setdefault(name, ".".join(map(str, path[:-1])))


def _double_lists(campaign: Campaign) -> Iterator[Problem]:
    days: dict[object, list[int]] = {}
    for index, entry in enumerate(campaign.operateurs):
        days.setdefault(first_instant(entry.du, campaign.zone), []).append(index)
    for same in (indices for indices in days.values() if len(indices) > 1):
        for index in same:
            others = ", ".join(f"operateurs.{other}" for other in same if other != index)
            what = f"commence le même jour que {others} : une seule liste peut valoir"
            yield ("operateurs", index, "du"), f"{what} ; réunir les deux, ou corriger une date"


def _operators(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """Each name once, where it first stands."""
    is_any = any(entry.liste == ANY for entry in campaign.operateurs)
    listed = {name for entry in campaign.operateurs for name in entry.named}
    in_lists: list[tuple[Path_, str]] = [
        (("operateurs", index, "liste", place), name)
        for index, entry in enumerate(campaign.operateurs)
        for place, name in enumerate(entry.named)
    ]
    elsewhere: list[tuple[Path_, str]] = [
        (("acompte", "previsions", index), name)
        for index, forecast in enumerate(campaign.acompte.previsions if campaign.acompte else [])
        for name in sorted(forecast.euros)
    ]
    elsewhere += [
        (path, name) for path, condition in located(campaign) for name in sorted(named_operators(condition))
    ]
    reported: set[str] = set()
    for path, name in [*in_lists, *elsewhere]:
        if name in reported:
            continue
        if name not in known.operators and (is_any or name in listed):
            what = f"opérateur `{name}` inconnu{nearest(name, known.operators)}"
            remedy = "corriger le nom ou ajouter sa fiche"
        elif not is_any and name not in listed:
            what = f"opérateur `{name}` dans aucune liste d'`operateurs`{nearest(name, listed)}"
            remedy = "corriger le nom ou l'ajouter à une liste"
        else:
            continue
        reported.add(name)
        times = sum(1 for _, other in [*in_lists, *elsewhere] if other == name)
        yield path, f"{what} ; {remedy}" + (f" ({times} fois dans le fichier)" if times > 1 else "")


def unpublishable(campaign: Campaign) -> Iterator[Problem]:
    """What no document could say: better none than a wrong one. `simulate` takes it all the same."""
    fee = campaign.commission
    if fee and fee.centimes_ht * fee.vat_basis_points % 10_000:
        what = "TVA par trajet plus fine que le centime : aucune facture électronique ne la porterait"
        step = 10_000 // gcd(10_000, fee.vat_basis_points)
        yield (
            ("commission", "centimes_ht"),
            f"{what} ; choisir un prix dont la TVA est en centimes entiers, un multiple de {step} centimes",
        )


def _periods(campaign: Campaign) -> Iterator[Problem]:
    zone, period = campaign.zone, campaign.periode
    whole = Dated(du=period.du, au=None if period.jusqu_a_epuisement else period.au)
    first, last = whole.instants(zone)
    dated: list[tuple[Path_, Dated]] = [*located(campaign)]
    dated += [(("plafonds", index), cap) for index, cap in enumerate(campaign.plafonds)]
    for path, part in dated:
        start, end = part.instants(zone)
        if (start and last and start > last) or (end and first and end < first):
            yield path, "période hors de celle de la campagne : ne s'appliquerait jamais ; corriger les dates"
    for index, entry in enumerate(campaign.operateurs):
        if last and first_instant(entry.du, zone) > last:
            yield (
                ("operateurs", index, "du"),
                "liste en vigueur après la fin de la campagne ; corriger la date",
            )
    for index, change in enumerate(campaign.budget.avenants):
        start = first_instant(change.du, zone)
        if (first and start <= first) or (last and start > last):
            yield (
                ("budget", "avenants", index, "du"),
                "avenant hors de la période de la campagne : ne changerait rien ; corriger la date",
            )


def _gaps(campaign: Campaign) -> Iterator[Problem]:
    for number, table in enumerate(campaign.tarif.all_tables):
        path: Path_ = ("tarif", "tables", number) if campaign.tarif.tables else ("tarif",)
        bands = table.tranches or []
        for place, band in enumerate(bands[1:], 1):
            ends = [earlier.a_m for earlier in bands[:place] if earlier.a_m is not None]
            if len(ends) == place and max(ends) < band.de_m:
                what = f"rien n'est dit de {max(ends)} à {band.de_m} m : ces mètres ne paieraient rien"
                remedy = "étendre une des deux tranches, ou en écrire une à `centimes: 0`"
                yield (*path, "tranches", place), f"{what} ; {remedy}"


def _money(campaign: Campaign) -> Iterator[Problem]:
    for index, cap in enumerate(campaign.plafonds):
        if cap.maximum == 0:
            what = "un plafond de 0 ôte tout à chaque trajet qu'il regarde"
            yield ("plafonds", index, "maximum"), f"{what} ; l'augmenter, ou écrire un test d'éligibilité"
    first = campaign.budget.euros
    if campaign.acompte and first is not None and campaign.acompte.first_euros > first:
        yield (
            ("acompte", "previsions"),
            f"l'acompte ({campaign.acompte.first_euros} €) dépasse le budget ({first} €)",
        )
