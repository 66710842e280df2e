"""What an evaluation tells, to an authority and to its statistician. No count points at a few (D-064)."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from dagster_project.contracts.archive import K
from dagster_project.effects.effect import PERIOD, Difference, Effect, TooThinError, estimate
from dagster_project.effects.panel import Panel
from dagster_project.pages.charts import Picture, bars
from dagster_project.pages.page import Column, Row, Table, quotient, render
from dagster_project.reports.shared.french import french_euros, french_number

_FEW = f"Moins de {K} personnes ou trajets : rien n’est montré."


def evaluation_page(panel: Panel) -> str:
    """The page as of the panel's night: the same night gives the same bytes."""
    try:
        effect, refusal = estimate(panel.treated, panel.others, panel.first), ""
    except TooThinError as error:
        effect, refusal = None, str(error)
    return render(
        "effects/index.html.jinja",
        name=panel.campaign_name,
        day=panel.night,
        panel=panel,
        refusal=refusal,
        words=_words(effect) if effect else [],
        months=_months(panel),
        archived=_archived(panel),
        picture=_picture(panel),
        windfall=_windfall(panel),
        saved=_saved(panel),
        tests=_tests(effect) if effect else [],
        periods=_periods(effect) if effect else None,
    )


def _percent(ratio: float) -> str:
    rounded = Decimal(ratio * 100).quantize(Decimal(1)) + 0  # no minus before a zero
    return f"{'+' if rounded > 0 else ''}{french_number(rounded)}\u00a0%"


def _between(difference: Difference) -> str:
    return f"de {_percent(difference.low)} à {_percent(difference.high)}"


def _words(effect: Effect) -> list[str]:
    """The effect in a sentence, and what speaks against it."""
    whole = effect.whole
    sentence = (
        f"Depuis la campagne, le territoire compte {_percent(whole.value)} de trajets par rapport à ce que "
        f"ses semaines d’avant et {effect.territories} territoires comparables laissaient attendre"
        if whole.is_clear_of_zero
        else f"L’écart du territoire à {effect.territories} territoires comparables ne se distingue pas du "
        f"hasard : {_percent(whole.value)} de trajets"
    )
    words = [f"{sentence} (intervalle à 95 % : {_between(whole)})."]
    if effect.earlier.is_clear_of_zero:
        words.append(
            "Réserve : avant la campagne déjà, le territoire ne suivait pas les autres (début fictif, plus "
            "bas). L’écart ne peut pas lui être attribué."
        )
    return words


def _phase(panel: Panel, month_on: date) -> str:
    if (month_on.year, month_on.month) < (panel.start_on.year, panel.start_on.month):
        return "avant"
    return "pendant" if month_on <= panel.end_on else "après"


def _months(panel: Panel) -> Table:
    """Persons of each month; who is new or stays is told where neither part is of a few."""
    rows = []
    for number, month in enumerate(panel.months):
        persons = month["persons"]
        if persons < K:
            continue
        is_last = number == len(panel.months) - 1
        rows.append(
            Row((
                month["month_on"],
                _phase(panel, month["month_on"]),
                *(_shown(month[name]) for name in ("journeys", "drivers", "passengers")),
                quotient(month["journeys"], month["passengers"]) if month["passengers"] >= K else None,
                _part(month["newcomers"], persons) if number else None,
                None if is_last else _part(month["stayers"], persons),
            ))
        )  # fmt: skip
    columns = (
        Column("Mois", "month"), Column("Campagne"), Column("Trajets passagers", "count"),
        Column("Conducteurs", "count"), Column("Passagers", "count"),
        Column("Trajets par passager", "number"),
        Column("Nouveaux covoitureurs (%)", "number"), Column("Encore là le mois suivant (%)", "number"),
    )  # fmt: skip
    return Table("mois", "Mois par mois dans le territoire", columns, rows, empty="Aucun mois entier.")


def _archived(panel: Panel) -> Table:
    """Earlier months, as the archive counts them; one of which the territory has none is a zero."""
    rows = [
        Row((
            month["month_on"],
            _phase(panel, month["month_on"]),
            month["journeys"],
            _part(month["suppressed"], month["published"] + month["suppressed"]),
        ))
        for month in panel.archived or []
    ]  # fmt: skip
    columns = (
        Column("Mois", "month"), Column("Campagne"), Column("Trajets, au moins", "count"),
        Column("Supprimés dans tout le pays (%)", "number"),
    )  # fmt: skip
    empty = (
        "L’archive n’est pas lue ici : elle n’a encore aucun mois, ou sa clé est ailleurs."
        if panel.archived is None
        else "L’archive n’a aucun mois plus ancien."
    )
    return Table(
        "archive", "Mois plus anciens, que l’archive seule compte encore", columns, rows, empty=empty
    )


def _shown(count: int) -> int | None:
    return count if count >= K else None


def _part(part: int, whole: int) -> Decimal | None:
    return quotient(100 * part, whole) if min(part, whole - part) >= K else None


def _picture(panel: Panel) -> Picture | None:
    shown = [month for month in panel.months if month["persons"] >= K and month["journeys"] >= K]
    if not shown:
        return None
    groups = [f"{month['month_on']:%m/%Y}" for month in shown]
    series = {
        phase: [month["journeys"] if _phase(panel, month["month_on"]) == phase else 0 for month in shown]
        for phase in ("avant", "pendant", "après")
    }
    series = {phase: values for phase, values in series.items() if any(values)}
    return bars("trajets-mois", "Trajets passagers par mois dans le territoire", groups, series)


def _split(panel: Panel) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """New couples, earlier couples; None where either is of a few, or none could have been seen before."""
    by_kind = {row["is_earlier"]: row for row in panel.couples}
    if set(by_kind) != {False, True} or any(row["couples"] < K for row in by_kind.values()):
        return None
    return by_kind[False], by_kind[True]


def _windfall(panel: Panel) -> str:
    """What was paid to couples that rode together before."""
    if panel.first < 4:
        return (
            "Le registre ne conserve pas quatre semaines d’avant la campagne : il ne sait pas quels "
            "équipages existaient déjà."
        )
    split = _split(panel)
    if split is None:
        return f"Part des équipages d’avant : {_FEW[0].lower()}{_FEW[1:]}"
    new, earlier = split
    whole = earlier["incentive_cents"] + new["incentive_cents"]
    share = quotient(100 * earlier["incentive_cents"], whole) if whole else Decimal(0)
    return (
        f"{french_euros(earlier['incentive_cents'])} sur {french_euros(whole)} d’indemnités, soit "
        f"{french_number(share, 1)}\u00a0%, sont allés à {french_number(earlier['couples'])} équipages qui "
        f"avaient déjà fait un trajet ensemble dans les {panel.first} semaines d’avant que le registre "
        "conserve, qui que ce soit qui conduise. C’est un minimum : un équipage qui ne se déclarait à aucun "
        "opérateur n’y est pas."
    )


def _saved(panel: Panel) -> Table:
    """Kilometres and cars not driven, under two assumptions that are said."""
    split = _split(panel)
    whole = [sum(row[name] for row in panel.couples) for name in ("passenger_journeys", "passenger_m")]
    rows = []
    if sum(row["couples"] for row in panel.couples) >= K:
        rows.append(Row(("Chaque passager aurait pris sa voiture", whole[0], whole[1] // 1000)))
    if split and panel.first >= 4:
        new = split[0]
        rows.append(
            Row(
                (
                    "Les équipages d’avant auraient covoituré de même ; les autres passagers auraient pris "
                    "leur voiture",
                    new["passenger_journeys"],
                    new["passenger_m"] // 1000,
                )
            )
        )
    columns = (
        Column("Hypothèse"), Column("Trajets en voiture évités, au plus", "count"),
        Column("Kilomètres évités, au plus", "count"),
    )  # fmt: skip
    return Table("evites", "Trajets payés : kilomètres et voitures évités", columns, rows, empty=_FEW)


def _tests(effect: Effect) -> list[str]:
    """What should be nothing, and is told whatever it is."""
    earlier, others = effect.earlier, effect.others_told
    gap = "un écart là où il n’y a pas de campagne" if earlier.is_clear_of_zero else "rien"
    share = french_number(quotient(100 * others, effect.territories))
    return [
        f"Début fictif au milieu des {effect.weeks_before} semaines d’avant : {_percent(earlier.value)} "
        f"({_between(earlier)}), {gap}.",
        f"Campagne fictive dans chacun des {effect.territories} territoires comparables : un effet serait "
        f"annoncé dans {others} ({share}\u00a0% ; 5 % attendus).",
    ]


def _periods(effect: Effect) -> Table:
    rows = [
        Row((
            f"{first:+d} à {first + PERIOD - 1:+d}".replace("-", "\u2212"),
            "avant" if first < 0 else "pendant",
            _percent(difference.value), _percent(difference.low), _percent(difference.high),
        ))
        for first, difference in effect.periods
    ]  # fmt: skip
    heads: Sequence[Column] = (
        Column("Semaines depuis le début"), Column("Campagne"), Column("Écart"), Column("de"), Column("à"),
    )  # fmt: skip
    return Table("periodes", "Écart aux territoires comparables, par quatre semaines", heads, rows)
