"""What changes in a rule file on a day, in French: for operators, made of the same file as the rules are.

Not here: a campaign's own words (changes), what the change does to journeys (simulation.rule_replay).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dagster_project.campaigns.language.acceptance import Acceptance, AcceptanceRule
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import rule_changes
from dagster_project.contracts.labels import ALERTS, LABELS
from dagster_project.contracts.refusal_codes import ACCEPTANCE_RULES
from dagster_project.pages.laboratory.changes import changes
from dagster_project.reports.shared.french import french_day, french_number
from dagster_project.simulation.figures import Variant

_NONE = "aucune règle"
_THRESHOLDS = {
    "secondes": "{} secondes",
    "metres": "{} m",
    "pour_cent": "{} %",
    "km_h": "{} km/h",
    "nombre": "nombre {}",
}


@dataclass(frozen=True)
class Change:
    """One rule that changes: what it is about, its words before and after, what the reader may do."""

    subject: str
    before: str
    after: str
    remedy: str = ""

    def sentence(self, day: date) -> str:
        """The change in a paragraph."""
        until = french_day(day - timedelta(days=1))
        words = f"{self.subject} Jusqu’au {until} : {self.before}. Dès le {french_day(day)} : {self.after}."
        return f"{words} {self.remedy}".rstrip()


def of_acceptance(rules: Acceptance, day: date) -> list[Change]:
    """The codes whose rule begins, changes or ends on a day."""
    old, new = (
        {str(rule.code): rule for rule in rules.regles if rule.du <= at <= (rule.au or at)}
        for at in (day - timedelta(days=1), day)
    )
    return [
        Change(f"Motif {rule.code} : {rule.sentence}", _acceptance(before), _acceptance(after), rule.remedy)
        for rule in ACCEPTANCE_RULES
        for before, after in [(old.get(rule.code), new.get(rule.code))]
        if before != after
    ]


def _acceptance(rule: AcceptanceRule | None) -> str:
    if rule is None:
        return _NONE
    match rule.code:
        case "sent_too_late":
            since = "le départ" if rule.depuis == "depart" else "l’arrivée"
            return f"envoi dans les {rule.heures} heures après {since}"
        case "distance_too_short":
            return f"{french_number(rule.metres or 0)} m au moins"
        case "too_close_trips":
            return f"{rule.minutes} minutes au moins entre deux trajets des mêmes personnes"
        case "too_many_trips":
            return f"{rule.maximum} trajets au plus par jour et par personne"
    return "la règle s’applique"


def of_frauds(frauds: Any, day: date) -> list[Change]:
    """The labels whose thresholds begin on a day."""
    return [
        Change(
            f"Signalement {label.code} ({label.title}) : {label.sentence}",
            _line(lines[at - 1]) if at else _NONE,
            _line(line),
            label.remedy,
        )
        for label in (*LABELS, *ALERTS)
        for lines in [getattr(frauds, label.key)]
        for at, line in enumerate(lines)
        if line.du == day
    ]


def _line(line: Any) -> str:
    given = (
        words.format(french_number(value))
        for name, words in _THRESHOLDS.items()
        if (value := getattr(line, name)) is not None
    )
    kind = "le trajet est retiré du paiement" if line.ecarte else "le signalement informe, sans rien retirer"
    thresholds = list(given)
    return f"seuil{'s' * (len(thresholds) > 1)} {', '.join(thresholds)} ; {kind}"


def of_campaign(in_force: Any, changed: Any, day: date, names: dict[str, str]) -> list[Change]:
    """The subjects on which two files of a campaign do not say the same, without a day's change and since it.

    `names`: operators' by id.
    """
    sides = rule_changes.without(in_force, day), _latest(rule_changes.since(changed, day), day)
    old, new = (Campaign.model_validate(rule_changes.plain(side)) for side in sides)
    table = changes([Variant("avant", old), Variant("ensuite", new)], names)
    return [
        Change(f"{subject}.", before, after, f"({articles})" if articles else "")
        for row in table.rows
        for subject, before, after, articles in [map(str, row.cells)]
    ]


def _latest(data: dict[str, Any], day: date) -> dict[str, Any]:
    """The file with the version alone of each territory that begins on a day, and the later ones."""
    places = data.get("territoires", {})
    for name, versions in places.items():
        listed = versions if isinstance(versions, list) else []
        at = [rule_changes.begins_on(version, day) for version in listed]
        if True in at:
            first, *later = versions[at.index(True) :]
            # Its codes are of the year in which it begins.
            dated = {"millesime": day.year} | {key: value for key, value in first.items() if key != "du"}
            places = places | {name: [dated, *later]}
    return data | {"territoires": places}
