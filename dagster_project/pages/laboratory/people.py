"""Whose journeys get more or less, by what: tables whose counts point at nobody (D-261, D-266)."""

from collections.abc import Iterator, Mapping, Sequence

from dagster_project.contracts.archive import K
from dagster_project.contracts.small_counts import shown
from dagster_project.pages.groups import BANDS, HOURS, REST
from dagster_project.pages.page import Column, Row, Table
from dagster_project.simulation.figures import Figures

HIDDEN = "non montré"
_SUBJECTS = {
    "distance": ("Distance", "Par distance"),
    "operator": ("Opérateur", "Par opérateur"),
    "commune": ("Commune de départ", "Par commune de départ"),
    "hour": ("Départ", "Par heure de départ"),
}


def hide_small_counts(counts: Sequence[int], wholes: Sequence[int]) -> list[int | str]:
    """Counts that may be told side by side, each a part of its whole, where their sum is told, too.

    One is hidden where it, or what it leaves of its whole, is from one to five; then others with it, until no
    subtraction gives it.
    """
    few = {at for at, (count, whole) in enumerate(zip(counts, wholes, strict=True)) if is_few(count, whole)}
    rest = sorted((at for at, count in enumerate(counts) if count and at not in few), key=counts.__getitem__)
    while few and rest and (len(few) < 2 or sum(counts[at] for at in few) < K):
        few.add(rest.pop(0))
    return [HIDDEN if at in few else count for at, count in enumerate(counts)]


def is_few(count: int, whole: int) -> bool:
    """Whether a part of a whole that is told, or what it leaves of it, is from one to five."""
    return 0 < count < K or 0 < whole - count < K


def moved(figures: Figures) -> Table:
    """Of each file but the first, journeys and persons who get more or less, and how much."""
    rows = []
    for row in figures.moved[1:]:
        gaining, losing = (
            HIDDEN if is_few(row[name], row["journeys"]) else row[name] for name in ("gaining", "losing")
        )
        rows.append(
            Row(
                (
                    figures.variants[row["variant"] - 1].name,
                    *(gaining, row["gained_cents"], losing, row["lost_cents"]),
                    *(shown(row[name]) for name in ("persons_gaining", "persons_losing")),
                )
            )
        )
    return Table(
        "gagnants",
        "Qui reçoit plus, qui reçoit moins qu’avec le premier fichier",
        (
            *(Column("Fichier"), Column("Trajets qui gagnent", "count"), Column("Gagné", "euros")),
            *(Column("Trajets qui perdent", "count"), Column("Perdu", "euros")),
            *(Column("Personnes qui gagnent", "count"), Column("Personnes qui perdent", "count")),
        ),
        rows,
        stacks=True,
    )


def splits(figures: Figures, names: Mapping[str, str]) -> Iterator[Table]:
    """Incentives by distance, operator, commune and hour, and who gains and loses there."""
    for subject, (head, caption) in _SUBJECTS.items():
        words = {"distance": BANDS, "operator": names, "hour": HOURS}.get(subject)
        rows = [row for row in figures.values if row["subject"] == subject]
        by_file = [
            [row for row in rows if row["variant"] == at] for at in range(1, len(figures.variants) + 1)
        ]
        counts = [
            hide_small_counts([row[name] for row in file], [row["journeys"] for row in file])
            for file in by_file[1:]
            for name in ("gaining", "losing")
        ]
        lines_of = [
            (
                row["value"],
                Row(
                    (
                        _value_words(row["value"], words),
                        row["journeys"],
                        *(file[at]["incentive_cents"] for file in by_file),
                        *(column[at] for column in counts),
                    )
                ),
            )
            for at, row in enumerate(by_file[0])
        ]
        order = list(words) if words else []
        lines_of.sort(
            key=lambda line: (
                line[0] is None,
                order.index(line[0]) if line[0] in order else len(order),
                -line[1].cells[1],
            )
        )
        yield Table(
            f"par_{subject}",
            f"Indemnité, gagnants et perdants : {caption[0].lower()}{caption[1:]}",
            (
                *(Column(head), Column("Trajets", "count")),
                *(Column(variant.name, "euros") for variant in figures.variants),
                *(
                    Column(f"{what} avec {variant.name}", "count")
                    for variant in figures.variants[1:]
                    for what in ("Gagnent", "Perdent")
                ),
            ),
            [row for _, row in lines_of],
        )


def _value_words(value: str | None, words: Mapping[str, str] | None) -> str:
    if value is None:
        return REST
    return words.get(value, value) if words else value
