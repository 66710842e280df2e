"""decisions/*.yml: reviewed decisions that override labels of fraud (CONVENTION article 9).

An operator or an authority contests; whoever decides is named by role, from a closed list, so that no file
holds a name. A journey's id leads to a person: real decisions lie in the private catalogue. Why: D-060.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from dagster_project.contracts.labels import FRAUD_DECISIONS, LABELS
from dagster_project.contracts.signed_files import Part
from dagster_project.files import yaml_files
from dagster_project.files.yaml_faults import nearest

_EFFECTS = {"retablir": "keep", "ecarter": "exclude"}
_CODES = {label.code for label in LABELS}


class Decision(Part):
    """What was decided on one journey, or on one of its labels."""

    operateur: str
    trajet: Annotated[str, Field(min_length=1, max_length=256)]
    motif: str | None = None
    effet: Literal["retablir", "ecarter"]
    le: date
    demande_par: Literal["operateur", "autorite", "registre"]
    decide_par: Literal["autorite", "registre"]
    raison: Annotated[str, Field(min_length=10)]


class Decisions(Part):
    """One file of decisions."""

    decisions: Annotated[list[Decision], Field(min_length=1)]


def read_decisions(
    folders: Iterable[Path], operators: set[str]
) -> tuple[list[tuple[Decision, str]], list[str]]:
    """Every decision with its place (file and line), and what is wrong: file, line, what, remedy."""
    read, messages = [], []
    seen: set[tuple[Any, ...]] = set()
    for file in (file for folder in folders for file in sorted(folder.glob("*.yml"))):
        entry, faults = yaml_files.read(file, Decisions)
        messages += faults
        for index, decision in enumerate(entry.decisions if entry else []):
            place = ("decisions", index)
            messages += yaml_files.fault_lines(file, _problems(decision, place, operators, seen))
            read.append((decision, yaml_files.fault_lines(file, [(place, "")])[0].rpartition(" :")[0]))
    return read, messages


def _problems(
    decision: Decision, place: tuple[str | int, ...], operators: set[str], seen: set[tuple[Any, ...]]
) -> Iterator[yaml_files.Problem]:
    if decision.operateur not in operators:
        what = f"opérateur absent de data/operators{nearest(decision.operateur, operators)}"
        yield (*place, "operateur"), f"{what} ; corriger l'identifiant"
    if decision.motif and decision.motif not in _CODES:
        yield (*place, "motif"), f"`{decision.motif}` n'est pas un motif{nearest(decision.motif, _CODES)}"
    key = (decision.operateur, decision.trajet, decision.motif, decision.le)
    if key in seen:
        yield (*place, "le"), "deux décisions du même jour sur ce trajet ; garder celle qui vaut"
    seen.add(key)


def decision_rows(decisions: Iterable[Decision]) -> pl.DataFrame:
    """One row per decision, as the lake keeps them."""
    rows = [
        {
            "operator_id": decision.operateur,
            "operator_journey_id": decision.trajet,
            "rule_code": decision.motif,
            "effect": _EFFECTS[decision.effet],
            "decided_on": decision.le,
        }
        for decision in decisions
    ]
    return pl.DataFrame(rows, schema=FRAUD_DECISIONS.empty.schema)
