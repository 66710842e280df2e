"""Journeys from a file against a campaign, through the same models as the night; touches no zone.

Not here: the evaluation (evaluate), printing (cli).
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.campaigns.evaluate import CODES, ENDS, FACTS, evaluating, in_order
from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.rule_tables import OPENING
from dagster_project.geography.locate import load_places, locate
from dagster_project.lake import Lake
from dagster_project.settings import Settings
from dagster_project.warehouse import reading

_REQUIRED = ("operator_id", "operator_journey_id", "start_at", "distance_m")


class InputError(Exception):
    """A file of the simulation cannot be used; the message says which, why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What a campaign would have paid."""

    campaign: Campaign
    rows: pl.DataFrame

    def summary(self) -> dict[str, Any]:
        """The figures that an authority weighs."""
        paid = self.rows.filter(pl.col("amount_cents") > 0)
        budget = int(self.campaign.budget.euros * 100)
        fees = self.rows["fee_cents"].sum() if "commission_ttc" in self.campaign.budget.couvre else 0
        cut = self.rows.filter(pl.col("reasons").str.split("|").list.contains("budget"))
        reasons = self.rows.select(pl.col("reasons").str.split("|").explode()).filter(pl.col("reasons") != "")
        return {
            "journeys": self.rows.height,
            "eligible": int(self.rows["eligible"].sum()),
            "paid": paid.height,
            "amount_cents": int(self.rows["amount_cents"].sum()),
            "fee_cents": int(self.rows["fee_cents"].sum()),
            "budget_cents": budget,
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
        """One row per input journey, in the order of evaluation."""
        return self.rows.drop("start_at")


def simulate(
    campaign: Campaign, journeys: pl.DataFrame, settings: Settings, opening: pl.DataFrame | None = None
) -> Outcome:
    """What the campaign would have paid for the journeys. Raises BuildError."""
    ordered = in_order(journeys)
    with evaluating([campaign], ordered, settings, opening) as connection:
        amounts = connection.sql(_ROWS).pl()
    keys = [name for name in ("sequence", "operator_id", "operator_journey_id") if name in ordered.columns]
    rows = ordered.select("journey_number", *keys).join(amounts, on="journey_number", how="left")
    return Outcome(campaign, rows.sort("journey_number").drop("journey_number"))


# Reasons in the order of the file: failed tests, caps that cut, the pot.
_ROWS = """
select
    incentives.journey_number,
    incentives.start_at,
    incentives.is_eligible as eligible,
    array_to_string(
        incentives.failed_tests
        || if(incentives.is_ambiguous and incentives.is_eligible, ['tarif_ambigu'], [])
        || coalesce(cuts.caps, [])
        || if(incentives.is_cut_by_budget, ['budget'], []),
        '|'
    ) as reasons,
    incentives.tariff_cents as amount_before_caps_cents,
    incentives.incentive_cents as amount_cents,
    incentives.fee_ex_vat_cents + incentives.vat_cents as fee_cents
from campaigns.campaign_incentives as incentives
left join (
    select journey_number, list(cap_id order by position) as caps
    from campaigns.campaign_cap_steps
    where cents_after < cents_before
    group by journey_number
) as cuts using (journey_number)
"""


def read_journeys(file: Path, reference: Path) -> pl.DataFrame:
    """Journeys of a CSV or Parquet file, codes filled from positions. Raises InputError."""
    rows = _read(file)
    codes = {f"{end}_{code}": pl.String for end in ENDS for code in CODES}
    schema: dict[str, Any] = FACTS | codes | ({"sequence": pl.Int64} if "sequence" in rows.columns else {})
    if missing := [name for name in _REQUIRED if name not in rows.columns]:
        raise InputError(
            f"{file}: colonnes absentes : {', '.join(missing)}. Les ajouter (docs/campagnes.md)."
        )
    rows = rows.with_columns(pl.lit(None).alias(name) for name in schema if name not in rows.columns)
    typed = rows.select(_cast(rows, name, dtype) for name, dtype in schema.items())
    for name in (*_REQUIRED, *(["sequence"] if "sequence" in schema else [])):
        if wrong := typed[name].null_count():
            line = int(typed[name].is_null().arg_max() or 0) + 1
            raise InputError(
                f"{file}: {name}: {wrong} valeur(s) absente(s) ou illisible(s), la première en ligne {line} "
                "(sans l'en-tête). Corriger le fichier."
            )
    keys = ["sequence"] if "sequence" in schema else ["operator_id", "operator_journey_id"]
    if typed.select(keys).is_duplicated().any():
        raise InputError(f"{file}: {' + '.join(keys)} se répète ; ajouter une colonne `sequence` unique.")
    return _placed(typed, reference)


def active_journeys(lake: Lake, first: date, last: date) -> pl.DataFrame:
    """The valid journeys of the active base that start on these days (Europe/Paris)."""
    ends = ", ".join(f"{end}_area.{level} as {end}_{code}" for end in ENDS for code, level in CODES.items())
    facts = ", ".join(f"journeys.{name}" for name in FACTS)
    with reading(lake) as connection:
        return connection.execute(
            f"select {facts}, {ends} from active.int_evaluated_journeys as journeys "
            "left join active.int_evaluated_areas as start_area on start_area_id = start_area.area_id "
            "left join active.int_evaluated_areas as end_area on end_area_id = end_area.area_id "
            "where cast(timezone('Europe/Paris', journeys.start_at) as date) between ? and ?",
            [first, last],
        ).pl()


def read_opening(file: Path, campaign: Campaign) -> pl.DataFrame:
    """Opening balances: cap, key, window, value. Raises InputError."""
    rows = pl.read_csv(file, infer_schema=False)
    if missing := {"cap", "key", "window", "value"} - set(rows.columns):
        raise InputError(f"{file}: colonnes absentes : {', '.join(sorted(missing))}.")
    names = {cap.nom for cap in campaign.plafonds} | {"budget"}
    made = []
    for line, row in enumerate(rows.to_dicts(), 2):
        if row["cap"] not in names:
            raise InputError(
                f"{file}:{line}: plafond `{row['cap']}` inconnu ; connus : {', '.join(sorted(names))}."
            )
        try:
            made.append(
                {
                    "campaign_id": campaign.id,
                    "cap_id": row["cap"],
                    "whose_key": row["key"] or "",
                    "window_on": _window(row["window"] or ""),
                    "value": int(row["value"]),
                }
            )
        except (TypeError, ValueError):
            raise InputError(
                f"{file}:{line}: fenêtre ou valeur illisible ; par exemple 2022-11-15, 2022-W46, 2022-11, "
                "2022-Q4, 2022 ou vide, et un nombre entier."
            ) from None
    return pl.DataFrame(made, schema=OPENING)


def _window(text: str) -> date:
    """First day of a window as files write it."""
    if not text:
        return date.min
    if week := re.fullmatch(r"(\d{4})-W(\d{2})", text):
        return date.fromisocalendar(int(week[1]), int(week[2]), 1)
    if quarter := re.fullmatch(r"(\d{4})-Q([1-4])", text):
        return date(int(quarter[1]), int(quarter[2]) * 3 - 2, 1)
    if re.fullmatch(r"\d{4}(-\d{2}){0,2}", text):
        return date(*(int(part) for part in (*text.split("-"), "1", "1")[:3]))
    raise ValueError(text)


def _read(file: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(f"{file}: illisible ; donner un fichier CSV (UTF-8, virgules) ou Parquet.") from None


def _cast(rows: pl.DataFrame, name: str, dtype: Any) -> pl.Expr:
    column, given = pl.col(name), rows.schema[name]
    if given != pl.String or dtype == pl.String:
        return column.cast(dtype, strict=False)
    column = pl.when(column.str.strip_chars() != "").then(column.str.strip_chars())
    if dtype == pl.Boolean:
        return (
            column.str.to_lowercase()
            .replace_strict(
                {"true": True, "false": False, "1": True, "0": False, "t": True, "f": False}, default=None
            )
            .alias(name)
        )
    if dtype == FACTS["start_at"]:
        return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False).alias(name)
    return column.cast(dtype, strict=False).alias(name)


def _placed(journeys: pl.DataFrame, reference: Path) -> pl.DataFrame:
    """Codes that are absent at an end with a position come from the reference of the journey's year."""
    for end in ENDS:
        names = [f"{end}_{code}" for code in CODES]
        lacking = (
            pl.all_horizontal(pl.col(name).is_null() for name in names) & pl.col(f"{end}_lat").is_not_null()
        )
        if not journeys.select(lacking.any()).item():
            continue
        territories = pl.read_parquet(reference / "territories.parquet")
        years = sorted(territories["year"].unique())
        points = journeys.select(
            pl.when(lacking).then(pl.col(f"{end}_{axis}")).alias(axis) for axis in ("lon", "lat")
        )
        places = journeys.select(
            pl.col("start_at")
            .dt.convert_time_zone("Europe/Paris")
            .dt.year()
            .clip(years[0], years[-1])
            .cast(pl.Int16)
            .alias("year"),
            locate(points, load_places(reference)).alias("place_code"),
        ).join(territories, on=["year", "place_code"], how="left", maintain_order="left")
        journeys = journeys.with_columns(
            pl.coalesce(name, places[f"{code}_code"].alias("found"))
            for name, code in zip(names, CODES, strict=True)
            if f"{code}_code" in places.columns
        )
    return journeys
