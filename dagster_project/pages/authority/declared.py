"""Why an operator is paid something else than it declared: declared, computed, closed, paid, and the reasons.

Reasons are told by amounts alone, which point at nobody more than the amounts of a call do (D-268).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.pages.page import Choice, Column, Row, Table, month_words
from dagster_project.reports.account.reconciled import reason_words

_AMOUNTS = (
    *("declared_cents", "computed_cents", "gap_cents", "forgotten_cents"),
    *("closed_cents", "paid_cents", "unpaid_cents"),
)
_SIDES = ("declared_cents", "computed_cents", "gap_cents")


def choice(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Choice:
    """All operators, or one."""
    each = [(operator_id, names[operator_id]) for operator_id in sorted({row["operator_id"] for row in rows})]
    return Choice("operateur", "Opérateur", [("", "Tous"), *each])


def sides(campaign_id: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """By month and operator, then each operator's sum, then all."""
    lines = [
        Row(
            (month_words(row["month_on"]), names[row["operator_id"]], *(row[name] for name in _AMOUNTS)),
            {"operateur": row["operator_id"]},
        )
        for row in rows
    ]
    for operator_id in sorted({row["operator_id"] for row in rows}):
        sums = (sum(row[name] for row in rows if row["operator_id"] == operator_id) for name in _AMOUNTS)
        lines.append(
            Row(("Tous les mois", names[operator_id], *sums), {"operateur": operator_id}, is_total=True)
        )
    if rows:
        sums = (sum(row[name] for row in rows) for name in _AMOUNTS)
        lines.append(Row(("Tous les mois", "Ensemble", *sums), {"operateur": ""}, is_total=True))
    heads = ("Déclaré", "Calculé", "Écart", "Dont trajets effacés", "Clos", "Payé", "À payer")
    return Table(
        f"declare_{campaign_id}",
        "Déclaré par l’opérateur, calculé par le registre, payé par l’autorité",
        (Column("Mois"), Column("Opérateur"), *(Column(head, "euros") for head in heads)),
        lines,
    )


def reasons(campaign_id: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """By operator, the largest differences first, over all months."""
    return Table(
        f"motifs_{campaign_id}",
        "Pourquoi déclaré et calculé diffèrent",
        (
            *(Column("Opérateur"), Column("Motif"), Column("Déclaré", "euros"), Column("Calculé", "euros")),
            Column("Écart", "euros"),
        ),
        [
            Row(
                (
                    names[row["operator_id"]],
                    reason_words(row["reason"]),
                    *(row[name] for name in _SIDES),
                ),
                {"operateur": row["operator_id"]},
            )
            for row in rows
        ],
        empty="Aucun motif.",
    )
