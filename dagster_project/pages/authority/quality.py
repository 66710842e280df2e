"""What became of what operators sent: from received to paid with the reasons, and rows that were rejected."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.contracts.archive import K
from dagster_project.contracts.small_counts import shown as told
from dagster_project.pages.page import Choice, Column, Row, Table, month_words
from dagster_project.reports.shared.counts import STEPS, step_label
from dagster_project.reports.shared.french import french_period
from dagster_project.reports.shared.source import loss_words

OTHERS = "autres motifs, moins nombreux"


def merged(losses: Sequence[tuple[str, int]]) -> list[tuple[str, int | str]]:
    """Reasons and counts, largest first; those below six together, with the next until there are six (D-261)."""
    kept = sorted(losses, key=lambda loss: (-loss[1], loss[0]))
    small: list[tuple[str, int]] = []
    while kept and (kept[-1][1] < K or (small and (sum(count for _, count in small) < K or len(small) == 1))):
        small.append(kept.pop())
    rest = [(OTHERS, told(sum(count for _, count in small)))] if small else []
    return [*kept, *rest]


def steps(campaign_id: str, rows: list[dict[str, Any]], tests: Mapping[str, str], names: Mapping[str, str]) -> Table:
    """Passenger journeys by call and operator, each step out of the one before, with what each lost."""
    calls = sorted({(row["period_start_on"], row["operator_id"]) for row in rows}, key=lambda call: (-call[0].toordinal(), call[1]))
    lines = []
    for start_on, operator_id in calls:
        mine = [row for row in rows if (row["period_start_on"], row["operator_id"]) == (start_on, operator_id)]
        for step in STEPS:
            counts: list[tuple[str, int | str]] = merged(
                [(loss_words(row["loss"], tests), row["seats"]) for row in mine if row["step"] == step and row["loss"]]
            )
            reached = next((row["seats"] for row in mine if row["step"] == step and not row["loss"]), 0)
            marks = {"operateur": operator_id, "appel": f"{start_on}"}
            period = _since(start_on)
            lines += [
                Row((period, names[operator_id], f"– {words}", None, count), marks) for words, count in counts
            ]
            lines.append(Row((period, names[operator_id], step_label(step), told(reached), None), marks, is_total=True))
    return Table(
        f"qualite_{campaign_id}",
        "De ce que chaque opérateur a envoyé à ce qui est indemnisé (trajets passagers)",
        (
            *(Column("Appel depuis"), Column("Opérateur"), Column("Étape ou motif")),
            *(Column("Restent", "count"), Column("Perdus", "count")),
        ),
        lines,
        empty="aucun appel de fonds.",
    )


def calls_choice(rows: list[dict[str, Any]]) -> Choice:
    """The calls, the newest first."""
    starts = sorted({row["period_start_on"] for row in rows}, reverse=True)
    return Choice("appel", "Appel depuis", [(f"{start}", _since(start)) for start in starts])


def _since(start_on: date) -> str:
    return french_period(start_on, start_on)


def late(campaign_id: str, months: list[dict[str, Any]], names: Mapping[str, str]) -> Table:
    """Paid journeys that came after the closing of their period, by operator and month of the journeys."""
    return Table(
        f"retards_{campaign_id}",
        "Trajets passagers arrivés après la clôture de leur période, payés en régularisation",
        (Column("Mois"), Column("Opérateur"), Column("Trajets passagers", "count"), Column("Montant", "euros")),
        [
            Row((month_words(row["month_on"]), names[row["operator_id"]], told(row["late_seats"]), row["late_cents"]))
            for row in months
            if row["late_seats"]
        ],
        empty="aucun.",
    )


def deliveries(rows: list[dict[str, Any]], names: Mapping[str, str]) -> Table:
    """Files and their rows by month of arrival, wherever the journeys were."""
    return Table(
        "depots",
        "Dépôts des opérateurs de vos campagnes, par mois d’arrivée, tous territoires",
        (
            *(Column("Mois"), Column("Opérateur"), Column("Dépôts", "number"), Column("Dont refusés en entier", "number")),
            *(Column("Lignes", "count"), Column("Lignes rejetées", "count")),
        ),
        [
            Row(
                (
                    month_words(row["month_on"]),
                    names[row["operator_id"]],
                    row["drops"],
                    row["refused_drops"],
                    told(row["rows"] or 0),
                    told(row["rejected_rows"] or 0),
                )
            )
            for row in rows
        ],
        empty="aucun dépôt.",
    )
