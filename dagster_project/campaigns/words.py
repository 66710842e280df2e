"""A campaign's rules in French words, for explanations and documents. Not here: what they mean in SQL."""

from datetime import date
from typing import Any

from dagster_project.campaigns.conditions import Condition, Dated
from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.tariff import Adjustment, Share

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
}


def cents(amount: int) -> str:
    """Cents as euros."""
    return f"{amount // 100},{amount % 100:02} €"


def condition_words(condition: Condition) -> str:
    """A condition as one phrase."""
    parts = [_key(name, value) for name, value in condition.conditions]
    return " et ".join([*parts, *_dates(condition)]) or "toujours"


def test_words(campaign: Campaign, name: str) -> str:
    """What a test asks, the engine's own ones included."""
    for test in campaign.eligibilite:
        if test.nom == name:
            return condition_words(test)
    if name == "periode":
        end = "épuisement du budget" if campaign.periode.jusqu_a_epuisement else f"{campaign.periode.au}"
        return f"du {campaign.periode.du} au {end}"
    if name == "perimetre" and campaign.perimetre:
        return f"origine ou destination dans {campaign.perimetre.territoire}"
    return "opérateur de la liste en vigueur"


def value_words(campaign: Campaign, name: str, facts: dict[str, Any]) -> str:
    """What the journey shows for a test."""
    local = facts["start_at"].astimezone(campaign.zone).strftime("%Y-%m-%d %H:%M")
    places = f"{facts['start_commune']} → {facts['end_commune']}"
    if name in ("periode", "operateur"):
        return str(local)
    shown = [places] if name == "perimetre" else []
    for test in campaign.eligibilite:
        if test.nom == name:
            for key in _keys(test):
                fact = _FACTS.get(key)
                shown.append(places if fact is None else local if fact == "start_at" else str(facts[fact]))
    return ", ".join(dict.fromkeys(shown))


def share_words(share: Share, unit: str) -> str:
    """A part of a band."""
    unit = share.par or unit
    if share.somme is not None:
        return " + ".join(share_words(one, unit) for one in share.somme)
    if share.minimum_de is not None:
        return f"le moindre de {' et de '.join(share_words(one, unit) for one in share.minimum_de)}"
    if share.centimes is not None:
        return f"{share.centimes} ct {_UNITS[unit]}"
    bounds = [f"depuis {share.km_depuis_m} m"] if share.km_depuis_m is not None else []
    bounds += [f"jusqu'à {share.km_jusqu_a_m} m"] if share.km_jusqu_a_m is not None else []
    return " ".join([f"{share.centimes_par_km} ct/km {_UNITS[unit]}", *bounds])


def adjustment_words(step: Adjustment, unit: str) -> str:
    """An adjustment and its condition."""
    (kind,) = step.kinds
    value, per = getattr(step, kind), _UNITS[step.par or unit]
    told = {
        "plancher_centimes": f"au moins {value} ct {per}",
        "plafond_centimes": f"au plus {value} ct {per}",
        "multiplier": f"multiplié par {value}",
        "porter_a": "porté au revenu du conducteur",
        "deduire": "moins la contribution du passager",
    }[kind]
    when = condition_words(step.quand)
    return told if when == "toujours" else f"{told} si {when}"


def cap_words(campaign: Campaign, name: str) -> str:
    """A cap: how many of what, whose, in which window."""
    cap = next(one for one in campaign.plafonds if one.nom == name)
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
            end = f" et de moins de {value.max_m} m" if value.max_m is not None else ""
            return f"distance d'au moins {value.min_m} m{end}"
        case "sieges":
            return f"au moins {value.min} siège(s)" + (f", au plus {value.max}" if value.max else "")
        case "passager_majeur":
            return "passager majeur" + (" ou d'âge inconnu" if value == "non_mineur" else " déclaré")
        case "contribution":
            end = f", au plus {value.max_centimes} ct" if value.max_centimes is not None else ""
            return f"contribution du passager d'au moins {value.min_centimes} ct{end}"
        case "heures":
            return "départ " + " ou ".join(f"de {one.de} à {one.a}" for one in value)
        case "dates":
            days = (str(one) if isinstance(one, date) else f"du {one.du} au {one.au}" for one in value)
            return f"date parmi {', '.join(days)}"
        case "sauf":
            return f"sauf ({condition_words(value)})"
        case "toutes" | "une_de":
            word = " et " if name == "toutes" else " ou "
            return f"({word.join(condition_words(one) for one in value)})"
    label = {"classes": "classe", "jours": "jour", "mois": "mois", "operateurs": "opérateur"}[name]
    return f"{label} parmi {', '.join(map(str, value))}"


def _dates(dated: Dated) -> list[str]:
    return [
        *([f"dès {dated.du}"] if dated.du else []),
        *([f"jusqu'au {dated.au}"] if dated.au else []),
        *([f"avant {dated.avant}"] if dated.avant else []),
    ]
