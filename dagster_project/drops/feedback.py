"""The answer to an operator, per drop: a JSON summary and a CSV of reasons. Never a personal value.

In French: operators read it. The column is named as the operator's file names it.
"""

import json
from typing import TYPE_CHECKING

import polars as pl

from dagster_project.contracts.layouts import V2, V3
from dagster_project.contracts.rules import RULES
from dagster_project.contracts.tables import REJECTIONS
from dagster_project.lake import Lake, replacing

if TYPE_CHECKING:
    from dagster_project.drops.ingest import Outcome

_LAYOUTS = {layout.name: layout for layout in (V2, V3)}
_SHOWN = {"start": "départ", "end": "arrivée", "driver": "conducteur", "passenger": "passager"}


def write(outcome: "Outcome", lake: Lake) -> None:
    """Write `<drops>/<operator>/feedback/<file>.<drop>.json`, and `.csv` where rows were rejected."""
    drop = outcome.drop
    stem = lake.drops / drop.operator_id / "feedback" / f"{drop.path.name}.{drop.sha256[:16]}"
    with replacing(stem.with_name(f"{stem.name}.json")) as beside:
        beside.write_text(json.dumps(_summary(outcome), ensure_ascii=False, indent=2) + "\n", "utf-8")
    if outcome.rejected:
        files = sorted(lake.folder(REJECTIONS).glob(f"{drop.drop_id}-*.parquet"))
        with replacing(stem.with_name(f"{stem.name}.csv")) as beside:
            _lines(pl.read_parquet(files), outcome).write_csv(beside, quote_style="non_numeric")


def sentence(code: str, column: str, layout: str | None) -> str:
    """What is wrong, in French, naming the operator's own column."""
    return RULES[code].sentence.replace("{column}", shown(column, layout))


def shown(column: str, layout: str | None) -> str:
    """The operator's name of one of our columns."""
    sources = _LAYOUTS[layout].sources if layout else {}
    return sources.get(column, _SHOWN.get(column, column))


def _summary(outcome: "Outcome") -> dict[str, object]:
    drop, refused = outcome.drop, outcome.refused
    answer: dict[str, object] = {
        "fichier": drop.path.name,
        "empreinte_sha256": drop.sha256,
        "date_de_traitement": outcome.business_date.isoformat(),
        "format": outcome.layout,
        "lignes_lues": outcome.rows,
        "lignes_acceptees": outcome.accepted,
        "lignes_rejetees": outcome.rejected,
    }
    if refused:
        rule = RULES[refused.code]
        answer["refus"] = {
            "code": rule.code,
            "motif": rule.sentence.replace("{detail}", refused.detail),
            "remede": rule.remedy,
        }
    answer["motifs"] = [
        {
            "colonne": shown(column, outcome.layout),
            "code": code,
            "motif": sentence(code, column, outcome.layout),
            "remede": RULES[code].remedy,
            "lignes": count,
        }
        for (column, code), count in sorted(outcome.reasons.items(), key=lambda one: (-one[1], one[0]))
    ]
    return answer


def _lines(rejections: pl.DataFrame, outcome: "Outcome") -> pl.DataFrame:
    pairs = rejections.select("column", "rule_code").unique().rows()
    texts = pl.DataFrame(
        [
            (c, code, shown(c, outcome.layout), sentence(code, c, outcome.layout), RULES[code].remedy)
            for c, code in pairs
        ],
        schema=["column", "rule_code", "colonne", "motif", "remede"],
        orient="row",
    )
    return (
        rejections.join(texts, on=["column", "rule_code"], how="left")
        .sort("drop_row", "column", "rule_code")
        .select(
            pl.col("drop_row").alias("ligne"),
            _inert(pl.col("operator_journey_id")).alias("operator_journey_id"),
            "colonne",
            pl.col("rule_code").alias("code"),
            "motif",
            "remede",
        )
    )


def _inert(text: pl.Expr) -> pl.Expr:
    """A cell that a spreadsheet will not take for a formula."""
    return pl.when(text.str.contains(r"^[=+\-@\t\r]")).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
