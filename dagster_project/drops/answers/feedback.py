"""The answer to an operator, per drop: a JSON summary and a CSV of findings. Never a personal value.

In French: operators read it. The column is named as the operator's file names it. Why: D-029, D-180.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any

import polars as pl

from dagster_project.contracts.documents import GUIDE
from dagster_project.contracts.drop_fields import FIELDS, FORMATS
from dagster_project.contracts.lake_tables import DROPS, FINDINGS
from dagster_project.contracts.layouts import V2, V3
from dagster_project.contracts.reason_code import Rule
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.drops.answers.folder import (
    answer_name,
    answer_row,
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

_LINES = 100_000
_LAYOUTS = {layout.name: layout for layout in (V2, V3)}
_SHOWN = {"start": "départ", "end": "arrivée", "driver": "conducteur", "passenger": "passager"}
_TIME = "file_time_impossible"
_SEVERITIES = {"error": "rejet", "warning": "avertissement"}


def answered(outcome: Outcome) -> pl.DataFrame:
    """The answer to a drop, as the lake keeps it: nothing is read back from feedback/."""
    return answer_row(outcome.drop, outcome.business_date, summary(outcome))


def lay(
    answer: dict[str, Any], outcome: Outcome, findings: Iterable[pl.DataFrame], lake: Lake, troubles: Troubles
) -> None:
    """Lay an answer (a row of `answered`) into feedback/: `<file>.<drop>.json`, and `.csv` where rows have
    findings.
    """
    with _lines_of(lake, findings, outcome.layout) as lines:
        files: dict[str, bytes | Path | None] = {answer["answer_name"]: answer["answer"].encode()}
        if lines:
            files[lines_name(answer["answer_name"])] = lines
        deliver(lake, outcome.drop.operator_id, files, troubles)


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
    layout = next(iter(lake.read(DROPS).filter(drop_id=drop_id)["layout"]), None)
    is_left = ~pl.col("drop_row").is_in(list(drop_rows))
    left = (of_part.filter(is_left) for of_part in lake.of_drop(FINDINGS, drop_id)) if layout else ()
    with _lines_of(lake, left, layout) as lines:
        for row in kept(lake, drop_id):
            files = {lines_name(row["answer_name"]): lines}
            deliver(lake, row["operator_id"], files, troubles, where="one is")


@contextmanager
def _lines_of(lake: Lake, findings: Iterable[pl.DataFrame], layout: str | None) -> Iterator[Path | None]:
    """The lines of an answer, as a file of ours for as long as the block lasts; None where there are none."""
    file = lake.scratch / f"{secrets.token_hex(8)}.csv"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with file.open("wb") as target:
            is_any = write_lines(findings, layout, target)
        yield file if is_any else None
    finally:
        file.unlink(missing_ok=True)


def write_lines(findings: Iterable[pl.DataFrame], layout: str | None, target: IO[bytes]) -> bool:
    """Write the lines of an answer piece by piece, in the order they come; returns whether there is one."""
    goes_on = False
    for of_part in findings:
        for piece in of_part.iter_slices(_LINES):
            write_csv(_lines(piece, layout), target, goes_on=goes_on)
            goes_on = True
    return goes_on


def shown(column: str, layout: str | None) -> str:
    """The operator's name of one of our columns."""
    sources = _LAYOUTS[layout].sources if layout else {}
    return sources.get(column, _SHOWN.get(column, column))


def _texts(code: str, column: str, layout: str | None) -> dict[str, str]:
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


def summary(outcome: Outcome) -> dict[str, Any]:
    """What became of a drop, as its operator reads it."""
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
        texts = _texts(refused.code, "", outcome.layout)
        answer["refus"] = {
            "code": refused.code,
            **texts,
            "motif": texts["motif"].replace("{detail}", refused.detail),
        }
    if outcome.is_time_replaced:
        answer["avertissement"] = {"code": _TIME, **_texts(_TIME, "", outcome.layout)}
    answer["motifs"] = [
        {
            "colonne": shown(column, outcome.layout),
            "code": code,
            **_texts(code, column, outcome.layout),
            "lignes": count,
        }
        for (column, code), count in sorted(
            outcome.reasons.items(), key=lambda reason: (-reason[1], reason[0])
        )
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
                **_texts(code, column, layout),
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
