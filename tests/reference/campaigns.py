"""A campaign evaluated journey after journey, in plain Python, from the meaning alone: the engine's judge."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.campaigns.language.conditions import Condition, Dated, Days
from dagster_project.campaigns.language.model import Campaign, Cap
from dagster_project.campaigns.language.tariff import Share
from dagster_project.campaigns.language.territories import Selector
from tests.reference.places import LEVELS, same_area, selected

Journey = dict[str, Any]
UNLIMITED = 10**15
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass
class Amount:
    failed: list[str]
    before_caps: int = 0
    cents: int = 0
    fee: int = 0


@dataclass
class Evaluation:
    campaign: Campaign
    counters: dict[tuple[str, str, date], int] = field(default_factory=dict)

    def run(self, journeys: list[Journey]) -> list[Amount]:
        """Amounts of journeys that are in order."""
        counters = self.counters
        amounts = []
        for journey in journeys:
            amount = Amount(self.failed(journey))
            if not amount.failed:
                amount.before_caps = amount.cents = self.tariff(journey)
            for cap in self.campaign.plafonds:
                amount.cents = self.cap(cap, journey, amount.cents, counters)
            pot, left = self.pot(journey)
            amount.cents = min(amount.cents, left)
            amount.fee, taken = self.fee(journey, amount.failed, left - amount.cents)
            counters[pot] = counters.get(pot, 0) + amount.cents + taken
            amounts.append(amount)
        return amounts

    def pot(self, journey: Journey) -> tuple[tuple[str, str, date], int]:
        """The pot of the journey's day, and what it can give: never more than the largest so far."""
        budget, day = self.campaign.budget, self.local(journey).date()
        pots = [(date.min, budget.euros), *((one.du, one.euros) for one in budget.avenants)]
        place = max(place for place, (start, _) in enumerate(pots) if start <= day)
        spent, largest, left = 0, 0, UNLIMITED
        for at, (start, euros) in enumerate(pots):
            held = UNLIMITED if euros is None else int(euros * 100)
            spent += self.counters.get(("budget", "", start), 0)
            largest = max(largest, held)
            if at >= place:
                left = min(left, (held if at == place else largest) - spent)
        return ("budget", "", pots[place][0]), max(left, 0)

    def local(self, journey: Journey) -> datetime:
        return journey["start_at"].astimezone(self.campaign.zone)

    def within(self, dated: Dated, at: datetime) -> bool:
        zone = self.campaign.zone

        def instant(moment: date) -> datetime:
            if isinstance(moment, datetime):
                return moment if moment.tzinfo else moment.replace(tzinfo=zone)
            return datetime(moment.year, moment.month, moment.day, tzinfo=zone)

        if dated.du is not None and at < instant(dated.du):
            return False
        if dated.avant is not None and at >= instant(dated.avant):
            return False
        if isinstance(dated.au, datetime):
            return at <= instant(dated.au)
        return dated.au is None or at < instant(dated.au + timedelta(days=1))

    def holds(self, condition: Condition, journey: Journey) -> bool:
        return self.within(condition, journey["start_at"]) and self.keys_hold(condition, journey)

    def keys_hold(self, condition: Condition, journey: Journey) -> bool:
        return all(self.key_holds(name, value, journey) for name, value in condition.conditions)

    def key_holds(self, name: str, value: Any, journey: Journey) -> bool:  # noqa: PLR0912
        local, places = self.local(journey), self.territories(journey)
        match name:
            case "origine":
                return selected(places[value], journey, "start")
            case "destination":
                return selected(places[value], journey, "end")
            case "origine_et_destination":
                return all(selected(places[value], journey, end) for end in ("start", "end"))
            case "origine_ou_destination":
                return any(selected(places[value], journey, end) for end in ("start", "end"))
            case "meme_zone_de":
                return same_area(places[value], journey)
            case "meme_code":
                start, end = (journey[f"{end}_{LEVELS[value.niveau]}"] for end in ("start", "end"))
                return start is not None and start == end and start not in value.sauf
            case "operateurs":
                return journey["operator_id"] in value
            case "classes":
                return journey["operator_class"] in value
            case "distance":
                return value.min_m <= journey["distance_m"] and (
                    value.max_m is None or journey["distance_m"] < value.max_m
                )
            case "sieges":
                return value.min <= seats(journey) and (value.max is None or seats(journey) <= value.max)
            case "passager_majeur":
                adult = journey["passenger_over_18"]
                return adult is not False if value == "non_mineur" else adult is True
            case "contribution":
                paid = journey["passenger_contribution_cents"] or 0
                return value.min_centimes <= paid and (
                    value.max_centimes is None or paid <= value.max_centimes
                )
            case "jours":
                return _DAYS[local.weekday()] in value
            case "heures":
                return any(one.de <= local.strftime("%H:%M") < one.a for one in value)
            case "mois":
                return local.month in value
            case "dates":
                return any(
                    one.du <= local.date() <= one.au if isinstance(one, Days) else local.date() == one
                    for one in value
                )
            case "sauf":
                return not self.holds(value, journey)
            case "toutes":
                return all(self.holds(one, journey) for one in value)
            case "une_de":
                return any(self.holds(one, journey) for one in value)
        raise AssertionError(name)

    def territories(self, journey: Journey) -> dict[str, Selector]:
        """Each territory as it is when the journey starts."""
        found = {}
        for name, given in self.campaign.territoires.items():
            versions = [given] if isinstance(given, Selector) else given
            begun = [
                one
                for one in versions
                if isinstance(given, Selector)
                or one.du is None  # type: ignore[attr-defined]
                or self.within(Dated(du=one.du), journey["start_at"])  # type: ignore[attr-defined]
            ]
            found[name] = begun[-1]
        return found

    def failed(self, journey: Journey) -> list[str]:
        campaign, at = self.campaign, journey["start_at"]
        failed = []
        period = campaign.periode
        if not self.within(Dated(du=period.du, au=None if period.jusqu_a_epuisement else period.au), at):
            failed.append("periode")
        if campaign.perimetre and not any(
            selected(self.territories(journey)[campaign.perimetre.territoire], journey, end)
            for end in ("start", "end")
        ):
            failed.append("perimetre")
        begun = [o for o in campaign.operateurs if self.within(Dated(du=o.du), at)]
        if not begun or (begun[-1].liste != "tous" and journey["operator_id"] not in begun[-1].liste):
            failed.append("operateur")
        failed += [
            test.nom
            for test in campaign.eligibilite
            if self.within(test, at) and not self.keys_hold(test, journey)
        ]
        return failed

    def tariff(self, journey: Journey) -> int:
        tariff = self.campaign.tarif
        tables = [table for table in tariff.all_tables if self.holds(table, journey)]
        if len(tables) != 1:
            return 0
        table, metres = tables[0], journey["distance_m"]
        step = tariff.distance_facturee.arrondi_m
        billed = (metres * 2 + step) // (step * 2) * step
        amount = Fraction(0)
        for band in table.tranches or []:
            if band.de_m <= metres and (table.mode == "cumul" or band.a_m is None or metres < band.a_m):
                own = (band.de_m, band.a_m) if table.mode == "cumul" else (0, None)
                amount += self.share(band, own, band.par or tariff.par, billed, seats(journey))
        multiplied = False
        for step_of in tariff.ajustements:
            if not self.holds(step_of.quand, journey):
                continue
            units = seats(journey) if (step_of.par or tariff.par) == "siege" else 1
            if step_of.plancher_centimes is not None:
                amount = max(amount, Fraction(step_of.plancher_centimes * units))
            elif step_of.plafond_centimes is not None:
                amount = min(amount, Fraction(step_of.plafond_centimes * units))
            elif step_of.porter_a is not None:
                amount = max(amount, Fraction(journey["driver_revenue_cents"] or 0))
            elif step_of.deduire is not None:
                amount -= journey["passenger_contribution_cents"] or 0
            elif step_of.multiplier is not None and (step_of.cumulable or not multiplied):
                amount *= Fraction(step_of.multiplier)
                multiplied = True
        return int(max(amount, Fraction(0)) + Fraction(1, 2))

    def share(
        self, share: Share, own: tuple[int, int | None], unit: str, billed: int, seats: int
    ) -> Fraction:
        unit = share.par or unit
        if share.somme is not None:
            return sum((self.share(one, own, unit, billed, seats) for one in share.somme), Fraction(0))
        if share.minimum_de is not None:
            return min(self.share(one, own, unit, billed, seats) for one in share.minimum_de)
        units = seats if unit == "siege" else 1
        if share.centimes is not None:
            return Fraction(share.centimes * units)
        start = own[0] if share.km_depuis_m is None else share.km_depuis_m
        end = own[1] if share.km_jusqu_a_m is None else share.km_jusqu_a_m
        metres = max((billed if end is None else min(billed, end)) - start, 0)
        return Fraction(share.centimes_par_km or 0) * metres / 1000 * units

    def cap(self, cap: Cap, journey: Journey, cents: int, counters: dict[tuple[str, str, date], int]) -> int:
        if cents == 0 or not self.meets(cap, journey):
            return cents
        key = (cap.nom, whose(cap, journey), self.window(cap, journey))
        used = counters.get(key, 0)
        if cap.compte == "centimes":
            cents = max(min(cents, cap.maximum - used), 0)
            counters[key] = used + cents
        elif used >= cap.maximum:
            cents = 0
        else:
            counters[key] = used + (1 if cap.compte == "trajets" else seats(journey))
        return cents

    def meets(self, cap: Cap, journey: Journey) -> bool:
        return self.within(cap, journey["start_at"]) and self.holds(cap.quand, journey)

    def window(self, cap: Cap, journey: Journey) -> date:
        zone = ZoneInfo(cap.fuseau or self.campaign.fuseau_des_plafonds or self.campaign.fuseau)
        day = journey["start_at"].astimezone(zone).date()
        return {
            "jour": day,
            "semaine": day - timedelta(days=day.weekday()),
            "mois": day.replace(day=1),
            "trimestre": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
            "annee": day.replace(month=1, day=1),
            "campagne": date.min,
        }[cap.fenetre]

    def fee(self, journey: Journey, failed: list[str], left: int) -> tuple[int, int]:
        """The fee with its VAT, and what of it the pot bears."""
        fee = self.campaign.commission
        if fee is None or set(failed) - set(fee.sans_test):
            return 0, 0
        vat = int(Fraction(fee.tva_pourcent or 0) * fee.centimes_ht / 100 + Fraction(1, 2))
        due = (fee.centimes_ht + vat) * (seats(journey) if fee.par == "siege" else 1)
        if "commission_ttc" not in self.campaign.budget.couvre:
            return due, 0
        return min(due, left), min(due, left)


def seats(journey: Journey) -> int:
    return max(journey["seats"] or 1, 1)


def whose(cap: Cap, journey: Journey) -> str:
    return {
        "conducteur": journey["driver_identity_key"] or "",
        "passager": journey["passenger_identity_key"] or "",
        "trajet_conducteur": f"{journey['operator_id']}/{journey['operator_trip_id']}",
        "campagne": "",
    }[cap.par]
