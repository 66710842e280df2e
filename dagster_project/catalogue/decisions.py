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
    read, wrong = [], []
    seen: set[tuple[Any, ...]] = set()
    for file in (file for folder in folders for file in sorted(folder.glob("*.yml"))):
        entry, faults = yaml_files.read(file, Decisions)
        wrong += faults
        for index, one in enumerate(entry.decisions if entry else []):
            place = ("decisions", index)
            wrong += yaml_files.told(file, _problems(one, place, operators, seen))
            read.append((one, yaml_files.told(file, [(place, "")])[0].rpartition(" :")[0]))
    return read, wrong


def _problems(
    one: Decision, place: tuple[str | int, ...], operators: set[str], seen: set[tuple[Any, ...]]
) -> Iterator[yaml_files.Problem]:
    if one.operateur not in operators:
        what = f"opérateur absent de data/operators{nearest(one.operateur, operators)}"
        yield (*place, "operateur"), f"{what} ; corriger l'identifiant"
    if one.motif and one.motif not in _CODES:
        yield (*place, "motif"), f"`{one.motif}` n'est pas un motif{nearest(one.motif, _CODES)}"
    key = (one.operateur, one.trajet, one.motif, one.le)
    if key in seen:
        yield (*place, "le"), "deux décisions du même jour sur ce trajet ; garder celle qui vaut"
    seen.add(key)


def decision_rows(decisions: Iterable[Decision]) -> pl.DataFrame:
    """One row per decision, as the lake keeps them."""
    rows = [
        {
            "operator_id": one.operateur,
            "operator_journey_id": one.trajet,
            "rule_code": one.motif,
            "effect": _EFFECTS[one.effet],
            "decided_on": one.le,
        }
        for one in decisions
    ]
    return pl.DataFrame(rows, schema=FRAUD_DECISIONS.empty.schema)
