"""Drops, motives, journeys, dossier of an operator's page: exact, since it sent what they count (D-273)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from dagster_project.contracts.labels import DECIDED, LABELS, NEUTRAL
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.drops.answers.feedback import shown as own_name
from dagster_project.drops.answers.folder import lines_name
from dagster_project.pages.page import Column, Link, Row, Table
from dagster_project.reports.shared.counts import STEPS, step_label
from dagster_project.reports.shared.french import french_period
from dagster_project.reports.shared.source import loss_words

WEEKS = 4
_LABELS = {label.code: label for label in (*LABELS, DECIDED, NEUTRAL)}
_Rows = Sequence[Mapping[str, Any]]


def drops(rows: _Rows, answers: Mapping[str, str], there: Collection[str]) -> Table:
    """Each drop of the last thirty days, with its answer where its operator still has it.

    `answers`: the answer's file by drop; `there`: what lies in feedback/.
    """
    lines = []
    for row in rows:
        name = answers.get(row["drop_id"], "")
        files = ((name, "Résumé"), (lines_name(name), "Lignes"))
        links = [Link(quote(file), words) for file, words in files if file in there]
        refused = row["refused_code"]
        became = f"refusé : {RULES[refused].code}" if refused else "pris en compte"
        counts = ("rows", "accepted_rows", "rejected_rows", "new_journeys", "corrections", "cancellations")
        counted = (row[count] for count in (*counts, "duplicates"))
        lines.append(Row((row["business_date"], row["file_name"] or "", became, *counted, links)))
    heads = ("Lignes", "Acceptées", "Rejetées", "Nouveaux trajets", "Corrections", "Annulations", "Doublons")
    return Table(
        "depots",
        "Dépôts des trente derniers jours, du plus récent au plus ancien",
        (
            *(Column("Nuit", "day"), Column("Fichier"), Column("Suite")),
            *(Column(head, "count") for head in heads),
            Column("Réponse", "link"),
        ),
        lines,
        empty="Aucun dépôt.",
    )


def rejections(rows: _Rows) -> Table:
    """Rows that went back, by code and column."""
    layouts = {(row["rule_code"], row["field"]): row["layout"] for row in rows}
    worded = {
        (code, field): (
            code,
            RULES[code].sentence.replace("{column}", own_name(field, layout)),
            RULES[code].remedy,
        )
        for (code, field), layout in layouts.items()
    }
    caption = "Lignes rejetées, par motif, sur trente jours"
    return _trend("rejets", caption, rows, ("rule_code", "field"), worded, "nuit du dépôt")


def refusals(rows: _Rows) -> Table:
    """Journeys that something stands against, by code."""
    worded = {
        (row["rule_code"],): (
            row["rule_code"],
            RULES[row["rule_code"]].sentence,
            RULES[row["rule_code"]].remedy,
        )
        for row in rows
    }
    caption = "Trajets refusés ou avertis, par motif, tant que le motif tient"
    return _trend("refus", caption, rows, ("rule_code",), worded, "départ")


def labels(rows: _Rows) -> Table:
    """Journeys with a label, by code and effect."""
    worded = {}
    for row in rows:
        label = _LABELS[row["rule_code"]]
        effect = "écarté" if row["is_excluding"] else "information"
        worded[row["rule_code"], row["is_excluding"]] = (
            label.code,
            f"{label.title} ({effect}). {label.sentence}",
            label.remedy,
        )
    caption = "Trajets signalés, par motif, sur six mois"
    return _trend("signalements", caption, rows, ("rule_code", "is_excluding"), worded, "départ")


def _trend(
    name: str,
    caption: str,
    rows: _Rows,
    key: tuple[str, ...],
    worded: Mapping[tuple[Any, ...], tuple[str, str, str]],
    counted_by: str,
) -> Table:
    """A row per motive: code, sentence, remedy, count, the last weeks and where they go."""
    weeks: dict[tuple[Any, ...], dict[int, int]] = {}
    for row in rows:
        of_motive = weeks.setdefault(tuple(row[part] for part in key), {})
        of_motive[row["weeks_ago"]] = of_motive.get(row["weeks_ago"], 0) + row["found"]
    ordered = sorted(weeks.items(), key=lambda motive: (-sum(motive[1].values()), worded[motive[0]]))
    heads = [f"Il y a {ago} sem." if ago else "Cette semaine" for ago in range(WEEKS - 1, -1, -1)]
    lines = [
        Row((*worded[motive], sum(counts.values()), *(counts.get(ago, 0) for ago in range(WEEKS - 1, -1, -1)),
             _direction(counts)))
        for motive, counts in ordered
    ]  # fmt: skip
    return Table(
        name,
        f"{caption} (semaines : {counted_by})",
        (
            *(Column("Code"), Column("Motif"), Column("Remède"), Column("En tout", "count")),
            *(Column(head, "count") for head in heads),
            Column("Tendance"),
        ),
        lines,
        empty="Aucun.",
    )


def _direction(counts: Mapping[int, int]) -> str:
    """The last two weeks against the two before."""
    recent, before = counts.get(0, 0) + counts.get(1, 0), counts.get(2, 0) + counts.get(3, 0)
    return "stable" if recent == before else ("en hausse" if recent > before else "en baisse")


def journeys(campaign_id: str, rows: _Rows, tests: Mapping[str, str]) -> Table:
    """From what was received to what is paid, each step with what it lost and why; by call."""
    lines = []
    for start_on in dict.fromkeys(row["period_start_on"] for row in rows):
        of_call = [row for row in rows if row["period_start_on"] == start_on]
        since = french_period(start_on, start_on)
        for step in STEPS:
            lost = [row for row in of_call if row["step"] == step and row["loss"]]
            lines += [Row((since, f"– {loss_words(row['loss'], tests)}", None, row["seats"])) for row in lost]
            kept = sum(row["seats"] for row in of_call if row["step"] == step and not row["loss"])
            lines.append(Row((since, step_label(step), kept, None), is_total=True))
    return Table(
        f"trajets_{campaign_id}",
        "Des trajets envoyés aux trajets payés (trajets passagers)",
        (
            *(Column("Appel depuis"), Column("Étape ou motif")),
            *(Column("Restent", "count"), Column("Écartés", "count")),
        ),
        lines,
    )


def dossier(
    pieces: Iterable[tuple[str, date | None]], asked: Iterable[tuple[str, date | None]], on: date
) -> Table:
    """Each piece, when it came, and whether access depends on it."""
    lines = [
        Row((name, "reçue" if came and came <= on else "manque",
             came if came and date.min < came <= on else None, needed))
        for needed, some in (("oui", pieces), ("non", asked))
        for name, came in some
    ]  # fmt: skip
    lines.sort(key=lambda row: row.cells[1] != "manque")
    return Table(
        "dossier_pieces",
        "Pièces du dossier, ce qui manque d’abord",
        (Column("Pièce"), Column("État"), Column("Depuis le", "day"), Column("L’accès en dépend")),
        lines,
    )
