"""One campaign's ledger, night after night in plain Python, from its meaning alone: the judge of closings."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from dagster_project.campaigns.language.model import Campaign
from tests.reference.campaigns import Evaluation, Journey

CANCELLED = "cancelled"
DAY = timedelta(days=1)
Key = tuple[str, str]  # kind of claim, journey
Line = tuple[str, str, str, int, int]  # journey, movement, reason, cents of incentive, of fee with VAT
_FACTS = (
    *("operator_class", "start_at", "distance_m", "seats", "operator_trip_id", "driver_identity_key"),
    *("passenger_identity_key", "passenger_over_18", "passenger_contribution_cents", "driver_revenue_cents"),
    *("start_commune", "end_commune"),
)


@dataclass
class Entry:
    cents: int
    fee: int
    facts: tuple[Any, ...]
    uses: dict[Any, int]
    pot: Any = None


@dataclass
class Ledger:
    campaign: Campaign
    standing: dict[Key, Entry] = field(default_factory=dict)
    closed_until: dict[str, date] = field(default_factory=dict)
    uncalled: set[date] = field(default_factory=set)  # calls that invoices already wait for

    @property
    def months(self) -> dict[str, int]:
        fee = self.campaign.commission
        fees = (
            {"fee": {"mensuelle": 1, "trimestrielle": 3}[fee.facturation]} if fee and fee.centimes_ht else {}
        )
        return fees | {"incentive": {"mensuel": 1, "trimestriel": 3}[self.campaign.appels_de_fonds.rythme]}

    def open_from(self, kind: str) -> date:
        """First day of the first period that is not closed: no fee lies in a call that is."""
        days = [self.campaign.periode.du]
        if kind in self.closed_until:
            days.append(self.closed_until[kind] + DAY)
        if kind == "fee" and "incentive" in self.closed_until:
            days.append(self.closed_until["incentive"] + DAY)
        if kind == "incentive" and "fee" in self.closed_until:
            days.append(self.closed_until["fee"])
        return _first(max(days), self.months[kind])

    def night(self, day: date, current: dict[str, Journey | str]) -> list[tuple[str, date, list[Line]]]:
        """What closes that night: kind, first day of the period, lines."""
        opened = {kind: self.open_from(kind) for kind in self.months}
        back = {
            key: reason
            for key, entry in self.standing.items()
            if (reason := _reason(entry, current.get(key[1])))
        }
        lines = [
            (kind, opened[kind], (jid, "reversal", back[kind, jid], -entry.cents, -entry.fee), entry)
            for (kind, jid), entry in self.standing.items()
            if (kind, jid) in back
        ]
        lines += self.evaluate(current, back)
        calls = self.months["incentive"]
        waiting = self.uncalled | {_first(start, calls) for _, start, _, _ in lines}
        closings = []
        for kind, months in self.months.items():
            start = opened[kind]
            while (after := _next(start, months)) + timedelta(days=4) <= day:
                mine = [one for one in lines if one[0] == kind and one[1] == start]
                if start <= self.campaign.periode.au or mine or (kind == "incentive" and start in waiting):
                    closings.append((kind, start, [one[2] for one in mine]))
                    self.settle(kind, mine)
                    self.closed_until[kind] = after - DAY
                    self.uncalled = (
                        {call for call in self.uncalled if call > start}
                        if kind == "incentive"
                        else self.uncalled | ({_first(start, calls)} if mine else set())
                    )
                start = after
        return closings

    def settle(self, kind: str, mine: list[Any]) -> None:
        for _, _, line, _ in mine:
            if line[1] == "reversal":
                del self.standing[kind, line[0]]
        self.standing |= {(kind, line[0]): entry for _, _, line, entry in mine if line[1] == "entry"}

    def evaluate(self, current: dict[str, Journey | str], back: dict[Key, str]) -> list[Any]:
        stays = {key: entry for key, entry in self.standing.items() if key not in back}
        judge, covers = Evaluation(self.campaign), "commission_ttc" in self.campaign.budget.couvre
        lines: list[Any] = []
        for entry in stays.values():
            drawn = {entry.pot: entry.cents + entry.fee * covers}
            for key, used in [*entry.uses.items(), *drawn.items()]:
                judge.counters[key] = judge.counters.get(key, 0) + used
        # A returned incentive pays no fee until the call that takes it back: invoices go out before.
        returned = sum(self.standing[key].cents for key in back if key[0] == "incentive")
        for journey in sorted((j for j in current.values() if isinstance(j, dict)), key=_order):
            jid, failed = journey["operator_journey_id"], judge.failed(journey)
            if {"periode", "perimetre"} & set(failed):
                continue
            if ("incentive", jid) not in stays:
                before = dict(judge.counters)
                cents = 0 if failed else judge.tariff(journey)
                for cap in self.campaign.plafonds:
                    cents = judge.cap(cap, journey, cents, judge.counters)
                pot, left = judge.pot(journey)
                cents = min(cents, left)
                uses = {key: used - before.get(key, 0) for key, used in judge.counters.items()}
                judge.counters[pot] = judge.counters.get(pot, 0) + cents
                entry = Entry(cents, 0, _facts(journey), uses, pot)
                lines.append(self.line("incentive", journey, back, entry))
            fee = self.campaign.commission
            if (
                "fee" in self.months
                and fee
                and not set(failed) - set(fee.sans_test)
                and ("fee", jid) not in stays
            ):
                pot, left = judge.pot(journey)
                due, taken = judge.fee(journey, failed, max(left - returned, 0))
                judge.counters[pot] = judge.counters.get(pot, 0) + taken
                lines.append(self.line("fee", journey, back, Entry(0, due, _facts(journey), {}, pot)))
        return lines

    def line(self, kind: str, journey: Journey, back: dict[Key, str], entry: Entry) -> Any:
        own = _first(journey["start_at"].astimezone(self.campaign.zone).date(), self.months[kind])
        period = max(own, self.open_from(kind))
        jid = journey["operator_journey_id"]
        reason = "correction" if (kind, jid) in back else "late" if own < period else "journey"
        return kind, period, (jid, "entry", reason, entry.cents, entry.fee), entry


def _reason(entry: Entry, now: Journey | str | None) -> str | None:
    if now == CANCELLED:
        return "cancellation"
    return "correction" if isinstance(now, dict) and _facts(now) != entry.facts else None


def _facts(journey: Journey) -> tuple[Any, ...]:
    return tuple(journey[name] for name in _FACTS)


def _order(journey: Journey) -> tuple[Any, ...]:
    return journey["start_at"], journey["operator_id"], journey["operator_journey_id"]


def _first(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next(start: date, months: int) -> date:
    return _first(start + timedelta(days=31 * months), months)
