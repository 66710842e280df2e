"""A made-up fund call of any number of journeys, with the header that the warehouse would give it."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import polars as pl

from dagster_project.reports.fund_call.call import Adjustment, Articles, Band, FundCall
from dagster_project.reports.shared.counts import Counts
from dagster_project.reports.shared.vat import Vat

GENEROUS = 10**9
SLOT = timedelta(minutes=15)
BANDS = (
    Band(1, "Pour les trajets inférieurs à 20 kms", "trajet", 2_000),
    Band(2, "Pour les trajets compris entre 20 kms et 50 kms", "km", 100),
    Band(3, "Pour les trajets supérieurs à 50 kms", "trajet", 5_000),
)
ARTICLES = Articles("article 6.2", "article 6.3", "article 6.1", "article 8.4", "annexe 2", "annexe 3")
PLACES = (
    ("74012", "74100", "Annemasse", 46.193, 6.236),
    ("74243", "74160", "Saint-Julien-en-Genevois", 46.14, 6.08), ("01173", "01170", "Gex", 46.33, 6.05),
    ("74281", "74200", "Thonon-les-Bains", 46.372, 6.477), ("99140", "", "Suisse", 46.204, 6.143),
)  # fmt: skip
# The ends of the bands, and two seats in each: the places where a formula may slip.
EDGES = ((1_940, 1), (2_000, 1), (19_960, 2), (20_000, 1), (20_040, 2), (33_333, 1), (49_990, 2), (50_000, 1),
         (72_000, 2), (12_000, 2))  # fmt: skip


def make_journeys(count: int, pot_cents: int = GENEROUS) -> pl.DataFrame:
    """Made-up journeys under the PMGF tariff; `pot_cents` is the budget left, spent in journey order."""
    dice, rows = Random(2021), []
    for index in range(count):
        distance_m, seats = EDGES[index] if index < len(EDGES) else (dice.randint(900, 64_000), 1)
        billed_m = (distance_m + 50) // 100 * 100
        due = min(500, max(200, billed_m // 100)) * seats if distance_m >= 2_000 else 0
        pot_cents -= (paid := min(due, pot_cents))
        reason = "écrêté : budget épuisé" if paid < due else "" if due else "non subventionné : moins de 2 km"
        start, end = dice.sample(PLACES, 2)
        left_at = datetime(2021, 2, 23, 5, tzinfo=UTC) + SLOT * (index * 11 + dice.randint(0, 9))
        granted = f'[{{"index":0,"amount":{due},"siret":"20007537200017"}}]'
        rows.append({
            "journey_id": f"cvl-{index + 1:06d}", "operator_trip_id": f"cvl-t{index // 2 + 1:05d}",
            "driver_id": f"{dice.getrandbits(128):032x}", "passenger_id": f"{dice.getrandbits(128):032x}",
            "operator_class": dice.choice("ABC"), "start_slot_at": left_at,
            "end_slot_at": left_at + SLOT * (1 + distance_m // 15_000),
            **_place("start", start), **_place("end", end), "seats": seats,
            "passenger_contribution_cents": distance_m // 200, "declared_incentives": granted,
            "driver_revenue_cents": distance_m // 200 + paid, "operator_name": "Covoit’Léman",
            "billed_m": billed_m, "reason": reason,
            "band": 1 + (distance_m >= 20_000) + (distance_m > 50_000) if due else None,
            "payee": "conducteur",
            "tariff_cents": due, "capped_cents": due, "incentive_cents": paid,
            "fee_ex_vat_cents": 50 * seats, "vat_cents": 10 * seats,
        })  # fmt: skip
    return pl.DataFrame(rows)


def _place(end: str, place: tuple[str, str, str, float, float]) -> dict[str, object]:
    names = ("commune_code", "postcodes", "commune_name", "lat", "lon")
    return {f"{end}_{name}": value for name, value in zip(names, place, strict=True)}


def make_counts(regular: pl.DataFrame) -> Counts:
    """50 passenger journeys are not valid, 7 elsewhere; those too short are not eligible."""
    seats = int(regular["seats"].sum())
    eligible, paid = (
        int(regular.filter(pl.col(name) > 0)["seats"].sum()) for name in ("tariff_cents", "incentive_cents")
    )
    return Counts(seats + 57, seats + 7, seats, eligible, paid)


AUTHORITY_HEAD = ("Pôle métropolitain du Genevois français", "15 avenue Émile Zola", "74100 Annemasse")
OPERATOR_HEAD = ("Covoit’Léman", "1 quai de l’Exemple", "74200 Thonon-les-Bains", "SIRET 123 456 782 00002")


def make_call(journeys: pl.DataFrame) -> FundCall:
    """The header the warehouse would give for these journeys."""
    regular = journeys.filter(~pl.col("is_adjustment")) if "is_adjustment" in journeys.columns else journeys
    gross, paid = (int(regular[name].sum()) for name in ("tariff_cents", "incentive_cents"))
    sums = ("incentive_cents", "fee_ex_vat_cents", "vat_cents")
    incentive, fee, vat = (int(journeys[name].sum()) for name in sums)
    return FundCall(
        campaign_id="pmgf_2021", campaign_name="Incitation au covoiturage 2021",
        convention_reference="BU2021_01", authority_name="Pôle métropolitain du Genevois français",
        authority_head=AUTHORITY_HEAD, authority_genitive="du Pôle métropolitain",
        operator_id="covoit-leman", operator_name="Covoit’Léman", operator_siret="12345678200002",
        operator_head=OPERATOR_HEAD, period_label="1ᵉʳ trimestre 2021",
        period_start=date(2021, 2, 23), period_end=date(2021, 3, 31), number=1, issued_on=date(2021, 4, 15),
        payment_term_days=30, bands=BANDS, articles=ARTICLES, vat=Vat(2_000),
        counts=make_counts(regular),
        gross_cents=gross, cap_cut_cents=0, cut_cents=paid - gross,
        adjustments=(Adjustment("trajet annulé", "4ᵉ trimestre 2020", 3, incentive - paid),),
        incentive_cents=incentive, fee_ex_vat_cents=fee, vat_cents=vat, total_cents=incentive + fee + vat,
        notes=("L’indemnité n’est pas soumise à la TVA (article 6.2).",
               "Pièces jointes : factures de la Commission Plateforme ; attestation du registre (annexe 2)."),
        readings=("La distance facturée est la distance déclarée, arrondie à 100 m.",
                  "Un trajet de plusieurs places compte autant de trajets passagers (article 1)."),
    )  # fmt: skip
