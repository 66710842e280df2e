"""Journeys against a campaign, through the same models as the night; touches no zone.

Not here: the evaluation (evaluate), reading files (journey_files), printing (cli).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.couple import ENDS
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.simulation.evaluate import CODES, FACTS, evaluating, in_order
from dagster_project.warehouse.cache import reading


@dataclass(frozen=True)
class Simulated:
    """What a campaign would have paid."""

    campaign: Campaign
    rows: pl.DataFrame

    def summary(self) -> dict[str, Any]:
        """The figures that an authority weighs."""
        paid = self.rows.filter(pl.col("amount_cents") > 0)
        fees = self.rows["fee_cents"].sum() if "commission_ttc" in self.campaign.budget.couvre else 0
        cut = self.rows.filter(_reason("budget"))
        reasons = self.rows.select(pl.col("reasons").str.split("|").explode()).filter(pl.col("reasons") != "")
        return {
            "journeys": self.rows.height,
            "eligible": int(self.rows["eligible"].sum()),
            "paid": paid.height,
            "ambiguous": self.rows.filter(_reason("tarif_ambigu")).height,
            "amount_cents": int(self.rows["amount_cents"].sum()),
            "payees": {
                who: int(self.rows[column].sum())
                for who, column in (("conducteur", "driver_cents"), ("passager", "passenger_cents"))
                if {who, "partage"} & {payee.qui for payee in self.campaign.beneficiaire}
            },
            "fee_cents": int(self.rows["fee_cents"].sum()),
            "budget_cents": self.campaign.budget.cents,
            "budget_used_cents": int(self.rows["amount_cents"].sum()) + int(fees),
            "exhausted_at": cut["start_at"].min(),
            "reasons": dict(
                reasons["reasons"]
                .value_counts(sort=True)
                .sort("count", "reasons", descending=[True, False])
                .rows()
            ),
        }

    @property
    def output(self) -> pl.DataFrame:
        """One row per input journey, in the order of evaluation; who receives, where that alternates.

        Where some journeys are shared, what each of the two gets.
        """
        payees = [payee.qui for payee in self.campaign.beneficiaire]
        without = [] if len(payees) > 1 else ["beneficiaire"]
        without += [] if "partage" in payees else ["driver_cents", "passenger_cents"]
        return self.rows.drop("start_at", *without)


def _reason(name: str) -> pl.Expr:
    return pl.col("reasons").str.split("|").list.contains(name)


def simulate(
    campaign: Campaign,
    journeys: pl.DataFrame,
    opening: pl.DataFrame | None = None,
    operators: list[Operator] | None = None,
    authorities: list[Authority] | None = None,
) -> Simulated:
    """What the campaign would have paid for the journeys. Raises BuildError."""
    ordered = in_order(journeys)
    with evaluating([campaign], ordered, opening, operators=operators, authorities=authorities) as connection:
        amounts = connection.sql(_SQL["amounts"]).pl()
    keys = [name for name in ("sequence", "operator_id", "operator_journey_id") if name in ordered.columns]
    rows = ordered.select("journey_number", *keys).join(amounts, on="journey_number", how="left")
    return Simulated(campaign, rows.sort("journey_number").drop("journey_number"))


_SQL = statements(__file__)


def active_journeys(lake: Lake, first: date = date.min, last: date = date.max) -> pl.DataFrame:
    """The valid journeys of the active base that start on these days (Europe/Paris)."""
    ends = ", ".join(f"{end}_area.{level} as {end}_{code}" for end in ENDS for code, level in CODES.items())
    facts = ", ".join(f"journeys.{name}" for name in FACTS)
    ends += "".join(f", {end}_area.place_code as {end}_place" for end in ENDS)
    with reading(lake) as connection:
        return connection.execute(
            f"select {facts}, {ends} from active.int_evaluated_journeys as journeys "
            "left join active.int_evaluated_areas as start_area on start_area_id = start_area.area_id "
            "left join active.int_evaluated_areas as end_area on end_area_id = end_area.area_id "
            "where cast(timezone('Europe/Paris', journeys.start_at) as date) between ? and ?",
            [first, last],
        ).pl()
