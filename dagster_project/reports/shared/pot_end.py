"""When a pot is empty, or may be: the one French sentence of all documents. It decides nothing (D-300)."""

from collections.abc import Mapping
from typing import Any

from dagster_project.reports.shared.french import french_day

ASSUMES = (
    "La prévision suit le jour de la semaine, les jours fériés, les vacances scolaires et la tendance. Elle "
    "suppose que l’enveloppe, les règles et les opérateurs restent ceux du jour : un avenant ne compte que "
    "depuis sa date, et il faut quelques semaines de trajets pour que de nouvelles règles y paraissent."
)
_FEWEST_WEEKS = 8  # as pot_forecasts has it


def is_forecast(status: Mapping[str, Any]) -> bool:
    """Is a day ahead told? `status`: a row of `finance.budget_status`."""
    return status["horizon_on"] is not None


def end_words(status: Mapping[str, Any]) -> str:
    """When the pot was empty, or is expected to be and between which days, or why nothing is said."""
    on, ends_on, earliest_on = status["exhaustion_on"], status["ends_on"], status["earliest_on"]
    if status["budget_cents"] is None:
        return "La campagne n’a pas d’enveloppe."
    if not is_forecast(status):
        return f"L’enveloppe n’a pas suffi à partir du {french_day(on)}." if on else _why_nothing(status)
    if on is None or on >= ends_on:
        until_on = ends_on if on else min(ends_on, status["horizon_on"])
        words = f"l’enveloppe suffit jusqu’au {french_day(until_on)}"
        words += "" if until_on == ends_on else " au moins"
        if earliest_on and earliest_on < until_on:
            words += f" ; une fois sur dix pourtant, elle est épuisée avant le {french_day(earliest_on)}"
    else:
        words = f"l’enveloppe est épuisée vers le {french_day(on)}"
        words += (
            f" ; huit fois sur dix, entre le {french_day(earliest_on)} et le "
            f"{french_day(status['latest_on'])}"
            if status["latest_on"]
            else f" ; neuf fois sur dix, pas avant le {french_day(earliest_on)}"
        )
    return f"D’après les {status['forecast_weeks']} dernières semaines, {words}."


def _why_nothing(status: Mapping[str, Any]) -> str:
    if status["left_cents"] <= 0:
        return "L’enveloppe est consommée."
    if status["business_date"] > status["ends_on"]:
        return "La campagne est finie : pas de prévision."
    if status["last_28_days_cents"] == 0:
        return "Rien n’a été consommé depuis quatre semaines : pas de prévision."
    if (status["forecast_weeks"] or 0) >= _FEWEST_WEEKS:
        return "Les vacances scolaires à venir ne sont pas connues : pas de prévision."
    return "Moins de huit semaines entières de trajets : trop peu pour prévoir la fin de l’enveloppe."
