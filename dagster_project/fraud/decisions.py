"""Reviewed decisions → the lake: those about journeys that it holds; the others are told by file and line."""

from collections.abc import Sequence

import polars as pl

from dagster_project.catalogue.decisions import Decision, decision_rows
from dagster_project.contracts.labels import FRAUD_DECISIONS
from dagster_project.contracts.lake_tables import JOURNEYS
from dagster_project.lake.store import Lake

_KEY = ["operator_id", "operator_journey_id"]
_REMEDY = "trajet absent de la base ; corriger l'identifiant, ou retirer la décision si le trajet a expiré"


def load(lake: Lake, decisions: Sequence[tuple[Decision, str]]) -> tuple[int, list[str]]:
    """Replace the lake's decisions; returns how many there are, and where one names no known journey."""
    rows = decision_rows(decision for decision, _ in decisions)
    if rows.is_empty():
        if not lake.read(FRAUD_DECISIONS).is_empty():
            lake.write(FRAUD_DECISIONS, rows, "decisions")
        return 0, []
    with lake.session() as connection:
        connection.register("given", rows.select(_KEY).unique())
        known = connection.execute(
            f"from given semi join {lake.source(JOURNEYS)} as known using ({', '.join(_KEY)})"
        ).pl()
    places = pl.Series("place", [place for _, place in decisions])
    unknown = rows.with_columns(places).join(known, on=_KEY, how="anti")["place"]
    kept = rows.join(known, on=_KEY, how="semi", maintain_order="left")
    lake.write(FRAUD_DECISIONS, kept, "decisions")
    return kept.height, [f"{place} : {_REMEDY}" for place in unknown]
