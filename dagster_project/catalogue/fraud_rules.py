"""data/rules/fraud.yml: the labels' thresholds, dated, and the rule rows they become.

Not here: what a label is called (contracts.labels), how it is found (dbt/models/fraud).
"""

from datetime import date
from itertools import pairwise
from typing import Annotated, Any

import polars as pl
from pydantic import Field, create_model, field_validator

from dagster_project.contracts.labels import ALERTS, LABELS
from dagster_project.contracts.signed_files import Part

_THRESHOLDS = {
    "secondes": "seconds",
    "metres": "metres",
    "pour_cent": "percent",
    "km_h": "kmh",
    "nombre": "number",
}
_Threshold = Annotated[int | None, Field(ge=0)]
FRAUD_RULES: dict[str, Any] = {
    "rule_code": pl.String,
    "from_on": pl.Date,
    "to_on": pl.Date,
    "is_excluding": pl.Boolean,
    **dict.fromkeys(_THRESHOLDS.values(), pl.Int64),
}


class Line(Part):
    """One label's thresholds from a local day on; whether it takes a journey out of payment."""

    du: date
    ecarte: bool
    source: Annotated[str, Field(min_length=1)]
    secondes: _Threshold = None
    metres: _Threshold = None
    pour_cent: _Threshold = None
    km_h: _Threshold = None
    nombre: _Threshold = None


class _Frauds(Part):
    @field_validator("*")
    @classmethod
    def _well_formed(cls, lines: list[Line], info: Any) -> list[Line]:
        label = next(label for label in (*LABELS, *ALERTS) if label.key == info.field_name)
        for line in lines:
            given = {name for name in _THRESHOLDS if getattr(line, name) is not None}
            if given != label.needs:
                raise ValueError(f"seuils attendus : {', '.join(sorted(label.needs))}, et nul autre")
            if line.ecarte and label in ALERTS:
                raise ValueError("une alerte par mois n'écarte aucun trajet ; écrire ecarte: false")
        if any(later.du <= earlier.du for earlier, later in pairwise(lines)):
            raise ValueError("les dates `du` doivent croître ; ranger les lignes, une par date")
        return lines


# One key per label, each a list of dated lines.
Frauds = create_model(  # type: ignore[call-overload]
    "Frauds",
    __base__=_Frauds,
    **{label.key: (Annotated[list[Line], Field(min_length=1)], ...) for label in (*LABELS, *ALERTS)},
)


def fraud_rows(frauds: Any) -> list[dict[str, Any]]:
    """One row per label and period in which its thresholds hold."""
    return [
        {
            "rule_code": label.code,
            "from_on": line.du,
            "to_on": after.du if after else date.max,
            "is_excluding": line.ecarte,
            **{ours: getattr(line, theirs) for theirs, ours in _THRESHOLDS.items()},
        }
        for label in (*LABELS, *ALERTS)
        for line, after in pairwise([*getattr(frauds, label.key), None])
    ]
