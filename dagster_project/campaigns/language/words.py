"""A campaign's rules in French words, for explanations and documents. Not here: what they mean in SQL."""

from datetime import date
from decimal import Decimal
from typing import Any, get_args

from dagster_project.campaigns.language.conditions import Condition, Dated, Day
from dagster_project.campaigns.language.model import ANY, Campaign
from dagster_project.campaigns.language.tariff import Adjustment, Share, TariffTable
from dagster_project.campaigns.language.territories import LEVELS
from dagster_project.contracts.moments import first_instant
from dagster_project.contracts.money import euros

_ENDS = {
    "origine": "origine dans",
    "destination": "destination dans",
    "origine_et_destination": "origine et destination dans",
    "origine_ou_destination": "origine ou destination dans",
    "meme_zone_de": "les deux extrémités dans la même zone de",
}
_UNITS = {"trajet": "par trajet", "siege": "par siège"}
_WINDOWS = {
    "jour": "par jour",
    "semaine": "par semaine",
    "mois": "par mois",
    "trimestre": "par trimestre",
    "annee": "par an",
    "campagne": "sur toute la campagne",
}
_FACT_UNITS = {"distance_m": " m", "seats": " siège(s)", "passenger_contribution_cents": " ct"}
_FACTS = {
    "classes": "operator_class",
    "distance": "distance_m",
    "sieges": "seats",
    "passager_majeur": "passenger_over_18",
    "contribution": "passenger_contribution_cents",
    "jours": "start_at",
    "heures": "start_at",
    "mois": "start_at",
    "dates": "start_at",
    "operateurs": "operator_id",
}


def cents(amount: int) -> str:
    """123456 → "1234,56 €"."""
    return f"{euros(amount)} €".replace(".", ",")


def condition_words(condition: Condition) -> str:
    """A condition as one phrase."""
    parts = [_key(name, value) for name, value in condition.conditions]
    return " et ".join([*parts, *_dates(condition)]) or "toujours"


def test_words(campaign: Campaign, name: str, facts: dict[str, Any]) -> str:
    """What a test asks, the engine's own ones included."""
    for test in campaign.eligibilite:
        if test.nom == name:
            return condition_words(test)
    if name == "periode":
        period = campaign.periode
        return f"du {period.du} " + (
            "à l'épuisement du budget" if period.jusqu_a_epuisement else f"au {period.au}"
        )
    if name == "perimetre" and campaign.perimetre:
        return f"origine ou destination dans {campaign.perimetre.territoire}"
    begun = [
        listing
        for listing in campaign.operateurs
        if first_instant(listing.du, campaign.zone) <= facts["start_at"]
    ]
    if not begun:
        return "aucune liste d'opérateurs n'est encore en vigueur"
    latest = max(begun, key=lambda listing: first_instant(listing.du, campaign.zone))
    if latest.liste == ANY:
        return f"tout opérateur (depuis le {latest.du})"
    return f"opérateur de la liste en vigueur (depuis le {latest.du}) : {', '.join(latest.named)}"


def value_words(campaign: Campaign, name: str, facts: dict[str, Any]) -> str:
    """What the journey shows for a test: the codes of its ends at the levels that the test looks at."""
    start_at = facts["start_at"].astimezone(campaign.zone)
    local = f"{get_args(Day)[start_at.weekday()]} {start_at:%Y-%m-%d %H:%M}"
    if name == "periode":
        return local
    if name == "operateur":
        return str(facts["operator_id"])
    if name == "perimetre" and campaign.perimetre:
        return _places(campaign, [campaign.perimetre.territoire], [], facts)
    test = next(test for test in campaign.eligibilite if test.nom == name)
    keys = _keys(test)
    shown = [
        str(local) if _FACTS[key] == "start_at" else _fact(facts, _FACTS[key])
        for key in keys
        if key in _FACTS
    ]
    levels = _same_levels(test)
    if levels or test.named_territories():
        shown.append(_places(campaign, test.named_territories(), levels, facts))
    if test.instants(campaign.zone) != (None, None):
        shown.append(local)
    return ", ".join(dict.fromkeys(shown))


def _fact(facts: dict[str, Any], name: str) -> str:
    value = facts[name]
    if value is None:
        return "inconnu"
    known = {True: "oui", False: "non"}[value] if isinstance(value, bool) else str(value)
    return known + _FACT_UNITS.get(name, "")


def _same_levels(condition: Condition) -> list[str]:
    own = [condition.meme_code.niveau] if condition.meme_code else []
    return own + [level for inner in condition.inner() for level in _same_levels(inner)]


def _places(campaign: Campaign, names: list[str], levels: list[str], facts: dict[str, Any]) -> str:
    named = [campaign.selector(name, facts["start_at"]) for name in names]
    # Where a polygon or circle decides, the commune says enough: an exact position is nobody's business.
    asked = {level for selector in named for level, _ in selector.codes} | set(levels) or {"commune"}
    if any(selector.polygone or selector.cercle for selector in named):
        asked.add("commune")
    return ", ".join(
        f"{level} {facts[f'start_{level}'] or 'inconnu'} → {facts[f'end_{level}'] or 'inconnu'}"
        for level in LEVELS
        if level in asked
    )


def share_words(share: Share, unit: str, own: tuple[int, int | None], billed_m: int, seats: int) -> str:
    """A part of a band as the multiplication that it is for this journey."""
    unit = share.par or unit
    if share.somme is not None:
        return "(" + " + ".join(share_words(part, unit, own, billed_m, seats) for part in share.somme) + ")"
    if share.minimum_de is not None:
        parts = (share_words(part, unit, own, billed_m, seats) for part in share.minimum_de)
        return f"le moindre de {' et de '.join(parts)}"
    times = f" × {seats} siège(s)" if unit == "siege" else ""
    if share.centimes is not None:
        return f"{share.centimes} ct{times}"
    start = own[0] if share.km_depuis_m is None else share.km_depuis_m
    end = own[1] if share.km_jusqu_a_m is None else share.km_jusqu_a_m
    counted = max(min(billed_m, end) if end is not None else billed_m, start) - start
    of = f" (au-delà de {start} m)" if start else ""
    return f"{share.centimes_par_km} ct/km × {_km(counted)} km{of}{times}"


def price_words(share: Share, unit: str) -> str:
    """What a band pays, whatever the journey: "0,10 € par km et par siège"."""
    unit = share.par or unit
    if share.somme is not None:
        return " + ".join(price_words(part, unit) for part in share.somme)
    if share.minimum_de is not None:
        return f"le moindre de {' et de '.join(price_words(part, unit) for part in share.minimum_de)}"
    if share.centimes is not None:
        return f"{cents(share.centimes)} {_UNITS[unit]}"
    rate = f"{(share.centimes_par_km or 0) / 100:f}".rstrip("0").ljust(4, "0").replace(".", ",")
    start, end = share.km_depuis_m, share.km_jusqu_a_m
    span = [*([f"au-delà de {_km(start)} km"] if start else []), *([f"jusqu'à {_km(end)} km"] if end else [])]
    whose = "" if unit == "trajet" else f" et {_UNITS[unit]}"
    return f"{rate} € par km{whose}" + (f" ({', '.join(span)})" if span else "")


def table_words(table: TariffTable) -> str:
    """A table by its name and its dates: "second semestre, dès 2025-07-01"."""
    return ", ".join([table.nom.replace("_", " "), *_dates(table)])


def _km(metres: int) -> str:
    return f"{Decimal(metres) / 1000:f}".replace(".", ",")


def _metres(metres: int) -> str:
    return f"{metres:,} m".replace(",", "\u202f")


def adjustment_words(step: Adjustment, unit: str) -> str:
    """An adjustment and its condition."""
    (kind,) = step.kinds
    value, per = getattr(step, kind), _UNITS[step.par or unit]
    words = {
        "plancher_centimes": f"au moins {value} ct {per}",
        "plafond_centimes": f"au plus {value} ct {per}",
        "multiplier": f"multiplié par {value}",
        "porter_a": "porté au revenu du conducteur",
        "deduire": "moins la contribution du passager",
    }[kind]
    when = condition_words(step.quand)
    return words if when == "toujours" else f"{words} si {when}"


def cap_words(campaign: Campaign, name: str) -> str:
    """A cap: how many of what, whose, in which window."""
    cap = next(cap for cap in campaign.plafonds if cap.nom == name)
    return f"{cap.maximum} {cap.compte} {_WINDOWS[cap.fenetre]} ({cap.par.replace('_', ' ')})"


def _keys(condition: Condition) -> list[str]:
    own = [name for name, _ in condition.conditions if name not in ("sauf", "toutes", "une_de")]
    return own + [key for inner in condition.inner() for key in _keys(inner)]


def _key(name: str, value: Any) -> str:
    if name in _ENDS:
        return f"{_ENDS[name]} {value}"
    match name:
        case "meme_code":
            but = f", sauf {', '.join(value.sauf)}" if value.sauf else ""
            return f"même {value.niveau} aux deux extrémités{but}"
        case "distance":
            end = f" et de moins de {_metres(value.max_m)}" if value.max_m is not None else ""
            return f"distance d'au moins {_metres(value.min_m)}{end}"
        case "sieges":
            return f"au moins {value.min} siège(s)" + (f", au plus {value.max}" if value.max else "")
        case "passager_majeur":
            return "passager majeur" + (" ou d'âge inconnu" if value == "non_mineur" else " déclaré")
        case "contribution":
            end = f", au plus {value.max_centimes} ct" if value.max_centimes is not None else ""
            return f"contribution du passager d'au moins {value.min_centimes} ct{end}"
        case "heures":
            return "départ " + " ou ".join(f"de {hours.de} à {hours.a}" for hours in value)
        case "dates":
            days = (str(day) if isinstance(day, date) else f"du {day.du} au {day.au}" for day in value)
            return f"date parmi {', '.join(days)}"
        case "sauf":
            return f"sauf ({condition_words(value)})"
        case "toutes" | "une_de":
            word = " et " if name == "toutes" else " ou "
            return f"({word.join(condition_words(inner) for inner in value)})"
    label = {"classes": "classe", "jours": "jour", "mois": "mois", "operateurs": "opérateur"}[name]
    return f"{label} parmi {', '.join(map(str, value))}"


def _dates(dated: Dated) -> list[str]:
    return [
        *([f"dès {dated.du}"] if dated.du else []),
        *([f"jusqu'au {dated.au}"] if dated.au else []),
        *([f"avant {dated.avant}"] if dated.avant else []),
    ]
