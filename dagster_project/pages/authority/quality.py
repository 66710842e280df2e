"""From journeys received to those paid, with the reasons; no count points at a few (D-261)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.contracts.archive import K
from dagster_project.pages.page import Choice, Column, Row, Table
from dagster_project.reports.shared.counts import STEPS, step_label
from dagster_project.reports.shared.french import french_period
from dagster_project.reports.shared.source import loss_words

OTHERS = "plusieurs motifs, réunis"


def merged(losses: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Reasons and counts, largest first; those below six together, with the next until there are six."""
    kept = sorted(losses, key=lambda loss: (-loss[1], loss[0]))
    small: list[tuple[str, int]] = []
    while kept and (kept[-1][1] < K or (small and (sum(count for _, count in small) < K or len(small) == 1))):
        small.append(kept.pop())
    if len(small) == 1:
        return small
    return [*kept, *([(OTHERS, sum(count for _, count in small))] if small else [])]


def tellable_steps(
    counts: Sequence[tuple[str, int, Sequence[tuple[str, int]]]],
) -> Iterator[tuple[str, int, list[tuple[str, int]]]]:
    """Of steps with what each keeps and lost, those that may be told.

    A step is left out where it, or what was lost since the last one told, is from one to five; the next one
    told has its losses. So no subtraction gives such a number.
    """
    waiting: list[tuple[str, int]] = []
    for step, reached, losses in counts:
        waiting += losses
        lost = sum(count for _, count in waiting)
        if not (0 < reached < K or 0 < lost < K):
            yield step, reached, merged(waiting)
            waiting = []


def steps(
    campaign_id: str, rows: Sequence[Mapping[str, Any]], tests: Mapping[str, str], names: Mapping[str, str]
) -> Table:
    """Passenger journeys by call and operator, each step out of the one before, with what it lost."""
    lines = []
    for start_on, operator_id in dict.fromkeys((row["period_start_on"], row["operator_id"]) for row in rows):
        mine = [
            row for row in rows if (row["period_start_on"], row["operator_id"]) == (start_on, operator_id)
        ]
        counts = [
            (
                step,
                next((row["seats"] for row in mine if row["step"] == step and not row["loss"]), 0),
                [
                    (loss_words(row["loss"], tests), row["seats"])
                    for row in mine
                    if row["step"] == step and row["loss"]
                ],
            )
            for step in STEPS
        ]
        marks, call = {"appel": f"{start_on}"}, (_since(start_on), names[operator_id])
        for step, reached, losses in tellable_steps(counts):
            lines += [Row((*call, f"– {words}", None, lost), marks) for words, lost in losses]
            lines.append(Row((*call, step_label(step), reached, None), marks, is_total=True))
    return Table(
        f"qualite_{campaign_id}",
        "De ce que chaque opérateur a envoyé à ce qui est indemnisé (trajets passagers)",
        (
            *(Column("Appel depuis"), Column("Opérateur"), Column("Étape ou motif")),
            *(Column("Restent", "number"), Column("Écartés", "number")),
        ),
        lines,
        empty="Aucun appel de fonds.",
    )


def calls_choice(rows: Sequence[Mapping[str, Any]]) -> Choice:
    """The calls, the newest first."""
    starts = sorted({row["period_start_on"] for row in rows}, reverse=True)
    return Choice("appel", "Appel depuis", [(f"{start}", _since(start)) for start in starts])


def _since(start_on: date) -> str:
    return french_period(start_on, start_on)


def fates(rows: Sequence[Mapping[str, Any]]) -> Table:
    """By month what became of the journeys of the territory; none of a month that lost from one to five.

    What is valid is told beside it, month by month, so a few lost ones would be had by subtraction.
    """
    lines = []
    for month in sorted({row["month_on"] for row in rows}, reverse=True):
        seats = {row["fate"]: row["seats"] for row in rows if row["month_on"] == month}
        labelled = seats.pop("labelled", 0)
        valid = seats.pop("valid", 0) + labelled
        lost = sum(seats.values())
        if 0 < lost < K or 0 < valid < K:
            continue
        losses = merged([(loss_words(fate, {}), count) for fate, count in seats.items()])
        lines.append(Row((month, "Reçus par le registre", valid + lost, None), is_total=True))
        lines += [Row((month, f"– {words}", None, count)) for words, count in losses]
        lines.append(Row((month, "dont valides", valid, None), is_total=True))
        if labelled >= K and not 0 < valid - labelled < K:
            lines.append(Row((month, "dont signalés, et non écartés", labelled, None)))
    return Table(
        "devenir",
        "Trajets du territoire, par mois : reçus, refusés, annulés, signalés (trajets passagers)",
        (
            *(Column("Mois", "month"), Column("Étape ou motif")),
            *(Column("Restent", "number"), Column("Écartés", "number")),
        ),
        lines,
        empty="Aucun mois dont on puisse le dire.",
    )
