"""The answer to an operator, per drop: a JSON summary and a CSV of findings. Never a personal value.

In French: operators read it. The column is named as the operator's file names it. Why: D-029, D-180.
"""

import secrets
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.contracts.drop_fields import FIELDS, FORMATS
from dagster_project.contracts.lake_tables import DROPS, FINDINGS
from dagster_project.contracts.layouts import V2, V3
from dagster_project.contracts.reason_code import Rule
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.drops.answers.folder import (
    answer_name,
    as_json,
    deliver,
    is_kept,
    keep,
    kept,
    lines_name,
)
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.taken import Drop
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import write_csv
from dagster_project.lake.store import Lake

GUIDE = "docs/motifs_de_rejet.md"
_LINES = 100_000
_LAYOUTS = {layout.name: layout for layout in (V2, V3)}
_SHOWN = {"start": "départ", "end": "arrivée", "driver": "conducteur", "passenger": "passager"}
_TIME = "file_time_impossible"
_SEVERITIES = {"error": "rejet", "warning": "avertissement"}


def write(outcome: Outcome, lake: Lake, troubles: Troubles) -> None:
    """Answer a drop: `<file>.<drop>.json` in its operator's feedback/, and `.csv` where rows have findings.

    The lake keeps what was answered first: nothing is read back from there.
    """
    drop = outcome.drop
    name, summary = keep(lake, drop, outcome.business_date, _summary(outcome))
    with _lines_of(lake, drop.drop_id, outcome.layout if outcome.reasons else None) as lines:
        files: dict[str, bytes | Path | None] = {name: summary}
        if lines:
            files[lines_name(name)] = lines
        deliver(lake, drop.operator_id, files, troubles)


def write_known(
    drop: Drop, first: dict[str, Any], lake: Lake, business_date: date, troubles: Troubles
) -> None:
    """Answer a file whose bytes were taken already; `first` is the register's row of that delivery."""
    answer = {
        "fichier": drop.shown_name,
        "empreinte_sha256": drop.sha256,
        "date_de_traitement": business_date.isoformat(),
        "deja_recu": {"fichier": first["file_name"], "date_de_traitement": str(first["business_date"])},
        "motif": "Ces octets ont déjà été reçus ; ils ne comptent pas deux fois.",
    }
    if is_kept(lake, drop):  # under the same name: what was said first stays
        name, text = answer_name(drop), as_json(answer)
    else:
        name, text = keep(lake, drop, business_date, answer)
    deliver(lake, drop.operator_id, {name: text}, troubles, where="none is")


def forget_lines(lake: Lake, drop_id: str, drop_rows: set[int], troubles: Troubles) -> None:
    """Write the lines of a drop's answer anew, without these rows, where its operator still has them."""
    layout = next(iter(lake.read(DROPS, drop_id)["layout"]), None)
    with _lines_of(lake, drop_id, layout, drop_rows) as lines:
        for row in kept(lake, drop_id):
            files = {lines_name(row["answer_name"]): lines}
            deliver(lake, row["operator_id"], files, troubles, where="one is")


@contextmanager
def _lines_of(
    lake: Lake, drop_id: str, layout: str | None, without: Set[int] = frozenset()
) -> Iterator[Path | None]:
    """The lines of an answer, as a file of ours for as long as the block lasts; None where there are none.

    Piece by piece, in the order they were written: every row of a huge file may be wrong.
    """
    file = lake.scratch / f"{secrets.token_hex(8)}.csv"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    parts = sorted(lake.folder(FINDINGS).glob(f"{drop_id}-*.parquet")) if layout else []
    goes_on = False
    try:
        with file.open("wb") as target:
            for part in parts:
                findings = lake.rows(FINDINGS, [part])
                for piece in findings.filter(~pl.col("drop_row").is_in(list(without))).iter_slices(_LINES):
                    write_csv(_lines(piece, layout), target, goes_on=goes_on)
                    goes_on = True
        yield file if goes_on else None
    finally:
        file.unlink(missing_ok=True)


def table(lines: pl.DataFrame) -> bytes:
    """A whole table as its file's bytes."""
    content = BytesIO()
    write_csv(lines, content)
    return content.getvalue()


def shown(column: str, layout: str | None) -> str:
    """The operator's name of one of our columns."""
    sources = _LAYOUTS[layout].sources if layout else {}
    return sources.get(column, _SHOWN.get(column, column))


def _told(code: str, column: str, layout: str | None) -> dict[str, str]:
    rule = RULES[code]
    return {
        "gravite": _SEVERITIES[rule.severity],
        "motif": rule.sentence.replace("{column}", shown(column, layout)),
        "remede": _remedy(rule, column),
        "documentation": f"{GUIDE}#{code}",
    }


def _remedy(rule: Rule, column: str) -> str:
    """How to write the value, where the rule is about one."""
    field = FIELDS.get(column)
    return FORMATS[field.kind] if field and rule.code == "value_unreadable" else rule.remedy


def _summary(outcome: Outcome) -> dict[str, Any]:
    drop, refused = outcome.drop, outcome.refused
    answer: dict[str, Any] = {
        "fichier": drop.shown_name,
        "empreinte_sha256": drop.sha256,
        "date_de_traitement": outcome.business_date.isoformat(),
        "format": outcome.layout,
        "lignes_lues": outcome.rows,
        "lignes_acceptees": outcome.accepted,
        "lignes_rejetees": outcome.rejected,
    }
    if refused:
        told = _told(refused.code, "", outcome.layout)
        answer["refus"] = {
            "code": refused.code,
            **told,
            "motif": told["motif"].replace("{detail}", refused.detail),
        }
    if outcome.is_time_replaced:
        answer["avertissement"] = {"code": _TIME, **_told(_TIME, "", outcome.layout)}
    answer["motifs"] = [
        {
            "colonne": shown(column, outcome.layout),
            "code": code,
            **_told(code, column, outcome.layout),
            "lignes": count,
        }
        for (column, code), count in sorted(outcome.reasons.items(), key=lambda one: (-one[1], one[0]))
    ]
    return answer


def _lines(findings: pl.DataFrame, layout: str | None) -> pl.DataFrame:
    pairs = findings.select("column", "rule_code").unique().rows()
    texts = pl.DataFrame(
        [
            {
                "column": column,
                "rule_code": code,
                "colonne": shown(column, layout),
                **_told(code, column, layout),
            }
            for column, code in pairs
        ]
    )
    return (
        findings.join(texts, on=["column", "rule_code"], how="left")
        .sort("drop_row", "column", "rule_code")
        .select(
            pl.col("drop_line").alias("ligne_du_fichier"),
            pl.col("drop_row").alias("rang_du_trajet"),
            "operator_journey_id",
            "colonne",
            pl.col("rule_code").alias("code"),
            "gravite",
            "motif",
            "remede",
            "documentation",
        )
    )
