"""The public's pages: exports/public/index.html, and beside it one of each département that has parts.

They read editions alone, never the warehouse: what is on them has gone out. They are drawn where the data
has changed since; the country's page is written last and names the data that it shows.
Not here: the data (reports/observatory).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.contracts.documents import PUBLIC
from dagster_project.contracts.observatory import (
    PUBLIC_CALLS,
    PUBLIC_CORRECTIONS,
    PUBLIC_EDITIONS,
    PUBLIC_FLOWS,
    PUBLIC_TERRITORIES,
)
from dagster_project.lake.store import Lake
from dagster_project.pages.maps import Flow, territory_map
from dagster_project.pages.observatory import data, money, tables
from dagster_project.pages.page import month_words, publish, render
from dagster_project.reports.issued import PAGE
from dagster_project.reports.observatory.campaigns import PublicCampaign
from dagster_project.reports.observatory.data_set import edition

_SECTIONS = [("bref", "En bref"), ("mois-section", "Mois par mois"), ("territoires-section", "Territoires")]
_SECTIONS += [("flux-section", "D’où et vers où")]
_MONEY = [("campagnes-section", "Campagnes"), ("donnees-section", "Données ouvertes")]
_METHOD = [("methode", "Méthode")]
_FOOT = "Page sans donnée personnelle, faite de ce que le registre de preuve de covoiturage publie."


def publish_observatory(lake: Lake, campaigns: Sequence[PublicCampaign], reference: Path) -> list[Path]:
    """Write the pages where the data has changed since; returns those that were written."""
    folder, shown = lake.exports / PUBLIC, edition(lake)
    if (folder / PAGE).exists() and f'content="{shown}"' in (folder / PAGE).read_text("utf-8")[:20_000]:
        return []
    editions = lake.read(PUBLIC_EDITIONS).sort("month_on", descending=True)
    months = editions["month_on"].to_list()
    told = _told(lake, months)
    written = []
    flows = _rows(lake, PUBLIC_FLOWS, months[: tables.SHOWN_MONTHS])
    departements = told.filter(level="departement", is_rest=False)["departement_code"].unique().sort()
    of_departement = told.partition_by("departement_code", as_dict=True)
    flows_from = flows.partition_by("origin_departement_code", as_dict=True)
    places = pl.scan_parquet(reference / "territories.parquet")
    last_year = places.select(pl.col("year").max()).collect().item()
    for code in departements:
        communes = (
            places.filter(year=last_year, departement_code=code)
            .select("place_code", pl.coalesce("epci_code", "commune_code"))
            .collect()
        )
        page = folder / tables.page_name(code)
        publish(
            page,
            _page(
                *(of_departement[(code,)], flows_from.get((code,), flows.clear()), months, shown),
                reference=reference,
                communes=dict(communes.iter_rows()),
            ),
        )
        written.append(page)
    extras = _national(lake, campaigns, months)
    publish(folder / PAGE, _page(told, flows, months, shown, extras))
    return [*written, folder / PAGE]


def _told(lake: Lake, months: Sequence[date]) -> pl.DataFrame:
    """Territories of all editions; of communes, the last month's and the same of the year before."""
    rows = _rows(lake, PUBLIC_TERRITORIES, months)
    kept = [month for last in months[:1] for month in (last, tables.year_before(last))]
    return rows.filter(
        pl.col("level").ne("commune") & (pl.col("level").ne("epci") | ~pl.col("is_rest"))
        | pl.col("month_on").is_in(kept)
    )


def _rows(lake: Lake, table: Any, months: Sequence[date]) -> pl.DataFrame:
    frames = [lake.read(table, f"{month:%Y-%m}") for month in months]
    return pl.concat(frames) if frames else table.empty


def _page(
    rows: pl.DataFrame,
    flows: pl.DataFrame,
    months: Sequence[date],
    shown: str,
    national: Mapping[str, Any] | None = None,
    reference: Path | None = None,
    communes: Mapping[str, str] | None = None,
) -> str:
    """The country's page, or a département's."""
    whole = "ensemble" if national else "departement"
    wholes = rows.filter(level=whole, is_rest=False).to_dicts()
    last = max(wholes, key=lambda row: row["month_on"], default=None)
    of_whole = {row["month_on"] for row in wholes}
    recent = [month for month in months[: tables.SHOWN_MONTHS] if month in of_whole]
    chosen = f"{recent[0]:%Y-%m}" if recent else ""
    name = "France" if national or not last else tables.place_words(last)
    return render(
        "observatory/index.html.jinja",
        title=f"Covoiturage : {name}",
        lead="Trajets de covoiturage du registre de preuve, publiés chaque mois.",
        foot=_FOOT,
        sections=_SECTIONS + (_MONEY if national else []) + _METHOD,
        edition=shown,
        national=bool(national),
        cards=tables.cards(wholes),
        cards_month=month_words(last["month_on"]).capitalize() if last else "",
        years=tables.years(wholes),
        months=tables.months(wholes),
        choice=tables.month_choice(recent),
        chosen={"mois": chosen},
        territories=list(_territories(rows, recent, is_national=bool(national))),
        map=_map(flows, reference, communes, chosen) if reference and communes else None,
        flows=tables.flows(flows.filter(pl.col("month_on").is_in(recent))),
        **(national or {}),
    )


def _territories(rows: pl.DataFrame, recent: Sequence[date], *, is_national: bool) -> Any:
    wholes = pl.col("level").eq("ensemble" if is_national else "departement")
    if is_national:
        parts = rows.filter(
            wholes | pl.col("level").is_in(["departement", "pays", "inconnu"]) & ~pl.col("is_rest")
        )
        caption = "Trajets par département ou pays de départ"
        yield tables.territories("territoires", caption, "Territoire", parts, "ensemble", recent, linked=True)
        return
    parts = rows.filter(wholes | pl.col("level").eq("epci") & ~pl.col("is_rest"))
    yield tables.territories("epci", "Trajets par EPCI de départ", "EPCI", parts, "departement", recent)
    small = rows.filter(
        wholes | pl.col("level").eq("commune") | pl.col("level").eq("epci") & pl.col("is_rest")
    )
    caption = "Trajets par commune de départ, le dernier mois"
    yield tables.territories("communes", caption, "Commune", small, "departement", recent[:1])


def _map(flows: pl.DataFrame, reference: Path, communes: Mapping[str, str], chosen: str) -> Any:
    """Ways between places that are no rest, as the map knows them."""
    ends = [f"{end}_{name}" for end in ("origin", "destination") for name in ("is_rest", "name")]
    drawn = [
        Flow(
            _end(row, "origin_"),
            _end(row, "destination_"),
            row["passenger_journeys"],
            f"{row['month_on']:%Y-%m}",
        )
        for row in flows.drop_nulls([name for name in ends if name.endswith("name")]).iter_rows(named=True)
        if not row["origin_is_rest"] and not row["destination_is_rest"]
    ]
    title = "Les plus grands flux du mois choisi, au départ : l’épaisseur dit le nombre de trajets"
    return territory_map(reference, communes, drawn, "mois", chosen, title)


def _end(row: Mapping[str, Any], prefix: str) -> str:
    code = row[f"{prefix}commune_code"] or row[f"{prefix}epci_code"] or row[f"{prefix}departement_code"]
    return f"{code} {row[f'{prefix}name']}"


def _national(lake: Lake, campaigns: Sequence[PublicCampaign], months: Sequence[date]) -> dict[str, Any]:
    corrections = lake.read(PUBLIC_CORRECTIONS).sort("month_on", "business_date", descending=True)
    calls = lake.read(PUBLIC_CALLS).sort("period_start_on", "campaign_id", descending=[True, False])
    return {
        "campaigns": money.campaigns(campaigns),
        "rules": [money.rules(one) for one in campaigns],
        "calls": money.calls(calls, {one.id: one.nom for one in campaigns}),
        "files": data.files(months),
        "corrections": data.corrections(corrections),
    }
