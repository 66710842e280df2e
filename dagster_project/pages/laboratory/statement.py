"""The statement of a rule change: what it does to journeys that the base has, what operators are told.

A dated record beside the rule's file, made before the rule takes effect; it names no person and no journey.
Not here: which changes need one (catalogue.rule_changes), the counting (simulation.rule_replay).
Why: D-296 to D-299.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from pydantic import ValidationError

from dagster_project.campaigns.language.acceptance import Acceptance, acceptance_rows
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue, rule_changes
from dagster_project.catalogue.fraud_rules import FRAUD_RULES, Frauds, fraud_rows
from dagster_project.catalogue.parties import Authority
from dagster_project.catalogue.rows import ACCEPTANCE_RULES
from dagster_project.catalogue.standing import remembered
from dagster_project.contracts.archive import K
from dagster_project.contracts.small_counts import shown
from dagster_project.files import yaml_files
from dagster_project.files.disk import replacing
from dagster_project.lake.store import Lake
from dagster_project.pages.laboratory import rule_words
from dagster_project.pages.laboratory.members import of_members
from dagster_project.pages.laboratory.places import codes_of, place_names
from dagster_project.pages.laboratory.rule_words import Change
from dagster_project.reports.shared.french import french_change, french_day, french_number
from dagster_project.simulation import rule_replay
from dagster_project.simulation.figures import TooFewError
from dagster_project.simulation.rule_replay import Replay

_LARGEST = 20
_HEAD = f"""\
# Constat d'un changement de règle, écrit par `entrepot rule-statement` : ne pas le corriger à la main.
# Montants : ce que la règle nouvelle donne de plus (de moins : négatif) pour les trajets rejoués, comme si
# rien n'était clos ; rien n'est payé ni repris pour eux. Commission TTC. Un trajet compte une fois par
# campagne. Les montants sont entiers. Un groupe de moins de {K} trajets ou personnes n'est montré que dans
# `autres`, et n'est compté que là et dans le premier nombre de trajets.
"""


class StatementError(Exception):
    """No statement can be made; the message says why and what to do."""


@dataclass(frozen=True)
class _Rule:
    """A rule file that changes on a day: its words, and how it is tried on the days of the base."""

    file: Path
    day: date
    data: dict[str, Any]
    root: Path

    @property
    def before(self) -> date | None:
        """The last day before on which something changes."""
        return max((day for day in rule_changes.changes(self.data) if day < self.day), default=None)


def state(file: Path, asked: date | None, lake: Lake, root: Path) -> tuple[Path, bool]:
    """Write the statement of a rule file's change; its file, and whether it was made now.

    `asked`: the day of the change, where more than one lacks its statement. One that is there and speaks of
    the same text stays as it is. Raises StatementError, CatalogueError, BuildError, and FileNotFoundError
    before any night.
    """
    model = catalogue.rule_file(file, root)
    data = rule_changes.read(file)
    if isinstance(model, Campaign) and model.id != file.stem:
        raise StatementError(f"{file}: nommer le fichier {model.id}.yml, comme la campagne")
    if file.stem == rule_changes.LAW:
        raise StatementError(f"{file}: ces chiffres ne changent le montant d'aucun trajet ; pas de constat")
    rule = _Rule(file, _day(file, data, asked, root), data, root)
    digest = rule_changes.changes(data)[rule.day]
    target = rule_changes.statement_file(file, rule.day, root)
    if rule_changes.is_stated(target, digest):
        return target, False
    campaigns = catalogue.campaigns(root)
    try:
        if isinstance(model, Authority):
            changes, replay = of_members(model, data, rule.day, rule.before, lake, root)
        elif isinstance(model, Campaign):
            changes, replay = _campaign(rule, lake)
        else:
            changes, replay = _rules(rule, model, lake, campaigns)
    except ValidationError:
        raise StatementError(
            f"{file}: ce qui change le {rule.day} ne peut pas valoir plus tôt, sur les trajets de la base ; "
            "séparer les changements de dates différentes"
        ) from None
    authorities = {
        campaign.id: campaign.autorite for campaign in (*campaigns, model) if isinstance(campaign, Campaign)
    }
    record = _record(rule, digest, changes, replay, authorities)
    target.parent.mkdir(exist_ok=True)
    with replacing(target) as beside:
        beside.write_text(_HEAD + "".join(_written(*entry) for entry in record.items()), "utf-8")
    return target, True


def _written(key: str, value: Any) -> str:
    """A key of the record: rows of figures each on a line, words as a list to read."""
    style = None if isinstance(value, list | dict) and key not in ("change", "texte") else False
    return str(
        yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=110, default_flow_style=style)
    )


def _day(file: Path, data: Any, asked: date | None, root: Path) -> date:
    days = [asked] if asked else rule_changes.missing(file, root)
    if len(days) == 1 and days[0] in rule_changes.changes(data):
        return days[0]
    known = ", ".join(map(str, rule_changes.changes(data)))
    if asked:
        raise StatementError(f"{file}: rien ne change le {asked} ; dates du fichier : {known}")
    raise StatementError(
        f"{file}: {len(days) or 'aucun'} changement sans constat ; dire lequel par --from : {known}"
    )


def _campaign(rule: _Rule, lake: Lake) -> tuple[list[Change], Replay | str]:
    in_force = rule.root / "campaigns" / rule.file.name
    data = yaml_files.written(in_force) if in_force.is_file() else rule.data
    # The change may stand in the file in force already, with its day to come.
    known = Campaign.model_validate(rule_changes.without(data, rule.day))
    operators = remembered(lake, catalogue.operators(rule.root))
    names = {operator.id: operator.name for operator in operators} | place_names(
        rule.root, codes_of([known, Campaign.model_validate(rule.data)])
    )
    changes = rule_words.of_campaign(data, rule.data, rule.day, names)
    try:
        days = rule_replay.days_to_replay(lake, [known], rule.day, rule.before)
    except TooFewError as error:
        return changes, str(error)
    tried = Campaign.model_validate(rule_changes.moved(rule.data, rule.day, days[0]))
    parties = operators, catalogue.authorities(rule.root)
    return changes, rule_replay.of_campaigns(lake, [(known, tried)], days, parties)


def _rules(
    rule: _Rule, changed: Any, lake: Lake, campaigns: Sequence[Campaign]
) -> tuple[list[Change], Replay | str]:
    is_fraud = not isinstance(changed, Acceptance)
    changes = (rule_words.of_frauds if is_fraud else rule_words.of_acceptance)(changed, rule.day)
    try:
        days = rule_replay.days_to_replay(lake, campaigns, rule.day, rule.before, is_fraud=is_fraud)
    except TooFewError as error:
        return changes, str(error)
    data = rule_changes.moved(rule.data, rule.day, days[0])
    if is_fraud:
        tables = {"fraud_rules": pl.DataFrame(fraud_rows(Frauds.model_validate(data)), schema=FRAUD_RULES)}
    else:
        rows = acceptance_rows(Acceptance.model_validate(data))
        tables = {"acceptance_rules": pl.DataFrame(rows, schema=ACCEPTANCE_RULES)}
    parties = remembered(lake, catalogue.operators(rule.root)), catalogue.authorities(rule.root)
    return changes, rule_replay.of_rules(lake, tables, campaigns, days, parties)


def _record(
    rule: _Rule, digest: str, changes: Sequence[Change], replay: Replay | str, authorities: dict[str, str]
) -> dict[str, Any]:
    head = {
        "regle": rule.file.name,
        "du": rule.day,
        "empreinte": digest,
        "change": [
            {"sujet": change.subject, "avant": change.before, "ensuite": change.after} for change in changes
        ],
    }
    if isinstance(replay, str):
        effect = f"Aucun trajet de la base n’a pu être rejoué : {replay}."
        return head | {"rejoue": effect, "texte": _text(rule.day, changes, effect)}
    all_journeys = sum(row["journeys"] for row in replay.groups)
    money = _money(replay.groups)
    effect = (
        f"Appliquée aux trajets du {french_day(replay.first_on)} au {french_day(replay.last_on)}, la règle "
        f"nouvelle en change {_count(all_journeys)}, l’indemnité de "
        f"{french_change(money['indemnite_centimes'])} et la commission TTC de "
        f"{french_change(money['commission_centimes'])}."
    )
    told_groups = [row for row in replay.groups if row["is_told"]]
    few = [row for row in replay.groups if not row["is_told"]]
    return head | {
        "rejoue": {"du": replay.first_on, "au": replay.last_on, "nuit": replay.night_on},
        "trajets": shown(all_journeys),
        **money,
        "par_operateur": _sums(replay, "operator", operateur="operator_id"),
        "par_campagne": [
            {"autorite": authorities.get(row["campagne"], "aucune"), **row}
            for row in _sums(replay, "campaign", campagne="campaign_id")
        ],
        "par_verdict": _sums(replay, "verdict", avant="verdict_before", ensuite="verdict_after"),
        "plus_grands": [
            {
                "operateur": row["operator_id"],
                "campagne": row["campaign_id"] or "aucune",
                "mois": f"{row['month_on']:%Y-%m}",
                "avant": row["verdict_before"],
                "ensuite": row["verdict_after"],
                "trajets": row["journeys"],
                **_money([row]),
            }
            for row in told_groups[:_LARGEST]
        ],
        "autres": [{"trajets": shown(row["journeys"]), **_money([row])} for row in few],
        "texte": _text(rule.day, changes, effect),
    }


def _sums(replay: Replay, subject: str, **keys: str) -> list[dict[str, Any]]:
    return [
        {
            **{key: row[column] or "aucune" for key, column in keys.items()},
            "trajets": row["journeys"],
            **_money([row]),
        }
        for row in replay.sums
        if row["subject"] == subject
        and (row["journeys"], row["incentive_cents"], row["fee_cents"]) != (0, 0, 0)
    ]


def _money(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {
        "indemnite_centimes": sum(row["incentive_cents"] for row in rows),
        "commission_centimes": sum(row["fee_cents"] for row in rows),
    }


def _count(journeys: int) -> str:
    count = shown(journeys)
    return french_number(count) if isinstance(count, int) else count


def _text(day: date, changes: Sequence[Change], effect: str) -> list[str]:
    """What operators read."""
    return [
        f"Changement de règle au {french_day(day)}.",
        *(change.sentence(day) for change in changes),
        f"{effect} Ce n’est qu’un essai : les trajets partis avant le {french_day(day)} gardent leur règle, "
        "et ce qui est clos ne bouge pas.",
    ]
