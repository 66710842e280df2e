"""The answer to an operator, per drop: a JSON summary and a CSV of findings. Never a personal value.

In French: operators read it. The column is named as the operator's file names it.
"""

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from dagster_project.contracts.declared import FIELDS, FORMATS
from dagster_project.contracts.layouts import V2, V3
from dagster_project.contracts.rule import Rule
from dagster_project.contracts.rules import RULES
from dagster_project.contracts.tables import FINDINGS
from dagster_project.csv_out import write_csv
from dagster_project.lake import Lake, replacing

if TYPE_CHECKING:
    from dagster_project.drops.claim import Drop
    from dagster_project.drops.ingest import Outcome

GUIDE = "docs/motifs_de_rejet.md"
_LINES = 100_000
_LAYOUTS = {layout.name: layout for layout in (V2, V3)}
_SHOWN = {"start": "départ", "end": "arrivée", "driver": "conducteur", "passenger": "passager"}
_TIME = "file_time_impossible"
_SEVERITIES = {"error": "rejet", "warning": "avertissement"}
_ACCOUNTS = """
    select drop_id, operator_id, file_name, sha256, new_journeys, corrections, cancellations, duplicates,
        strays, unknown_cancellations
    from active.drop_accounts
    where business_date > $business_date::date - 7 and refused_code is null
"""
_NOTICES = "select drop_id, rule_code, count(*) from active.journey_notices group by all order by all"


def write(outcome: "Outcome", lake: Lake) -> None:
    """Write `<drops>/<operator>/feedback/<file>.<drop>.json`, and `.csv` where rows have findings."""
    drop = outcome.drop
    summary = _path(lake, drop.operator_id, drop.shown_name, drop.sha256)
    with replacing(summary) as beside:
        beside.write_text(_as_json(_summary(outcome)), "utf-8")
    if outcome.reasons:
        parts = sorted(lake.folder(FINDINGS).glob(f"{drop.drop_id}-*.parquet"))
        with replacing(summary.with_suffix(".csv")) as beside, beside.open("wb") as target:
            # Piece by piece, in the order they were written: every row of a huge file may be wrong.
            pieces = (piece for part in parts for piece in lake.rows(FINDINGS, [part]).iter_slices(_LINES))
            for number, piece in enumerate(pieces):
                lines = _lines(piece, outcome)
                write_csv(lines, target, goes_on=bool(number))


def write_known(drop: "Drop", first: dict[str, Any], lake: Lake, business_date: date) -> None:
    """Answer a file whose bytes were taken already; `first` is the register's row of that delivery."""
    answer = {
        "fichier": drop.shown_name,
        "empreinte_sha256": drop.sha256,
        "date_de_traitement": business_date.isoformat(),
        "deja_recu": {"fichier": first["file_name"], "date_de_traitement": str(first["business_date"])},
        "motif": "Ces octets ont déjà été reçus ; ils ne comptent pas deux fois.",
    }
    file = _path(lake, drop.operator_id, drop.shown_name, drop.sha256)
    if not file.exists():
        with replacing(file) as beside:
            beside.write_text(_as_json(answer), "utf-8")


def complete(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: str) -> int:
    """Add to the answers of the last nights what only the whole base can tell: duplicates, corrections.

    Seven nights, so that a night that was killed before this step is made up for.
    Returns the number of answers completed.
    """
    accounts = connection.execute(_ACCOUNTS, {"business_date": business_date}).pl().to_dicts()
    notices: dict[str, dict[str, int]] = {}
    for drop_id, code, count in connection.execute(_NOTICES).fetchall():
        notices.setdefault(drop_id, {})[code] = count
    for account in accounts:
        file = _path(lake, account["operator_id"], account["file_name"], account["sha256"])
        try:
            answer = json.loads(file.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            continue  # its operator has taken it, or changed it: the folder is theirs
        answer["lignes_acceptees_dont"] = {
            "trajets_nouveaux": account["new_journeys"],
            "corrections": account["corrections"],
            "annulations": account["cancellations"],
            "doublons_ignores": account["duplicates"],
            "identifiants_deja_pris": account["strays"],
            "annulations_sans_trajet": account["unknown_cancellations"],
        }
        answer["trajets_refuses_ou_signales"] = notices.get(account["drop_id"], {})
        with replacing(file) as beside:
            beside.write_text(_as_json(answer), "utf-8")
    return len(accounts)


def answers(lake: Lake, drop: str) -> list[Path]:
    """The summaries of the drops of that file name, or whose SHA-256 begins so."""
    found = []
    for file in sorted(lake.drops.glob("*/feedback/*.json")):
        answer = json.loads(file.read_text("utf-8"))
        if drop == answer["fichier"] or answer.get("empreinte_sha256", "").startswith(drop):
            found.append(file)
    return found


def shown(column: str, layout: str | None) -> str:
    """The operator's name of one of our columns."""
    sources = _LAYOUTS[layout].sources if layout else {}
    return sources.get(column, _SHOWN.get(column, column))


def _path(lake: Lake, operator_id: str, file_name: str, sha256: str) -> Path:
    safe = re.sub(r"[^A-Za-z0-9._\-]", "_", file_name)[:120]
    return lake.drops / operator_id / "feedback" / f"{safe}.{sha256[:16]}.json"


def _as_json(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2) + "\n"


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


def _summary(outcome: "Outcome") -> dict[str, Any]:
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


def _lines(findings: pl.DataFrame, outcome: "Outcome") -> pl.DataFrame:
    pairs = findings.select("column", "rule_code").unique().rows()
    texts = pl.DataFrame(
        [
            {
                "column": column,
                "rule_code": code,
                "colonne": shown(column, outcome.layout),
                **_told(code, column, outcome.layout),
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
