"""A campaign's pot day by day, when it may be empty, and from which calls it is: nothing is decided here."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from markupsafe import Markup

from dagster_project.contracts.archive import K
from dagster_project.contracts.moments import PARIS
from dagster_project.pages.charts import Forecast, run_down
from dagster_project.pages.page import Column, Row, Table
from dagster_project.reports.shared.french import french_day, french_euros, french_period

_WEEKS = 8  # whose slowest and fastest bound when the pot is empty


@dataclass(frozen=True)
class Pot:
    """What the section shows: amounts with a note each, the picture, where it ends, its tables."""

    cards: tuple[tuple[str, str, str], ...]
    end: str
    picture: Markup | None
    days: Table | None
    calls: Table


def pot(
    status: dict[str, Any],
    calls: list[dict[str, Any]],
    advances: list[dict[str, Any]],
    days: pl.DataFrame,
    names: dict[str, str],
) -> Pot:
    """A campaign's pot; without one, its calls alone."""
    called = sum(call["incentive_cents"] for call in calls if call["is_closed"])
    settled = status["settled_cents"]
    last = {step["operator_id"]: step for step in advances}
    held = sum(step["opening_cents"] - step["consumed_cents"] + step["revision_cents"] for step in last.values())
    cards = [
        ("Appelé", french_euros(called), "indemnités des appels clos"),
        ("Facturé", french_euros(settled - called), "commissions TTC des factures closes")
        if status["is_fee_in_budget"]
        else ("Commissions", "à part", "hors de l’enveloppe"),
        ("En cours", french_euros(status["provisional_cents"]), "périodes ouvertes, provisoire"),
        ("Acomptes détenus", french_euros(held), "versés, pas encore consommés"),
    ]
    shown, picture, end = None, None, ""
    if status["budget_cents"] is not None:
        points = _points(status, days)
        forecast = _forecast(status, days)
        campaign = status["campaign_id"]
        title = f"Reste de l’enveloppe, jour par jour : {french_euros(points[-1][1])} au {french_day(status['business_date'])}"
        picture = run_down(points, status["business_date"], status["ends_on"], forecast, title)
        cards = [("Enveloppe", french_euros(status["budget_cents"]), ""), *cards]
        cards.append(("Reste", french_euros(status["left_cents"]), ""))
        end = _end_words(status, days, forecast)
        shown = Table(
            f"enveloppe_{campaign}",
            "Reste de l’enveloppe par jour",
            (Column("Jour", "day"), Column("Reste", "euros")),
            [Row(point) for point in points],
        )
    return Pot(tuple(cards), end, picture, shown, _calls(status["campaign_id"], calls, names))


def _points(status: dict[str, Any], days: pl.DataFrame) -> list[tuple[date, int]]:
    """What was left after each day; a day of few journeys is told with those that follow it (D-261)."""
    drawn = [(day, journeys, _drawn(status, incentive, fee)) for day, journeys, incentive, fee, _ in days.iter_rows()]
    left = status["left_cents"] + sum(cents for *_, cents in drawn)
    points = [(drawn[0][0] - timedelta(days=1) if drawn else status["business_date"], left)]
    waiting = 0
    for number, (day, journeys, cents) in enumerate(drawn, 1):
        left, waiting = left - cents, waiting + journeys
        rest = sum(more for _, more, _ in drawn[number:])
        if waiting >= K and (rest >= K or number == len(drawn)):
            points.append((day, left))
            waiting = 0
    if points[-1][1] != left:
        points.append((drawn[-1][0], left))
    return points


def _drawn(status: dict[str, Any], incentive_cents: int, fee_cents: int) -> int:
    return incentive_cents + (fee_cents if status["is_fee_in_budget"] else 0)


def _forecast(status: dict[str, Any], days: pl.DataFrame) -> Forecast | None:
    """From the pace of four weeks; bounds from the slowest and the fastest of the last eight (D-263)."""
    today, left = status["business_date"], status["left_cents"]
    if left <= 0 or status["days_left"] is None:
        return None
    fee = pl.col("fee_cents") if status["is_fee_in_budget"] else pl.lit(0)
    recent = days.filter(
        pl.col("start_on").is_between(today - timedelta(days=7 * _WEEKS), today, closed="right")
    ).select((pl.lit(today) - pl.col("start_on")).dt.total_days() // 7, cents=pl.col("incentive_cents") + fee)
    weeks = [cents for cents in recent.group_by("literal").agg(pl.col("cents").sum())["cents"] if cents > 0]
    if not weeks:
        return None
    ends = [today + timedelta(days=min(left * 7 // pace, 3_650)) for pace in (max(weeks), min(weeks))]
    expected = today + timedelta(days=min(status["days_left"], 3_650))
    return Forecast(expected, min(ends[0], expected), max(ends[1], expected))


def _end_words(status: dict[str, Any], days: pl.DataFrame, forecast: Forecast | None) -> str:
    if status["left_cents"] <= 0:
        cut = days["first_cut_at"].min()
        if cut is None:
            return "L’enveloppe est épuisée."
        local = cut.astimezone(PARIS)  # type: ignore[union-attr]
        quarter = local.replace(minute=local.minute // 15 * 15)
        return f"L’enveloppe est épuisée depuis le {french_day(local.date())}, vers {quarter:%H} h {quarter:%M}."
    if forecast is None:
        return "Rien n’a été consommé depuis quatre semaines : aucune fin prévisible."
    if forecast.first_on > status["ends_on"]:
        return f"Au rythme actuel, l’enveloppe suffit jusqu’à la fin de la campagne ({french_day(status['ends_on'])})."
    return (
        f"Au rythme des quatre dernières semaines, l’enveloppe est épuisée le {french_day(forecast.on)} ; entre le "
        f"{french_day(forecast.first_on)} et le {french_day(forecast.last_on)} selon les semaines."
    )


def _calls(campaign_id: str, calls: list[dict[str, Any]], names: dict[str, str]) -> Table:
    """Why each call is what it is: from the tariff to what is to be paid."""
    rows = [
        Row(
            (
                names[call["operator_id"]],
                french_period(call["period_start_on"], call["period_end_on"]),
                "clos" if call["is_closed"] else "en cours",
                call["tariff_cents"],
                call["cap_cut_cents"],
                call["budget_cut_cents"],
                call["adjustment_cents"],
                call["incentive_cents"],
                None if call["statement_number"] is None else -call["consumed_cents"],
                call["revision_cents"] if call["statement_number"] is not None else None,
                (call["incentive_cents"] if call["statement_number"] is None else call["revision_cents"])
                if call["is_closed"]
                else None,
            )
        )
        for call in calls
    ]
    return Table(
        f"appels_{campaign_id}",
        "Pourquoi ce montant : du tarif à ce qui est à payer, par appel de fonds",
        (
            *(Column("Opérateur"), Column("Période"), Column("État"), Column("Selon le tarif", "euros")),
            *(Column("Plafonds", "euros"), Column("Enveloppe épuisée", "euros"), Column("Régularisations", "euros")),
            *(Column("Indemnité", "euros"), Column("Imputé sur l’acompte", "euros")),
            *(Column("Révision de l’acompte", "euros"), Column("À payer sur l’appel", "euros")),
        ),
        rows,
        empty="aucun appel de fonds.",
    )
