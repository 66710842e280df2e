"""Made-up years of six campaigns and four operators: what is sent by night, and what has gone out.

Months without a journey, months full of them, a pot that empties, an operator that leaves; late, corrected,
moved, cancelled and revived journeys; some are refused beside others that come later; terms that end. Nights
that die between two closings, so that a call is still open when its last fees are cancelled.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from unittest.mock import patch

import polars as pl

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue, rows
from dagster_project.catalogue.conventions import Convention
from dagster_project.catalogue.participation import under_conventions
from dagster_project.contracts.lake_tables import INSTANT
from dagster_project.contracts.terms import TERMS
from dagster_project.lake.store import Lake
from dagster_project.ledger import close
from dagster_project.ledger.advances import record_decisions
from dagster_project.ledger.receipts import write_receipts
from dagster_project.retention.apply import apply
from dagster_project.retention.plan import plan
from dagster_project.settings import PROJECT
from dagster_project.warehouse import cache
from tests.support.deliveries import deliver, run_models

OPERATORS, ALONE = ("alfa", "bravo", "charlie"), "delta"  # the last one has a campaign of its own
PLACES = {"c1": "e1", "c2": "e1", "c3": "e2"}
KEPT = timedelta(days=320)  # what is older may not be sent: its term is near
FIRST_ON, LAST_ON, LEFT_ON = date(2024, 1, 1), date(2024, 12, 31), date(2024, 8, 1)
RESIGNED = {"operator": ALONE, "reference": "x", "signed_on": FIRST_ON, "notice_sent_on": date(2025, 3, 24)}
EVALUATION = ("staging", "active", "fraud", "ledger", "campaigns")
_CALL = "campaign_id, operator_id, period_start_on"
# Every number of what had gone out by a day; a call by its closing, an invoice by its issue.
_OF_CALLS = f"semi join (from finance.fund_calls where closed_on <= $day) using ({_CALL})"
GONE_OUT = {
    "fund_calls": "from finance.fund_calls where closed_on <= $day",
    "call_lines": f"select * exclude (journey_key) from finance.int_fund_call_journeys {_OF_CALLS}",
    **{
        name: f"from finance.{name} {_OF_CALLS}"
        for name in ("fund_call_bands", "fund_call_steps", "int_call_receipts", "int_call_errors")
    },
    "fee_invoices": "from finance.fee_invoices where issued_on <= $day",
    "fee_invoice_lines": "from finance.fee_invoice_lines semi join ("
    "from finance.fee_invoices where issued_on <= $day) using (closing_number, operator_id)",
    "advances": "from finance.advance_steps where issued_on <= $day",
}
# What leaves a campaign's pot, a query each: calls, fees with VAT where the pot covers them, and what is paid
# ahead and not drawn by a call.
PAID = (
    "select campaign_id, incentive_cents as cents from finance.fund_calls where is_closed",
    "select campaign_id, total_cents from finance.fee_invoices "
    "join catalogue.campaigns using (campaign_id) where is_fee_in_budget",
    "select campaign_id, revision_cents - consumed_cents from finance.advance_steps",
)
Numbers = dict[str, list[tuple[Any, ...]]]


def signed(
    name: str, euros: int, *, until_empty: bool, calls: str, fee: str | None, dearer: int = 0, **more: Any
) -> Campaign:
    given = {
        "id": name, "nom": name, "autorite": "xx", "convention": "x", "beneficiaire": "conducteur",
        "fuseau": "Europe/Paris",
        "periode": {"du": FIRST_ON + timedelta(days=40), "au": LAST_ON, "jusqu_a_epuisement": until_empty},
        "operateurs": [
            {"du": FIRST_ON, "liste": list(OPERATORS)}, {"du": LEFT_ON, "liste": list(OPERATORS[:2])},
        ],
        "eligibilite": [{"nom": "distance_minimale", "distance": {"min_m": 2_000}}],
        "tarif": {"par": "siege", "mode": "unique", "tranches": [
            {"de_m": 2_000, "a_m": 20_000, "centimes": 200 + dearer},
            {"de_m": 20_000, "a_m": 50_000, "centimes_par_km": 10 + dearer},
            {"de_m": 50_000, "centimes": 500},
        ]},
        "budget": {"euros": euros, "couvre": ["incitation", "commission_ttc"] if fee else ["incitation"]},
        "appels_de_fonds": {"rythme": calls}, "delai_d_envoi": {"heures": "sans_limite"},
    }  # fmt: skip
    if fee:
        given["commission"] = {
            **{"par": "siege", "centimes_ht": 50 + dearer, "tva_pourcent": 20, "facturation": fee},
            "sans_test": ["distance_minimale"],
        }
    return Campaign.model_validate(given | more)


def campaigns(random: Random, dearer: int = 0) -> list[Campaign]:
    """Calls by quarter and by month, fees in the pot, beside it and none, with an end and without.

    `dearer`: cents that somebody has put on the prices of signed files, but for the one that is alone.
    """
    dear = partial(signed, dearer=dearer)
    start, agreed = FIRST_ON + timedelta(days=40), ({"alfa": 10, "bravo": 5}, {ALONE: 5})
    advance, of_one = ({"previsions": [{"du": start, "euros": one}]} for one in agreed)
    cap = {"nom": "par_mois", "compte": "centimes", "par": "conducteur", "fenetre": "mois", "maximum": 900}
    pot = random.choice((40, 90))
    amended = {"euros": pot, "couvre": ["incitation", "commission_ttc"]}
    amended |= {"avenants": [{"du": date(2024, 7, 1), "euros": pot + 25}]}
    alone = signed("seule", 1_000, until_empty=True, calls="trimestriel", fee="mensuelle", acompte=of_one,
                   operateurs=[{"du": FIRST_ON, "liste": [ALONE]}])  # fmt: skip
    authority = catalogue.authorities(PROJECT / "data")[0]
    ended = authority.model_copy(update={"conventions": [Convention.model_validate(RESIGNED)]})
    return [
        dear("ouverte", pot, until_empty=True, calls="trimestriel", fee="mensuelle", acompte=advance),
        dear("mois", pot, until_empty=False, calls="mensuel", fee="mensuelle", plafonds=[cap]),
        dear("avenant", pot, until_empty=True, calls="trimestriel", fee="mensuelle", budget=amended),
        dear("sans_frais", pot, until_empty=True, calls="mensuel", fee=None),
        under_conventions(alone, ended, []),
        dear("trimestre", 900, until_empty=True, calls="trimestriel", fee="trimestrielle",
               budget={"euros": 30, "couvre": ["incitation"]}),
    ]  # fmt: skip


def furnish(lake: Lake, signed: list[Campaign]) -> None:
    """The catalogue: the project's rules of acceptance, three operators in production, three communes."""
    frames = rows.frames([], [], signed, acceptance=catalogue.acceptance(PROJECT / "data"))
    since = {
        "from_at": datetime(1990, 1, 1, tzinfo=UTC),
        "from_on": date(1990, 1, 1),
        "to_on": date(9999, 12, 31),
    }
    granted = [since | {"operator_id": name, "granted_class": "C"} for name in (*OPERATORS, ALONE)]
    for name in ("operator_classes", "operator_admissions"):
        schema = frames[name].schema
        frames[name] = pl.DataFrame(granted, schema_overrides={"from_at": INSTANT}).select(
            pl.col(column).cast(dtype) for column, dtype in schema.items()
        )
    frames["territories"] = pl.DataFrame(
        [
            dict.fromkeys(("place_code", "commune_name", "commune_code", "city_code"), commune)
            | {"year": year, "postcodes": "", "population": 1, "area_km2": 1.0, "epci_code": epci}
            | {"departement_code": "01", "region_code": "84", "country_code": "XXXXX"}
            for year in (2024, 2025)
            for commune, epci in PLACES.items()
        ]
    )
    lake.write_catalogue(frames)


def journey(random: Random, number: int, operator: str, start_at: datetime) -> dict[str, Any]:
    """A journey of a car that may be another's neighbour: drivers are few."""
    ends = {end: random.choice(list(PLACES)) for end in ("start", "end")}
    return {
        "operator_id": operator,
        "operator_journey_id": f"{operator}-{number}",
        "operator_trip_id": f"{operator}-trip-{number}",
        "operator_class": random.choice("BC"),
        "start_at": start_at,
        "end_at": start_at + timedelta(minutes=50),
        "distance_m": random.choice((1_500, 2_000, 9_940, 20_000, 35_050, 60_000)),
        "seats": random.choice((1, 1, 1, 2)),
        "driver_identity_key": f"d{random.randint(0, 3)}",
        "passenger_identity_key": f"p{random.randint(0, 9)}",
        "passenger_contribution_cents": 100,
        "driver_revenue_cents": 200,
        **{f"{end}_place_code": code for end, code in ends.items()},
        "status": "new",
        "incentives": "[]",
    }


class Years:
    """A home that lives through nights, and what went out of it."""

    def __init__(self, lake: Lake, signed: list[Campaign]) -> None:
        self.lake, self.number = lake, 0
        # All pots of a campaign together never give more than the largest.
        self.budgets = {one.id: max(cents or 0 for _, cents in one.budget.pots) for one in signed}
        self.known: dict[str, dict[str, Any]] = {}
        furnish(lake, signed)

    def send(self, random: Random, day: date, count: int) -> Iterator[dict[str, Any]]:
        """New journeys, most of the last days, some of any day before; and what changes of those known."""
        for _ in range(count):
            self.number += 1
            back = random.choice((1, 2, 5, 9, 20, random.randint(1, min((day - FIRST_ON).days, KEPT.days))))
            start_at = datetime.combine(day - timedelta(days=back), time(random.randint(4, 20)), UTC)
            operator = random.choice(OPERATORS if start_at.date() < LEFT_ON else OPERATORS[:2])
            yield journey(random, self.number, operator, start_at)
        kept = [
            jid
            for jid, one in self.known.items()
            if one["operator_id"] != ALONE and one["end_at"] > _midnight(day - KEPT)
        ]
        for one in random.sample(sorted(kept), len(kept) // 9):
            change = random.choice(
                (
                    {"status": "cancelled"},
                    {"status": "corrected", "distance_m": random.choice((2_500, 30_000, 90_000))},
                    {"status": "corrected", "seats": random.choice((1, 3))},
                    {"status": "corrected", "driver_identity_key": f"d{random.randint(0, 3)}"},
                    {"status": "corrected", "moved": timedelta(days=random.choice((-35, -1, 1, 35)))},
                )
            )
            moved = change.pop("moved", timedelta())
            before = self.known[one]
            ends = {name: min(before[name] + moved, _midnight(day)) for name in ("start_at", "end_at")}
            if ends["start_at"] < ends["end_at"]:
                yield before | change | ends

    def night(self, day: date, sent: list[dict[str, Any]], *, dies: bool = False) -> None:
        """Retention, drops, evaluation, closings, documents, as a night runs them; dies after one closing."""
        apply(self.lake, plan(self.lake, day, TERMS))
        self.known |= {one["operator_journey_id"]: one for one in sent}
        if sent:
            deliver(self.lake, f"drop-{day}", day, datetime.combine(day, time(23), UTC), sent)
        run_models(self.lake, day, *EVALUATION)
        with cache.reading(self.lake, building=True) as connection:
            if dies:
                with (
                    patch.object(close, "_close", side_effect=_once(close._close)),
                    suppress(KeyboardInterrupt),
                ):
                    close.close_due(self.lake, connection, day)
                return
            closed = close.close_due(self.lake, connection, day)
        again = ("staging", "ledger", "campaigns") if closed else ()
        money = ("ledger", "campaigns", "finance", "payments")
        run_models(self.lake, day, *again, "finance", "payments", anew=False, tested=money)
        os.replace(self.lake.building, self.lake.cache_file)
        with cache.reading(self.lake) as connection:
            write_receipts(self.lake, connection)
            record_decisions(self.lake, connection)

    def gone_out(self, day: date) -> Numbers:
        """Every number of what had gone out by that day, as tonight's tables say it."""
        with cache.reading(self.lake) as connection:
            return {
                name: sorted(connection.execute(query, {"day": day}).fetchall(), key=repr)
                for name, query in GONE_OUT.items()
            }

    def paid(self) -> dict[str, int]:
        """What has gone out of each pot, cents."""
        query = f"select campaign_id, sum(cents) from ({' union all '.join(PAID)}) group by all"
        with cache.reading(self.lake) as connection:
            return {name: int(cents) for name, cents in connection.execute(query).fetchall()}

    def left(self) -> dict[str, int | None]:
        """What each pot's status says is left."""
        with cache.reading(self.lake) as connection:
            query = "select campaign_id, left_cents from finance.budget_status"
            return dict(connection.execute(query).fetchall())


def _once(real: Callable[..., Any]) -> Callable[..., Any]:
    calls = count()

    def dying(*given: Any) -> Any:
        if next(calls):
            raise KeyboardInterrupt
        return real(*given)

    return dying


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
