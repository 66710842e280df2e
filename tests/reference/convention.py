"""What the sample's convention grants, from its text alone."""

import polars as pl

from tests.conftest import REFERENCE


def by_the_convention(truth: pl.DataFrame) -> tuple[dict[str, int], dict[str, int]]:
    """Cents of incentive and of fee with VAT per operator, recomputed from the convention's text alone."""
    territory = set(
        pl.read_parquet(REFERENCE / "territories.parquet").filter(
            (pl.col("year") == 2021)
            & pl.col("epci_code").is_in(
                (
                    *("240100750", "240100891", "200000172", "200011773"),
                    *("200067551", "247400583", "247400690", "247400724"),
                )
            )
        )["place_code"]
    )
    pot = 12_000_00
    incentives: dict[str, int] = {}
    fees: dict[str, int] = {}
    living = truth.filter("is_current").sort("start_at", "operator_id", "operator_journey_id")
    for journey in living.to_dicts():
        if not {journey["start_commune"], journey["end_commune"]} & territory:
            continue  # article 4: origin or destination in the territory
        metres, seats = journey["final_distance_m"], journey["seats"]
        incentive = 0
        if metres >= 2_000:  # article 6.2
            hectometres = (metres + 50) // 100
            incentive = min(500, max(200, hectometres)) * seats
        incentive = min(incentive, pot)
        pot -= incentive
        fee = min(60 * seats, pot)  # article 6.3: 0,50 € and 20 % VAT, also below 2 km; article 8.3
        pot -= fee
        operator = journey["operator_id"]
        incentives[operator] = incentives.get(operator, 0) + incentive
        fees[operator] = fees.get(operator, 0) + fee
    return incentives, fees
